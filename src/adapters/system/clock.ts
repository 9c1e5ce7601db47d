/** The machine's clock. */
import type { Clock } from "../../ports/clock.ts";

/** Longer timers than that fire at once in Node: the delay is a signed 32-bit number. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    async sleep(ms, signal) {
      for (let left = ms; left > 0 && !signal?.aborted; left -= LONGEST_TIMER_MS) {
        await timer(Math.min(left, LONGEST_TIMER_MS), signal);
      }
    },
  };
}

const timer = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timeout);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timeout = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
