/** devflow attach: gives a person the terminal of an agent, or what a model agent says and does, while devflow goes on watching. */
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import type { SessionNow } from "../../protocol/session-methods.ts";
import { type CommandContext, defineCommand, EXIT_FAILED, type ExitCode, whoAsks } from "../command.ts";
import { shortId } from "../show/ids.ts";
import { paperOf } from "../style.ts";

export default defineCommand<{ session: string; readOnly?: true }>({
  name: "attach",
  summary: "attach.summary",
  about: "attach.about",
  arguments: { "<session>": "argument.session" },
  options: { "-r, --read-only": "attach.read_only" },
  noJson: true,
  examples: ["devflow attach M4T1VB", "devflow attach M4T1VB --read-only"],
  async run({ session: ref, readOnly = false }, { client, out, terminal, env, signal }) {
    if (!terminal.canAsk) {
      const hint = say("attach.without_terminal", { session: ref });
      throw new Failure("usage.needs_terminal", { command: "devflow attach", hint });
    }
    const { session } = await client.call("session.show", { session: ref });
    const { attach, id, state, adapter } = session;
    if (session.closedAt !== undefined) throw new Failure("session.ended", { session: shortId(id), state });
    if (!attach) throw new Failure("session.no_terminal", { session: shortId(id), adapter });
    if ("transcript" in attach) {
      const paper = () => paperOf({ columns: terminal.size().columns, colour: terminal.colour, now: Date.now() });
      const conversation = await terminal.converse(readOnly);
      const about = { session: id, run: session.run, transcript: attach.transcript, by: whoAsks(env) };
      const { viewAgent } = await import("../attach/agent-view.ts");
      const end = await viewAgent({ client, ...about, conversation, paper, signal });
      out.note(say(end === "ended" ? "attach.ended" : "attach.detached"));
      return 0;
    }
    const code = await viewed(attach, readOnly, { out, terminal, env });
    if (code === EXIT_FAILED) return code;
    // The view does not need the daemon, which may be gone meanwhile: then the person has left, as far as is known.
    const after = await client.call("session.show", { session: id }).catch(() => undefined);
    out.note(say(after && !after.session.attach ? "attach.ended" : "attach.detached"));
    return 0;
  },
});

/** Returns once the person has left, or the agent has ended. */
async function viewed(
  attach: Exclude<NonNullable<SessionNow["attach"]>, { transcript: string }>,
  readOnly: boolean,
  { out, terminal, env }: Pick<CommandContext, "out" | "terminal" | "env">,
): Promise<ExitCode> {
  if ("socket" in attach) {
    if ((await terminal.viewPty(attach.socket, readOnly)) !== "lost") return 0;
    out.note(say("attach.lost"));
    return EXIT_FAILED;
  }
  // Inside the user's own tmux, another server's session is no nesting: TMUX would only make tmux refuse.
  const { TMUX: _, ...rest } = env;
  return terminal.handOver(readOnly ? attach.readOnlyArgv : attach.argv, rest);
}
