/** Tells a session something that is answered by yes: interrupt, pause, restart, kill. */
import type { MessageKey } from "../messages/en.ts";
import { say } from "../messages/say.ts";
import { type CommandContext, type ExitCode, whoAsks } from "./command.ts";

export async function tellSession(
  method: "session.interrupt" | "session.pause" | "session.resume" | "session.restart" | "session.kill",
  done: MessageKey,
  session: string,
  { client, out, env }: CommandContext,
): Promise<ExitCode> {
  out.show(await client.call(method, { session, by: whoAsks(env) }), () => [say(done, { session })]);
  return 0;
}
