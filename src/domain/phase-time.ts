/**
 * How much of its time each phase has used. A phase's clock stands still while the run waits for something that the phase
 * cannot hurry: a person, the end of a usage limit, a daemon that was away.
 */
import type { RunEvent } from "./event.ts";
import { sessionOf } from "./run-next.ts";
import type { PhaseState, RunState } from "./run-state.ts";
import { needsPerson } from "./session.ts";
import { openTurn } from "./talk.ts";
import { phaseOf } from "./template.ts";

export interface PhaseTimes {
  /** Milliseconds that each phase's current attempt had used at `at`. */
  used: Readonly<Record<string, number>>;
  /** The phases whose clocks go. */
  going: readonly string[];
  at: number;
}

export const NO_TIME: PhaseTimes = { used: {}, going: [], at: 0 };

/** After an event, which has made the state what it is now. */
export function passed(times: PhaseTimes, event: RunEvent, state: RunState, at: number): PhaseTimes {
  const used = { ...times.used };
  // A killed daemon's end is only told by the next one: since the event before, nobody was there to look.
  if (event.type !== "run.interrupted") for (const id of times.going) used[id] = usedBy(times, id, at);
  // In a talk each turn has the phase's time, and nobody is hurried between them.
  if (event.type === "phase.started" || event.type === "turn.asked") used[event.phase] = 0;
  return { used, going: going(state), at };
}

export const usedBy = ({ used, going, at }: PhaseTimes, id: string, now: number): number =>
  (used[id] ?? 0) + (going.includes(id) ? Math.max(0, now - at) : 0);

/** The phases whose clocks go; asked after each event, and mostly of phases that are not at work at all. */
function going(state: RunState): readonly string[] {
  if (state.ended || state.interrupted) return NONE;
  const found: string[] = [];
  for (const id in state.phases) {
    const phase = state.phases[id];
    if ((phase?.status === "running" || phase?.status === "repairing") && goes(state, id, phase)) found.push(id);
  }
  return found;
}

const NONE: readonly string[] = [];

function goes(state: RunState, id: string, { talk }: PhaseState): boolean {
  if (state.escalations.some(({ phase }) => phase === id)) return false;
  const phase = state.started && phaseOf(state.started.template, id);
  if (phase?.talk && !openTurn(talk)) return false;
  const role = phase?.role;
  const worker = role === undefined ? undefined : sessionOf(state, role);
  return !worker || !(needsPerson(worker.state) || worker.state === "rate_limited" || worker.parked);
}
