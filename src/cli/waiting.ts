/** What a run waits for that only a person can give, and the commands that give it. */
import { SCRATCH } from "../domain/artifact.ts";
import { layout } from "../domain/prompt.ts";
import { needsPerson } from "../domain/session.ts";
import type { EscalationView, PhaseView, RunView } from "../domain/view.ts";
import { phrase, say, told } from "../messages/say.ts";
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
    .map((phase) => approval(run, phase));
  const open = run.escalations.filter(({ settledAt }) => settledAt === undefined);
  const escalated = new Set(open.map(({ session }) => session));
  const asked = run.sessions
    .filter((one) => one.closedAt === undefined && needsPerson(one.state) && !escalated.has(one.id))
    .map(({ id: session, role, state, cause }) => ({
      what: say("wait.session", { role, state: sessionWord(state) }),
      detail: phrase(cause),
      commands: [`devflow attach ${shortId(session)}`],
    }));
  const escalations = open.map((escalation) => escalationWait(run.id, escalation));
  const interrupted =
    run.status === "interrupted"
      ? [
          {
            what: say("wait.interrupted"),
            detail: phrase(run.interruptions.at(-1)?.cause ?? ""),
            commands: [`devflow runs resume ${id}`],
          },
        ]
      : [];
  return [...approvals, ...asked, ...escalations, ...interrupted];
}

function approval(run: RunView, phase: PhaseView): Wait {
  const id = shortId(run.id);
  const last = phase.attempts.at(-1);
  const made = last?.artifact !== undefined;
  return {
    what: say(made ? "wait.approve_result" : "wait.approve_start", { phase: phase.id }),
    detail: made && run.worktree ? `${run.worktree}/${SCRATCH}/${layout.artifact(phase.id, last.attempt, "")}` : "",
    commands: [`devflow approve ${id} ${phase.id}`, `devflow reject ${id} ${phase.id} --comment "…"`],
  };
}

/** A question is answered where it was asked, and the run goes on by itself; after a problem it is told to. */
function escalationWait(run: string, escalation: EscalationView): Wait {
  const { failure, session, severity } = escalation;
  const id = shortId(run);
  if (failure.code === "budget.exhausted") return budgetWait(escalation);
  const { message, hint: whole } = told(failure);
  const hint = whole.replaceAll(run, id).replaceAll(session ?? run, shortId(session ?? run));
  return {
    what: message,
    detail: hint,
    commands: [
      ...(session === undefined || hint.includes("devflow attach") ? [] : [`devflow attach ${shortId(session)}`]),
      ...(severity === "question" || hint.includes("devflow runs resume") ? [] : [`devflow runs resume ${id}`]),
      `devflow runs cancel ${id}`,
    ],
  };
}

/** Answered here: the run goes on by itself, or not at all. */
function budgetWait({ id, failure }: EscalationView): Wait {
  return {
    what: told(failure).message,
    detail: say("wait.budget", { extended: failure.details.extended ?? "" }),
    commands: ["allow", "stop"].map((word) => `devflow escalations answer ${shortId(id)} ${word}`),
  };
}
