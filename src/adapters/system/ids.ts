/** ULIDs that only go up, also within a millisecond and when the clock is set back. */
import { randomBytes } from "node:crypto";
import { monotonicFactory } from "ulid";
import type { Ids } from "../../ports/clock.ts";

export function systemIds(): Ids {
  const next = monotonicFactory(random());
  return { next: () => next() };
}

/** Fractions of 1, a byte of randomness each. The package asks the system for each of an id's 16 letters by itself. */
function random(): () => number {
  let drawn = randomBytes(0);
  let at = 0;
  return () => {
    if (at === drawn.length) {
      drawn = randomBytes(1_024);
      at = 0;
    }
    at += 1;
    return (drawn[at - 1] ?? 0) / 256;
  };
}
