/** Methods about following events, and what the daemon says unasked. */
import { z } from "zod";
import type { StoredEvent } from "../domain/event.ts";
import { Done, type Method, RunRef } from "./refs.ts";

export const EVENT_METHODS = {
  "events.subscribe": {
    summary: "Follow events after a cursor: `events.event` notices come, none lost, none twice",
    params: z.strictObject({
      cursor: z.int().min(0).optional().describe("0 for all; absent for what comes from now on"),
      run: RunRef.optional(),
      saying: z
        .boolean()
        .optional()
        .describe(
          "With a run: what its agents say comes as well, in `session.saying` notices, as far as it can be read along",
        ),
    }),
    result: z.strictObject({ subscription: z.int(), cursor: z.int() }),
  },
  "events.unsubscribe": { summary: "Stop following", params: z.strictObject({ subscription: z.int() }), result: Done },
} as const satisfies Record<string, Method>;

/** What the daemon says unasked, on a connection that has subscribed. */
export interface Notices {
  "events.event": { subscription: number; event: StoredEvent };
  /** A piece of what an agent says in a talk, while it says it; `last`: nothing more of this message will come. */
  "session.saying": { subscription: number; session: string; message: string; text: string; last: boolean };
  /** The subscription has ended by the daemon's side: subscribe again after this cursor. */
  "events.closed": { subscription: number; cursor: number; reason: string };
}
