/**
 * What an append has to know of its run: where it stands and which keys it has taken. Kept in memory for the runs that are
 * at work, so that an append reads nothing of its run's past and writes no index of keys.
 */
import type { RunId } from "../../domain/ids.ts";
import { nextSteps } from "../../domain/run-next.ts";
import { isActive, type Standing } from "../../domain/run-row.ts";

/** The events of one append, by position. */
export interface Span {
  from: number;
  count: number;
}

export interface Known {
  standing: Standing;
  keys: Map<string, Span>;
}

export interface Standings {
  of(run: RunId): Known;
  /** What a commit has changed: where the run stands now, and the keys that it has taken in addition. */
  keep(run: RunId, changed: Known): void;
  forget(): void;
}

/** More runs than that at work on one machine are not to be expected; one that falls out is folded again, no more. */
const KEPT = 256;

export function standings(fromLog: (run: RunId) => Known): Standings {
  // In order of last use: a Map keeps the order in which keys were put in.
  const kept = new Map<RunId, Known>();

  function put(run: RunId, known: Known): Known {
    kept.delete(run);
    kept.set(run, known);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return known;
  }

  return {
    of: (run) => kept.get(run) ?? put(run, fromLog(run)),
    keep(run, { standing, keys }) {
      const known = kept.get(run);
      // An ended run with its report written and its sessions closed hears of nothing more.
      if (!isActive(standing) && nextSteps(standing.state).length === 0) kept.delete(run);
      else if (known) {
        for (const [key, span] of keys) known.keys.set(key, span);
        put(run, { standing, keys: known.keys });
      }
    },
    forget: () => kept.clear(),
  };
}
