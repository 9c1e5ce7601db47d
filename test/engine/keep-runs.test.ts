/** Which runs are deleted by themselves, and when; time is moved, nothing is waited for. */
import { expect, test, vi } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { keepRuns } from "../../src/engine/keep-runs.ts";
import { manualClock } from "../support/manual-clock.ts";
import { completed, runId, started } from "../support/run-events.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

test("runs that ended long enough ago are deleted, oldest first; one that cannot be stays and is tried again", async () => {
  const clock = manualClock();
  const log = memoryEventLog();
  const begin = (run: number, at: number, ended: boolean) =>
    log.append(runId(run), 0, [started({ base: `b${run}` }), ...(ended ? [completed] : [])], { at });
  const now = clock.now();
  await begin(1, now - 100 * DAY, true);
  await begin(2, now - 99 * DAY, false);
  await begin(3, now - 91 * DAY, true);
  await begin(4, now - 89 * DAY, true);
  const asked: string[] = [];
  const warned: unknown[] = [];
  const remove = async (run: string): Promise<void> => {
    asked.push(run);
    if (run === runId(1)) throw new Error("its worktree is in use");
    await log.append(runId(3), 2, [{ type: "run.deleted", by: "devflow" }], { at: clock.now() });
  };
  const journal = { info() {}, error() {}, warn: (_: string, about?: object) => void warned.push(about) };
  const stop = new AbortController();
  const done = keepRuns({ log, clock, journal, keepMs: 90 * DAY, remove }, stop.signal);
  await clock.advance(59_000);
  expect(asked).toEqual([]);
  await clock.advance(1_000);
  await vi.waitFor(() => expect(asked).toEqual([runId(1), runId(3)]));
  expect(warned).toMatchObject([{ run: runId(1) }]);
  await clock.advance(HOUR);
  await vi.waitFor(() => expect(asked).toEqual([runId(1), runId(3), runId(1)]));
  await clock.advance(2 * DAY);
  await vi.waitFor(() => expect(asked).toContain(runId(4)));
  expect(asked).not.toContain(runId(2));
  stop.abort();
  await done;
});
