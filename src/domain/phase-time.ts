/**
 * How much of its time each phase has used. A phase's clock stands still while the run waits for something that the phase
 * cannot hurry: a person, the end of a usage limit, a daemon that was away.
 */
import type { RunEvent } from "./event.ts";
import { sessionOf } from "./run-next.ts";
import type { RunState } from "./run-state.ts";
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
  return { used, going: Object.keys(state.phases).filter((id) => goes(state, id)), at };
}

export const usedBy = ({ used, going, at }: PhaseTimes, id: string, now: number): number =>
  (used[id] ?? 0) + (going.includes(id) ? Math.max(0, now - at) : 0);

function goes(state: RunState, id: string): boolean {
  const { status, talk } = state.phases[id] ?? { status: "pending" };
  if (state.ended || state.interrupted || (status !== "running" && status !== "repairing")) return false;
  if (state.escalations.some(({ phase }) => phase === id)) return false;
  const phase = state.started && phaseOf(state.started.template, id);
  if (phase?.talk && !openTurn(talk)) return false;
  const role = phase?.role;
  const worker = role === undefined ? undefined : sessionOf(state, role);
  return !worker || !(needsPerson(worker.state) || worker.state === "rate_limited" || worker.parked);
}
