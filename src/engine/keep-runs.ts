/** Deletes what is kept of runs that ended long ago, where the settings say after how long; a run that cannot be deleted stays. */
import type { RunId } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";

export interface KeepRunsDeps {
  log: Pick<EventLog, "runs">;
  clock: Clock;
  journal: Journal;
  /** How long after its end a run is kept. */
  keepMs: number;
  remove(run: RunId): Promise<unknown>;
}

/** A start has better things to do. */
const FIRST_LOOK_MS = 60_000;
const LOOK_AGAIN_MS = 60 * 60_000;
const PAGE = 1_000;

/** Until `signal` aborts. */
export async function keepRuns(deps: KeepRunsDeps, signal: AbortSignal): Promise<void> {
  for (let wait = FIRST_LOOK_MS; !signal.aborted; wait = LOOK_AGAIN_MS) {
    await deps.clock.sleep(wait, signal);
    if (!signal.aborted) await lookOnce(deps, signal);
  }
}

async function lookOnce({ log, clock, journal, keepMs, remove }: KeepRunsDeps, signal: AbortSignal): Promise<void> {
  const before = clock.now() - keepMs;
  for (const run of endedBefore(before, log)) {
    if (signal.aborted) return;
    try {
      await remove(run);
      journal.info("a run that ended long ago was deleted", { run });
    } catch (error) {
      journal.warn("a run that ended long ago could not be deleted", { run, error: String(error) });
    }
  }
}

/** Oldest first. */
function endedBefore(time: number, log: KeepRunsDeps["log"]): RunId[] {
  const found: RunId[] = [];
  let before: RunId | undefined;
  for (;;) {
    const page = log.runs({ limit: PAGE, active: false, ...(before && { before }) });
    for (const { id, endedAt } of page) if (endedAt !== undefined && endedAt < time) found.push(id);
    before = page.at(-1)?.id;
    if (page.length < PAGE) return found.reverse();
  }
}
