/** Waiting for an event of a run, by whoever has told it something and wants to know what came of that. */
import type { EventOf, RunEvent } from "../domain/event.ts";
import type { Clock } from "../ports/clock.ts";

/** Why a wait is given up. Without a reason an error is made for each, with its stack, which nobody reads. */
const OVER = "over";

export interface Hearing {
  /** An event that is in the log now. */
  tell(event: RunEvent): void;
  /** The next event that is wanted, or `undefined` when none has come within `ms`. */
  hears<T extends RunEvent["type"]>(
    type: T,
    wanted: (event: EventOf<T>) => boolean,
    ms: number,
  ): Promise<EventOf<T> | undefined>;
}

export function hearing(clock: Clock, stopping: AbortSignal): Hearing {
  const listeners = new Set<(event: RunEvent) => void>();
  return {
    tell(event) {
      for (const listener of listeners) listener(event);
    },
    async hears<T extends RunEvent["type"]>(type: T, wanted: (event: EventOf<T>) => boolean, ms: number) {
      const over = new AbortController();
      const signal = AbortSignal.any([stopping, over.signal]);
      let hear: (event: RunEvent) => void = () => {};
      const heard = new Promise<EventOf<T>>((resolve) => {
        hear = (event) => {
          if (event.type === type && wanted(event as EventOf<T>)) resolve(event as EventOf<T>);
        };
      });
      listeners.add(hear);
      try {
        return await Promise.race([heard, clock.sleep(ms, signal).then(() => undefined)]);
      } finally {
        listeners.delete(hear);
        over.abort(OVER);
      }
    },
  };
}
