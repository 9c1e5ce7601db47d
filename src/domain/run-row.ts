/** A run as a line of a list: a fold of its events that needs one more event, never the whole past, to go on. */
import type { RunEvent } from "./event.ts";
import type { RunId } from "./ids.ts";
import { referenceOf } from "./names.ts";
import { evolve } from "./run-evolve.ts";
import { initial, type PhaseStatus, type RunState, type RunStatus, statusOf } from "./run-state.ts";
import { isTalk } from "./template.ts";

/** A line of `runs list`: what people see before they look closer. */
export interface RunRow {
  id: RunId;
  status: RunStatus;
  template: string;
  repo: string;
  base: string;
  branch: string | undefined;
  goal: string;
  startedAt: number;
  updatedAt: number;
  endedAt: number | undefined;
  /** The phases that are being worked on or waited for, as `review (awaiting_approval)`. */
  at: string;
  accepted: number;
  phases: number;
}

/** Where a run stands after `position` events. */
export interface Standing {
  position: number;
  state: RunState;
  startedAt: number;
  updatedAt: number;
  endedAt: number | undefined;
}

export const unknown: Standing = { position: 0, state: initial, startedAt: 0, updatedAt: 0, endedAt: undefined };

export function advance(before: Standing, event: RunEvent, at: number): Standing {
  const state = evolve(before.state, event);
  return {
    position: before.position + 1,
    state,
    startedAt: event.type === "run.started" ? at : before.startedAt,
    updatedAt: at,
    // A run that is taken up again has not ended, whatever it was before.
    endedAt: state.ended && (before.endedAt ?? at),
  };
}

/** Started and not ended: such a run holds its (repository, base) against others. */
export const isActive = ({ state }: Standing): boolean => state.started !== undefined && state.ended === undefined;

/** Active beside any other: what is only talked in holds nothing against anybody. */
export const isBeside = ({ state }: Standing): boolean => state.started !== undefined && isTalk(state.started.template);

const AT: ReadonlySet<PhaseStatus> = new Set(["running", "repairing", "validating", "awaiting_approval", "rejected"]);

/** The line of a run; `undefined` until it has started, and once it is deleted. */
export function rowOf(id: RunId, { state, startedAt, updatedAt, endedAt }: Standing): RunRow | undefined {
  const { started } = state;
  if (!started || state.deleted) return undefined;
  const phases = Object.entries(state.phases);
  const busy = state.ended ? [] : phases.filter(([, { status }]) => AT.has(status));
  return {
    id,
    status: statusOf(state),
    template: referenceOf(started.template),
    repo: started.repo,
    base: started.base,
    branch: state.workspace?.branch,
    goal: started.goal,
    startedAt,
    updatedAt,
    endedAt,
    at: busy.map(([phase, { status }]) => `${phase} (${status})`).join(", "),
    accepted: phases.filter(([, { status }]) => status === "accepted").length,
    phases: phases.length,
  };
}
