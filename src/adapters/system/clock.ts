/** The machine's clock. */
import type { Clock } from "../../ports/clock.ts";
import { processTime } from "./attended-time.ts";

export function systemClock({ attended, afterAttended } = processTime): Clock {
  return {
    now: () => Date.now(),
    steady: attended,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const end = (): void => {
          cancel();
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const cancel = afterAttended(ms, end);
        signal?.addEventListener("abort", end);
      }),
  };
}
