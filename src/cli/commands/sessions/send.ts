/** devflow sessions send: a text to an agent, as a person would type it. */
import { Failure } from "../../../domain/failure.ts";
import { say } from "../../../messages/say.ts";
import { defineCommand, EXIT_FAILED, whoAsks } from "../../command.ts";
import { readText } from "../../goal.ts";

export default defineCommand<{ session: string; text: string[] }>({
  name: "send",
  summary: "sessions.send.summary",
  arguments: { "<session>": "argument.session", "<text...>": "argument.text" },
  examples: [
    'devflow sessions send M4T1VB "use the existing parser"',
    "devflow sessions send M4T1VB @note.md",
    "git diff | devflow sessions send M4T1VB -",
  ],
  async run({ session, text }, { client, out, terminal, cwd, env }) {
    const [only = ""] = text;
    const whole = text.length === 1 ? await readText(only, cwd, terminal) : text.join(" ");
    if (whole.trim() === "") throw new Failure("usage.invalid", { problem: say("typed.no_text") });
    const sent = await client.call("session.send", { session, text: whole, by: whoAsks(env) });
    const key = sent.delivered ? "sessions.send.delivered" : "sessions.send.not_delivered";
    out.show(sent, () => [say(key, { session, detail: sent.detail })]);
    return sent.delivered ? 0 : EXIT_FAILED;
  },
});
