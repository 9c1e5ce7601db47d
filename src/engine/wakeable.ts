/** A sleep that can be rung awake; a ring while nobody sleeps is not lost. */
import type { Clock } from "../ports/clock.ts";

export interface Wakeable {
  ring(): void;
  /** Resolves on a ring, after `ms` (or never by itself, when infinite), or when the signal aborts. */
  next(ms: number): Promise<void>;
}

/** Timers take at most this; a longer sleep simply wakes once in between. */
const LONGEST_MS = 3_600_000;

/** Said with each abort: without a reason an error is made for it, with its stack, which nobody reads. */
const AWAKE = "awake";

export function wakeable(clock: Clock, signal: AbortSignal): Wakeable {
  let rung = false;
  let wake: (() => void) | undefined;
  let sleeping = new AbortController();
  signal.addEventListener("abort", () => wake?.(), { once: true });
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    next: async (ms) => {
      if (!rung && !signal.aborted) {
        const { signal: woken } = sleeping;
        wake = () => sleeping.abort(AWAKE);
        await clock.sleep(Math.min(ms, LONGEST_MS), woken);
        wake = undefined;
        if (woken.aborted) sleeping = new AbortController();
      }
      rung = false;
    },
  };
}
