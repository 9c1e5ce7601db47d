/**
 * What an outcome means for a run: the events that follow from it. Pure; the engine appends them.
 *
 * D1. `decide` answers with every consequence at once: an accepted artifact and the phases that it starts are one append.
 * D2. An outcome that comes too late (its phase has moved on, its run has ended) means nothing.
 * D3. A phase is accepted by its artifact alone; no exit code, and nothing an agent says, can do it.
 */
import type { RunEvent } from "./event.ts";
import { Failure, failureRecord } from "./failure.ts";
import type { CommandEnd, Outcome, OutcomeOf } from "./outcome.ts";
import { afforded, answeredBudget, budgetSet, crossed, refused } from "./run-budget.ts";
import { evolve } from "./run-evolve.ts";
import { permit, permitted } from "./run-permissions.ts";
import { close, did, lost, seen, settledSince, told, trouble, used } from "./run-sessions.ts";
import { settle } from "./run-settle.ts";
import { current, isTidy, type RunState, runsCommand } from "./run-state.ts";
import { asked, bound, stoppedEarly, talkEnded, turnEnded, turnFailed, undone } from "./run-talk.ts";
import { isLive } from "./session.ts";
import { phaseOf } from "./template.ts";

export function decide(state: RunState, outcome: Outcome): RunEvent[] {
  const events = consequences(state, outcome);
  return settle(events.reduce(evolve, state), events);
}

function consequences(state: RunState, outcome: Outcome): RunEvent[] {
  switch (outcome.kind) {
    case "started":
      return [];
    case "workspace":
      return state.workspace || state.ended
        ? []
        : [{ type: "workspace.ready", path: outcome.path, branch: outcome.branch, commit: outcome.commit }];
    case "impossible":
      return state.ended ? [] : [{ type: "run.failed", failure: outcome.failure }];
    case "delivered": {
      const { phase, attempt, key, session, receipt } = outcome;
      const out = current(state, outcome)?.prompts.some((prompt) => prompt.key === key && !prompt.delivered);
      const heard = out && isLive(state.sessions[session]?.state ?? "closed");
      return heard ? [{ type: "prompt.delivered", phase, attempt, key, session, receipt }] : [];
    }
    case "good":
      return current(state, outcome)
        ? [
            ...finished(outcome),
            { type: "artifact.checked", phase: outcome.phase, attempt: outcome.attempt, artifact: outcome.artifact },
            ...overtaken(state, outcome.phase),
          ]
        : [];
    case "bad":
      return bad(state, outcome);
    case "trouble":
      return current(state, outcome) ? trouble(state, outcome) : [];
    case "lost":
      return lost(state, outcome);
    case "timeout":
      return current(state, outcome) ? outOfTime(state, outcome) : [];
    case "failed":
      return current(state, outcome)
        ? [
            ...finished(outcome),
            { type: "phase.failed", phase: outcome.phase, attempt: outcome.attempt, failure: outcome.failure },
          ]
        : [];
    case "ended":
      return runsCommand(state.phases[outcome.phase])
        ? finished({ ...outcome, command: { exitCode: null, durationMs: 0 } })
        : [];
    case "closed":
      return close(state, outcome.session, outcome.cause);
    case "told":
      return [...told(state, outcome), ...(outcome.what === "interrupt" ? stoppedEarly(state, outcome.session) : [])];
    case "usage":
      return used(state, outcome);
    case "did":
      return did(state, outcome);
    case "settled":
      return settledSince(state, outcome);
    case "crossed":
      return crossed(state, outcome);
    case "afforded":
      return afforded(state, outcome);
    case "refused":
      return refused(state, outcome);
    case "budget":
      return budgetSet(state, outcome);
    case "answer":
      return answeredBudget(state, outcome);
    case "permit":
      return permit(state, outcome);
    case "permitted":
      return permitted(state, outcome);
    case "say":
      return asked(state, outcome);
    case "turn":
      return turnEnded(state, outcome);
    case "undone":
      return undone(state, outcome);
    case "bound":
      return bound(state, outcome);
    case "end talk":
      return talkEnded(state, outcome);
    case "verdict":
      return seen(state, outcome);
    case "reported":
      return state.reported || !state.ended // D2: it was resumed meanwhile, and there will be another end
        ? []
        : [{ type: "report.written", json: outcome.json, markdown: outcome.markdown, sha256: outcome.sha256 }];
    case "deleted":
      return isTidy(state) && !state.deleted
        ? [{ type: "run.deleted", by: outcome.by, ...(outcome.wip !== undefined && { wip: outcome.wip }) }]
        : [];
    case "approve":
    case "reject":
      return answer(state, outcome);
    case "cancel":
      return state.ended
        ? []
        : [
            {
              type: "run.cancelled",
              by: outcome.by,
              ...(outcome.comment !== undefined && { comment: outcome.comment }),
            },
          ];
    case "resume":
      return resume(state, outcome);
    case "interrupt":
      return state.ended || state.interrupted ? [] : [{ type: "run.interrupted", cause: outcome.cause }];
  }
}

