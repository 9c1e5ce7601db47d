/**
 * The sweep: what nobody needs any more is found by devflow's own marks, freed, and logged; at start and every few minutes.
 *
 * W1. Each kind finds only what carries a mark of this devflow home and belongs to something that is over by the log: what a
 *     person has made, another devflow home's, and what somebody may still need are never touched.
 * W2. One kind, or one leftover, that cannot be swept keeps no other from it, nor the daemon from starting; it is tried again.
 * W3. Freeing is harmless to repeat.
 */
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";

export interface Leftover {
  /** What it is, for the log: an id, a path. */
  what: string;
  free(): Promise<unknown>;
}

/** Kind → how to find what is left of it. */
export type SweepTable = Readonly<Record<string, () => Promise<readonly Leftover[]>>>;

const SWEEP_MS = 5 * 60_000;

/** Sweeps once; never rejects. */
export async function sweep(table: SweepTable, journal: Journal): Promise<void> {
  for (const [kind, find] of Object.entries(table)) {
    try {
      for (const { what, free } of await find()) {
        journal.info("swept", { kind, what });
        await free().catch((error: unknown) => journal.warn("not swept", { kind, what, error: String(error) }));
      }
    } catch (error) {
      journal.warn("not swept", { kind, error: String(error) });
    }
  }
}

/** Every few minutes, until `signal` aborts. */
export async function keepSwept(
  table: SweepTable,
  { clock, journal }: { clock: Clock; journal: Journal },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_MS, signal);
    if (!signal.aborted) await sweep(table, journal);
  }
}
