/** Wakes at a time, by one sleep for all who want to wake at the same: many agents are watched, and each sleep costs a waking of the machine. */
import type { Clock } from "../../ports/clock.ts";

interface Sleep {
  wakes: Set<() => void>;
  over: AbortController;
}

const sleeps = new WeakMap<Clock, Map<number, Sleep>>();

/** Calls `wake` once it is `at`, unless the returned function is called before. */
export function wakeAt(clock: Clock, at: number, wake: () => void): () => void {
  const known = sleeps.get(clock) ?? new Map<number, Sleep>();
  sleeps.set(clock, known);
  const sleep = known.get(at) ?? begin(clock, at, known);
  // Its own, so that the same function may be called for two.
  const one = () => wake();
  sleep.wakes.add(one);
  return () => {
    if (!sleep.wakes.delete(one) || sleep.wakes.size > 0) return;
    known.delete(at);
    // Without a reason an error is made for it, with its stack, which nobody reads.
    sleep.over.abort("nobody waits");
  };
}

function begin(clock: Clock, at: number, known: Map<number, Sleep>): Sleep {
  const sleep: Sleep = { wakes: new Set(), over: new AbortController() };
  known.set(at, sleep);
  void clock.sleep(at - clock.now(), sleep.over.signal).then(() => {
    if (sleep.over.signal.aborted) return;
    known.delete(at);
    for (const wake of sleep.wakes) {
      sleep.wakes.delete(wake);
      wake();
    }
  });
  return sleep;
}
