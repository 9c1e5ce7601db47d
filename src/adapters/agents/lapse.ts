/** Looks again once something has not been heard anew for so long: that it is not believed any more is not shown by anything. */
import type { Clock } from "../../ports/clock.ts";

/** Each call puts it off; however often that is, one sleep goes on. */
export function lapse(clock: Clock, ms: number, over: AbortSignal, look: () => void): () => void {
  let until = 0;
  let waiting = false;
  async function wait(): Promise<void> {
    waiting = true;
    while (clock.now() < until && !over.aborted) await clock.sleep(until - clock.now(), over);
    waiting = false;
    if (!over.aborted) look();
  }
  return () => {
    until = clock.now() + ms;
    if (!waiting) void wait();
  };
}
