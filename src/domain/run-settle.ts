/**
 * What follows from a run's state by itself, without any outcome: phases start, gates are asked for, loops turn, the run ends.
 */
import type { RunEvent } from "./event.ts";
import { Failure, failureRecord } from "./failure.ts";
import { evolve } from "./run-evolve.ts";
import type { PhaseState, RunState } from "./run-state.ts";
import { loopBody, type Phase, type Template } from "./template.ts";

/** Follows the state to where only the outside can take it further (D1). */
export function settle(state: RunState, events: RunEvent[]): RunEvent[] {
  let now = state;
  const all = [...events];
  for (let next = consequence(now); next; next = consequence(now)) {
    all.push(next);
    now = evolve(now, next);
  }
  return all;
}

/** The one thing that follows from the state itself, if any. */
function consequence(state: RunState): RunEvent | undefined {
  const template = state.started?.template;
  if (!template || state.ended || state.interrupted) return undefined;
  for (const phase of template.phases) {
    const now = state.phases[phase.id];
    if (now?.status === "validating") return checked(phase, now);
    const looped = now?.status === "accepted" ? turn(template, state, phase, now) : undefined;
    if (looped) return looped;
  }
  const phases = Object.values(state.phases);
  const failed = phases.find(({ status }) => status === "failed");
  if (failed) {
    const busy = phases.some(({ status }) => status === "running" || status === "repairing");
    return busy || !failed.failure ? undefined : { type: "run.failed", failure: failed.failure };
  }
  if (phases.every(({ status }) => status === "accepted")) return { type: "run.completed" };
  if (!state.workspace) return undefined;
  return template.phases.map((phase) => start(template, state, phase)).find((event) => event !== undefined);
}

function checked(phase: Phase, now: PhaseState): RunEvent | undefined {
  if (!now.artifact) return undefined;
  const { attempt, artifact } = now;
  if (phase.approval === "after" && now.approval?.answer !== "approve") {
    return { type: "approval.requested", phase: phase.id, attempt, when: "after", sha256: artifact.sha256 };
  }
  return { type: "phase.accepted", phase: phase.id, attempt, artifact };
}

/** A loop whose artifact does not satisfy `until` goes round again, or is at its end. */
function turn(template: Template, state: RunState, phase: Phase, now: PhaseState): RunEvent | undefined {
  if (!phase.repeat || now.artifact?.satisfied !== false) return undefined;
  if (now.turns + 1 < phase.repeat.max)
    return { type: "phase.looped", phase: phase.id, to: phase.repeat.from, round: now.round + 1 };
  const busy = loopBody(template, phase).some((id) => state.phases[id]?.status === "running");
  if (busy) return undefined;
  const failure = new Failure("phase.loop_exhausted", { phase: phase.id, max: phase.repeat.max });
  return { type: "phase.failed", phase: phase.id, attempt: now.attempt, failure: failureRecord(failure) };
}

function start(template: Template, state: RunState, phase: Phase): RunEvent | undefined {
  const now = state.phases[phase.id];
  if (!now || (now.status !== "pending" && now.status !== "rejected")) return undefined;
  if (!phase.needs.every((need) => available(template, state, need, phase.id))) return undefined;
  if (phase.role !== undefined && roleBusy(template, state, phase.role)) return undefined;
  if (phase.approval === "before" && now.approval?.answer !== "approve") {
    return { type: "approval.requested", phase: phase.id, attempt: now.attempt, when: "before" };
  }
  return {
    type: "phase.started",
    phase: phase.id,
    attempt: now.attempt + 1,
    round: now.round,
    cause: now.due?.cause ?? "ready",
    ...(now.due?.comment !== undefined && { comment: now.due.comment }),
  };
}

/** Accepted, and not inside a loop that may still go round (unless the asker is in that loop too). */
function available(template: Template, state: RunState, need: string, asker: string): boolean {
  if (state.phases[need]?.status !== "accepted") return false;
  return template.phases
    .filter((phase) => phase.repeat && loopBody(template, phase).includes(need))
    .every((phase) => {
      const end = state.phases[phase.id];
      return (
        loopBody(template, phase).includes(asker) || (end?.status === "accepted" && end.artifact?.satisfied !== false)
      );
    });
}

function roleBusy(template: Template, state: RunState, role: string): boolean {
  return template.phases.some((phase) => {
    const status = state.phases[phase.id]?.status;
    return phase.role === role && (status === "running" || status === "repairing");
  });
}