/** The receipt of a command, with what its result means in one append: alone in the log, the result would be lost to a crash. */
const finished = ({ phase, attempt, command }: { phase: string; attempt: number; command?: CommandEnd }): RunEvent[] =>
  command ? [{ type: "command.finished", phase, attempt, ...command }] : [];

/** Problems of a phase that has got on after all. */
const overtaken = (state: RunState, phase: string): RunEvent[] =>
  state.escalations
    .filter((e) => e.phase === phase && e.severity === "problem")
    .map(({ escalation }) => ({ type: "escalation.settled", escalation, answer: "overtaken", by: "devflow" }));

const failPhase = (about: { phase: string; attempt: number }, failure: Failure): RunEvent[] => [
  { type: "phase.failed", phase: about.phase, attempt: about.attempt, failure: failureRecord(failure) },
];

function outOfTime(state: RunState, about: OutcomeOf<"timeout">): RunEvent[] {
  const { phase } = about;
  const timeout = (state.started && phaseOf(state.started.template, phase)?.timeout) ?? "";
  const failure = new Failure("phase.timeout", { phase, timeout });
  return turnFailed(state, phase, failureRecord(failure)) ?? failPhase(about, failure);
}

function bad(state: RunState, outcome: OutcomeOf<"bad">): RunEvent[] {
  const now = current(state, outcome);
  const phase = state.started && phaseOf(state.started.template, outcome.phase);
  if (!now || !phase) return [];
  const { violations, sha256 } = outcome;
  if (now.repairs < phase.repairs) {
    return [
      {
        type: "artifact.refused",
        phase: phase.id,
        attempt: now.attempt,
        violations: [...violations],
        ...(sha256 !== undefined && { sha256 }),
      },
    ];
  }
  const first = violations[0];
  const problem = first ? `${first.at || "the whole of it"}: ${first.problem}` : "it does not satisfy it";
  return failPhase(
    outcome,
    new Failure("artifact.invalid", { phase: phase.id, schema: phase.produces.schema, problem }),
  );
}

function answer(state: RunState, outcome: OutcomeOf<"approve" | "reject">): RunEvent[] {
  if (state.ended) return [];
  const waiting = Object.entries(state.phases).find(
    ([id, { status }]) => status === "awaiting_approval" && (outcome.phase === undefined || outcome.phase === id),
  );
  if (!waiting) return [];
  const [phase, { attempt, approval }] = waiting;
  const when = approval?.when ?? "after";
  const { by, comment } = outcome;
  const said: RunEvent = {
    type: "approval.answered",
    phase,
    attempt,
    when,
    answer: outcome.kind,
    by,
    ...(comment !== undefined && { comment }),
  };
  if (outcome.kind === "approve" || when === "after") return [said];
  // Before a phase there is no work to do again: a no is the end of the run.
  const failure = failureRecord(new Failure("phase.rejected", { phase, comment: comment ?? "" }));
  return [said, { type: "run.failed", failure }];
}

/** From a phase on purpose: also when the run is complete, and never while something of it is under way. */
function resume(state: RunState, { by, cause, retry, from }: OutcomeOf<"resume">): RunEvent[] {
  if (state.deleted) return []; // its worktree is gone
  const again = from !== undefined && state.phases[from] !== undefined && !underWay(state);
  if (from !== undefined && !again) return [];
  if (state.ended && state.ended.status !== "failed" && !(again && state.ended.status === "completed")) return [];
  const problems = retry ? state.escalations.filter(({ severity }) => severity === "problem") : [];
  const settled: RunEvent[] = problems.map(({ escalation }) => ({
    type: "escalation.settled",
    escalation,
    answer: "retry",
    by,
  }));
  const stopped = state.interrupted || (retry && state.ended?.status === "failed");
  if (!stopped && !again && settled.length === 0) return [];
  return [...settled, { type: "run.resumed", by, cause, ...(from !== undefined && { from }) }];
}

/** Some agent or command is at work, and the run is not standing still by itself. */
const underWay = (state: RunState): boolean =>
  !state.ended &&
  !state.interrupted &&
  Object.values(state.phases).some(({ status }) => status === "running" || status === "repairing");
