/** A clock whose time is moved by the test: nothing ever waits for real. */
import type { Clock } from "../../src/ports/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on; wakes whoever sleeps until then, in order, each seeing the time it asked for. */
  advance(ms: number): Promise<void>;
  /** Moves time on to whoever sleeps shortest, and wakes that one alone; false when nobody sleeps. What it does then is not waited for. */
  tick(): boolean;
  /** Somebody sets the clock, forwards or backwards: no time passes. */
  set(ms: number): void;
  /** How many sleep. */
  sleeping(): number;
}

interface Sleeper {
  until: number;
  wake(): void;
}

/** Lets everything run that can run without time: promises, and the log's commits at the end of a turn. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
};

export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  let skew = 0;
  const sleepers: Sleeper[] = [];

  return {
    now: () => now + skew,
    steady: () => now,
    set: (ms) => {
      skew += ms;
    },
    sleep(ms, signal) {
      if (ms <= 0 || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          const at = sleepers.indexOf(sleeper);
          if (at >= 0) sleepers.splice(at, 1);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper: Sleeper = { until: now + ms, wake };
        // Behind those with the same time: first asleep, first awake.
        const before = sleepers.findIndex(({ until }) => until > sleeper.until);
        sleepers.splice(before < 0 ? sleepers.length : before, 0, sleeper);
        signal?.addEventListener("abort", wake);
      });
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let next = sleepers[0]; next && next.until <= end; next = sleepers[0]) {
        now = next.until;
        next.wake();
        await settle();
      }
      now = end;
    },
    tick() {
      const [next] = sleepers;
      if (!next) return false;
      now = Math.max(now, next.until);
      next.wake();
      return true;
    },
    sleeping: () => sleepers.length,
  };
}
