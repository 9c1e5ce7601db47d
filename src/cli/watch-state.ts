/** What `watch` shows: the runs, the one that is selected, and how it is looked at. Folded from events and keys. */
import type { StoredEvent } from "../domain/event.ts";
import { advance, type Folding } from "../domain/run-view.ts";
import type { RunView } from "../domain/view.ts";
import type { RunSummary } from "../protocol/run-methods.ts";

/** So much of a run's history is kept for its detail view: more than any screen has rows. */
const HISTORY = 200;

export interface WatchState {
  runs: ReadonlyMap<string, Watched>;
  selected: string | undefined;
  /** Selected by the person; until then it is the newest run that is not over. */
  chosen: boolean;
  /** The selected run fills the screen. */
  detail: boolean;
  /** How to attach is shown. */
  attach: boolean;
  /** The daemon does not answer: what is shown is how it was. */
  away: boolean;
}

export interface Watched {
  summary: RunSummary;
  /** Absent for a run that is only listed. */
  folding?: Folding;
  history: readonly StoredEvent[];
}

export const nothing: WatchState = {
  runs: new Map(),
  selected: undefined,
  chosen: false,
  detail: false,
  attach: false,
  away: false,
};

/** Newest first: ids sort by time. */
export const ordered = ({ runs }: WatchState): Watched[] =>
  [...runs.values()].sort((a, b) => (a.summary.id < b.summary.id ? 1 : -1));

export const selectedOf = ({ runs, selected }: WatchState): Watched | undefined =>
  selected === undefined ? undefined : runs.get(selected);

export function listed(state: WatchState, summaries: readonly RunSummary[]): WatchState {
  const runs = new Map(state.runs);
  for (const summary of summaries) if (!runs.has(summary.id)) runs.set(summary.id, { summary, history: [] });
  return choose({ ...state, runs });
}

/** One more event of a run whose earlier events are all known; an event that is known already changes nothing. */
export function happened(state: WatchState, event: StoredEvent): WatchState {
  const before = state.runs.get(event.run);
  if (before?.folding && event.cursor <= before.folding.view.cursor) return state;
  const folding = advance(before?.folding, event);
  if (!folding) return state;
  const history = [...(before?.history ?? []), event].slice(-HISTORY);
  const runs = new Map(state.runs).set(event.run, { summary: summaryOf(folding.view), folding, history });
  return choose({ ...state, runs });
}

/** Whether events of this run can be folded: all of them up to now have been seen. */
export const isKnown = (state: WatchState, run: string): boolean => state.runs.get(run)?.folding !== undefined;

export function pressed(state: WatchState, key: string): WatchState | "quit" {
  switch (key) {
    case "q":
    case "ㅂ": // where q is on a Korean keyboard
    case "\u0003":
      return "quit";
    case "\u001b":
      return { ...state, detail: false, attach: false };
    case "\u001b[A":
    case "\u001bOA":
    case "k":
      return moved(state, -1);
    case "\u001b[B":
    case "\u001bOB":
    case "j":
      return moved(state, 1);
    case "\r":
    case "\n":
      return { ...state, detail: !state.detail };
    case "a":
    case "ㅁ":
      return { ...state, attach: !state.attach };
    default:
      return state;
  }
}

function moved(state: WatchState, by: number): WatchState {
  const all = ordered(state).map(({ summary }) => summary.id);
  const at = state.selected === undefined ? -1 : all.indexOf(state.selected);
  const selected = all[Math.min(all.length - 1, Math.max(0, at + by))];
  return { ...state, selected, chosen: selected !== undefined };
}

function choose(state: WatchState): WatchState {
  if (state.chosen) return state;
  const all = ordered(state);
  const active = all.find(({ summary }) => summary.endedAt === undefined);
  return { ...state, selected: (active ?? all[0])?.summary.id };
}

function summaryOf(view: RunView): RunSummary {
  const { id, status, template, repo, base, branch, goal, startedAt, updatedAt, endedAt, phases } = view;
  const at = phases.filter((p) => !["pending", "accepted", "skipped"].includes(p.status)).map((p) => p.id);
  return {
    ...{ id, status, template, repo, base, goal, startedAt, updatedAt },
    ...(branch !== undefined && { branch }),
    ...(endedAt !== undefined && { endedAt }),
    at: at.join(", "),
    accepted: phases.filter((p) => p.status === "accepted").length,
    phases: phases.length,
  };
}
