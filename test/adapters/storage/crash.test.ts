import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openEventLog } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { startChild } from "../../support/child.ts";
import { phaseStarted, runId } from "../../support/run-events.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const WRITERS = 8;

it("loses nothing that was answered when the process is killed in the middle of appending (L6)", async () => {
  const file = join(folder.path, "devflow.db");
  const answered = new Map<string, number>();
  const child = startChild("event-writer.ts", file, String(WRITERS));
  await child.said(500);
  child.process.kill("SIGKILL");
  await child.ended;
  for (const line of child.lines) {
    const [run = "", position = "0"] = line.split(" ");
    answered.set(run, Math.max(answered.get(run) ?? 0, Number(position)));
  }

  const log = openEventLog({ file });
  expect([...answered.keys()].sort()).toEqual(Array.from({ length: WRITERS }, (_, number) => runId(number)));
  for (let number = 0; number < WRITERS; number++) {
    const run = runId(number);
    const positions = log.read(run).map(({ position }) => position);
    expect(positions).toEqual(Array.from(positions, (_, index) => index + 1));
    expect(positions.length).toBeGreaterThanOrEqual(answered.get(run) ?? Infinity);
    expect(log.run(run)?.updatedAt).toBe(positions.length - 1);
    // The keys are remembered too: an append that was answered is not written again.
    const again = await log.append(run, 1, [phaseStarted("specify")], { at: 0, key: "attempt 1" });
    expect(again).toMatchObject({ kind: "already", events: [{ position: 2 }] });
  }
  expect(log.head()).toBe(log.unfinished().reduce((sum, run) => sum + log.read(run).length, 0));
  log.close();
});
