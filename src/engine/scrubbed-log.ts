/** An event log that keeps no secrets: the one way by which anything comes into the log. What is read was scrubbed when it was written. */
import type { Redact } from "../domain/redact.ts";
import { scrubEvent } from "../domain/scrub-event.ts";
import type { EventLog } from "../ports/event-log.ts";

export function scrubbedLog<Log extends EventLog>(log: Log, redact: Redact): Log {
  return {
    ...log,
    append: (run, expected, events, options) =>
      log.append(
        run,
        expected,
        events.map((event) => scrubEvent(event, redact)),
        options,
      ),
  };
}
