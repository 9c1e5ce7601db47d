/** Takes every event into the audit record, in order, from where the record has come to; a full disk makes it wait. */
import { auditFacts } from "../domain/audit-facts.ts";
import type { RunStarted, StoredEvent } from "../domain/event.ts";
import { RunId } from "../domain/ids.ts";
import type { AuditLog } from "../ports/audit.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";

/** What could not be written is tried again this often. */
const AGAIN_MS = 5_000;

export interface AuditTrailDeps {
  log: Pick<EventLog, "follow" | "head" | "read">;
  audit: AuditLog;
  clock: Clock;
  journal: Journal;
}

/** Until `signal` aborts. */
export async function keepAuditTrail(deps: AuditTrailDeps, signal: AbortSignal): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    try {
      await takeIn(deps, signal);
    } catch (error) {
      if (!told) deps.journal.error("the audit record cannot be written", { error: String(error) });
      told = true;
      await deps.clock.sleep(AGAIN_MS, signal);
    }
  }
}

/** What follows from an event, such as the next prompt, is done within this: a record that comes a moment later is as good. */
const OTHERS_FIRST_MS = 25;

/** More events than these would hold up a daemon that stops; the next one takes them in. */
const MOST_AT_THE_END = 1_000;

async function othersFirst({ at }: StoredEvent, clock: Clock, signal: AbortSignal): Promise<void> {
  const young = Math.min(at + OTHERS_FIRST_MS - clock.now(), OTHERS_FIRST_MS);
  if (young > 0) await clock.sleep(young, signal);
  else await new Promise((resolve) => setImmediate(resolve));
}

async function takeIn({ log, audit, clock }: AuditTrailDeps, signal: AbortSignal): Promise<void> {
  const started = new Map<string, RunStarted | undefined>();
  const beginning = (run: string): RunStarted | undefined => {
    if (!started.has(run)) started.set(run, beginningOf(log, run));
    return started.get(run);
  };
  const after = audit.after();
  // A log that is behind the record was brought back from a backup: what comes now is new, whatever its number.
  const { cursor, lines } = after.cursor > log.head() ? { cursor: log.head() + 1, lines: 0 } : after;
  // The last event is looked at again: a crash may have come between two of its lines.
  let taken = Math.max(0, cursor - 1);
  const take = (stored: StoredEvent): void => {
    const facts = auditFacts(stored, stored.event.type === "session.opening" ? beginning(stored.run) : undefined);
    audit.append(stored.cursor === cursor ? facts.slice(lines) : facts);
    if (stored.event.type === "report.written") started.delete(stored.run);
    taken = stored.cursor;
  };
  for await (const stored of log.follow(taken, signal)) {
    await othersFirst(stored, clock, signal);
    take(stored);
  }
  // The daemon stops, and nobody is left who would have to go first.
  const head = log.head();
  if (taken >= head || head - taken > MOST_AT_THE_END) return;
  for await (const stored of log.follow(taken, new AbortController().signal)) {
    take(stored);
    if (stored.cursor >= head) return;
  }
}

function beginningOf(log: Pick<EventLog, "read">, run: string): RunStarted | undefined {
  const first = log.read(RunId.parse(run))[0]?.event;
  return first?.type === "run.started" ? first : undefined;
}
