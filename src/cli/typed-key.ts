/** A key from the person: typed unseen, from a file, or from stdin. Never from the command line, which others can see. */
import { Failure } from "../domain/failure.ts";
import { typedSecret } from "../domain/secret.ts";
import { say } from "../messages/say.ts";
import type { CommandContext } from "./command.ts";
import { readText } from "./goal.ts";

export async function keyGiven(
  name: string,
  from: string | undefined,
  { terminal, cwd }: Pick<CommandContext, "terminal" | "cwd">,
): Promise<string> {
  const asked = from === undefined && terminal.canAsk;
  const text = asked
    ? await terminal.askHidden(say("login.prompt", { name }))
    : await readText(from === undefined || from === "-" ? "-" : `@${from}`, cwd, terminal);
  if (text === undefined) throw new Failure("input.declined");
  const typed = typedSecret(text);
  if ("value" in typed) return typed.value;
  throw new Failure("key.invalid", { problem: say(`login.${typed.problem}`) });
}
