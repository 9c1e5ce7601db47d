/**
 * Keeps the prices fresh for as long as the daemon runs. Nothing is fetched while nobody has a use for it: `wanted` is asked before
 * each fetch, so that a devflow without a model of its own never goes out.
 */
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Prices } from "../ports/prices.ts";

export interface KeepFreshDeps {
  prices: Prices;
  clock: Clock;
  journal: Journal;
  wanted: () => boolean | Promise<boolean>;
  refreshMs: number;
  random: () => number;
}

/** A start has better things to do; and many daemons that start at once should not all come at once. */
const FIRST_LOOK_MS = 20_000;
/** Whether somebody has come to want prices is looked at so often. */
const LOOK_AGAIN_MS = 10 * 60_000;
/** After a fetch that went wrong; doubled each time, up to the ordinary interval. */
const RETRY_MS = 5 * 60_000;

export async function keepFresh(deps: KeepFreshDeps, signal: AbortSignal): Promise<void> {
  const { prices, clock, journal, wanted, refreshMs, random } = deps;
  const spread = (ms: number): number => Math.round(ms * (0.8 + 0.4 * random()));
  let due = spread(refreshMs);
  let failures = 0;

  async function look(): Promise<number> {
    if (!(await wanted())) return LOOK_AGAIN_MS;
    try {
      const { fetchedAt } = prices.state();
      const age = fetchedAt === undefined ? Number.POSITIVE_INFINITY : clock.now() - fetchedAt;
      if (age < due) return Math.min(due - age, LOOK_AGAIN_MS);
      await prices.refresh(signal);
      due = spread(refreshMs);
      failures = 0;
      return LOOK_AGAIN_MS;
    } catch (error) {
      if (signal.aborted) return 0;
      failures += 1;
      journal.warn("prices could not be refreshed", {
        problem: error instanceof Error ? error.message : String(error),
      });
      return Math.min(RETRY_MS * 2 ** (failures - 1), Math.max(refreshMs, RETRY_MS));
    }
  }

  for (let wait = FIRST_LOOK_MS; !signal.aborted; ) {
    await clock.sleep(spread(wait), signal);
    if (!signal.aborted) wait = await look();
  }
}
