/** ULIDs that only go up, also within a millisecond and when the clock is set back. */
import { monotonicFactory } from "ulid";
import type { Ids } from "../../ports/clock.ts";

export function systemIds(): Ids {
  const next = monotonicFactory();
  return { next: () => next() };
}
