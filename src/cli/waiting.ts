/** What a run waits for that only a person can give, and the commands that give it. */
import { needsPerson } from "../domain/session.ts";
import type { PhaseView, RunView } from "../domain/view.ts";
import { say } from "../messages/say.ts";
import { shortId } from "./show/ids.ts";
import { sessionWord } from "./show/marks.ts";

export interface Wait {
  what: string;
  /** Why, or what to do first; may be empty. */
  detail: string;
  commands: readonly string[];
}

export function waitsOf(run: RunView): Wait[] {
  const id = shortId(run.id);
  const approvals = run.phases
    .filter(({ status }) => status === "awaiting_approval")
    .map((phase) => approval(id, phase));
  const asked = run.sessions
    .filter(({ state, closedAt }) => closedAt === undefined && needsPerson(state))
    .map(({ id: session, role, state, cause }) => ({
      what: say("wait.session", { role, state: sessionWord(state) }),
      detail: cause,
      commands: [`devflow attach ${shortId(session)}`],
    }));
  const escalations = run.escalations
    .filter(({ settledAt }) => settledAt === undefined)
    .map(({ failure, session }) => ({
      what: failure.message,
      detail: failure.hint,
      commands: [
        ...(session === undefined ? [] : [`devflow attach ${shortId(session)}`]),
        `devflow runs resume ${id}`,
        `devflow runs cancel ${id}`,
      ],
    }));
  const interrupted =
    run.status === "interrupted"
      ? [
          {
            what: say("wait.interrupted"),
            detail: run.interruptions.at(-1)?.cause ?? "",
            commands: [`devflow runs resume ${id}`],
          },
        ]
      : [];
  return [...approvals, ...asked, ...escalations, ...interrupted];
}

function approval(run: string, phase: PhaseView): Wait {
  const made = phase.attempts.at(-1)?.artifact !== undefined;
  return {
    what: say(made ? "wait.approve_result" : "wait.approve_start", { phase: phase.id }),
    detail: "",
    commands: [`devflow approve ${run} ${phase.id}`, `devflow reject ${run} ${phase.id} --comment "…"`],
  };
}
