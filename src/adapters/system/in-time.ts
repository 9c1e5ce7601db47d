/** Waiting for something for no longer than a time; no timer is left behind, whichever comes first. */
import type { Clock } from "../../ports/clock.ts";

/** What `work` gives, or `late` when that takes more than `ms`. */
export async function inTime<T, Late>(clock: Clock, ms: number, work: Promise<T>, late: Late): Promise<T | Late> {
  const soon = new AbortController();
  const over = clock.sleep(ms, soon.signal).then(() => late);
  return Promise.race([work, over]).finally(() => soon.abort());
}
