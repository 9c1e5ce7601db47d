/** Sleeps until a time of day. The clock may be set meanwhile, or the machine sleep: it is looked at now and then. */
import type { Clock } from "../../ports/clock.ts";

export const CLOCK_LOOK_MS = 60_000;

export async function sleepUntil(at: number, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0 && !signal.aborted; left = at - clock.now())
    await clock.sleep(Math.min(left, CLOCK_LOOK_MS), signal);
}
