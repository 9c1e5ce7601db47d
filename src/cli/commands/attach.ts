/** devflow attach: gives a person the terminal of an agent, while devflow goes on watching. */
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { defineCommand, EXIT_FAILED } from "../command.ts";
import { shortId } from "../show/ids.ts";

export default defineCommand<{ session: string; readOnly?: true }>({
  name: "attach",
  summary: "attach.summary",
  about: "attach.about",
  arguments: { "<session>": "argument.session" },
  options: { "-r, --read-only": "attach.read_only" },
  noJson: true,
  examples: ["devflow attach M4T1VB", "devflow attach M4T1VB --read-only"],
  async run({ session: ref, readOnly = false }, { client, out, terminal, env }) {
    if (!terminal.canAsk) {
      const hint = say("attach.without_terminal", { session: ref });
      throw new Failure("usage.needs_terminal", { command: "devflow attach", hint });
    }
    const { session } = await client.call("session.show", { session: ref });
    const { attach, id, state, adapter } = session;
    if (session.closedAt !== undefined) throw new Failure("session.ended", { session: shortId(id), state });
    if (!attach) throw new Failure("session.no_terminal", { session: shortId(id), adapter });
    if ("socket" in attach) {
      const end = await terminal.viewPty(attach.socket, readOnly);
      out.note(say(`attach.${end}`));
      return end === "lost" ? EXIT_FAILED : 0;
    }
    // Inside the user's own tmux, another server's session is no nesting: TMUX would only make tmux refuse.
    const { TMUX: _, ...rest } = env;
    return terminal.handOver([...attach.argv, ...(readOnly ? ["-r"] : [])], rest);
  },
});
