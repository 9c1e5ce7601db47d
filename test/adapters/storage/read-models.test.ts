import { join } from "node:path";
import type { Database } from "better-sqlite3";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryEventLog } from "../../../src/adapters/storage/memory-event-log.ts";
import { openDatabase } from "../../../src/adapters/storage/open.ts";
import { eventLogOver, type SqliteEventLog } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { fold } from "../../../src/domain/run-evolve.ts";
import type { Appended, EventLog } from "../../../src/ports/event-log.ts";
import { type Happening, happenings, happens } from "../../support/random-runs.ts";
import { runId } from "../../support/run-events.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const RUNS = 6;

/** Lets it happen, and answers with what the log made of it. */
async function live(log: EventLog, happening: Happening, at: number): Promise<Appended | string> {
  const run = runId(happening.run);
  const past = log.read(run).map(({ event }) => event);
  const events = happens(past.length === 0 ? undefined : fold(past), happening);
  const key = `${happening.pick % 40}`;
  try {
    return await log.append(run, past.length, events, { key, at, durable: false });
  } catch (error) {
    return String(error);
  }
}

const lists = (log: EventLog) => ({
  all: log.runs({ limit: RUNS }),
  active: log.runs({ limit: RUNS, active: true }),
  waiting: log.runs({ limit: RUNS, status: "waiting" }),
  unfinished: log.unfinished(),
  byRepository: [0, 1, 2].map((repo) => log.activeRun(`/repos/${repo}`, "main")),
  byKey: [0, 1].map((key) => log.runByKey(`key ${key}`)),
});

const tables = (database: Database) => ({
  runs: database.prepare("SELECT * FROM runs ORDER BY id").all(),
  goals: database.prepare("SELECT * FROM goals ORDER BY run").all(),
  untidy: database.prepare("SELECT * FROM untidy_runs ORDER BY run").all(),
});

describe("the lists of runs", () => {
  let folder: TemporaryFolder;
  let database: Database;
  let log: SqliteEventLog;
  beforeEach(() => {
    folder = temporaryFolder();
    database = openDatabase(join(folder.path, "devflow.db"));
    log = eventLogOver(database, "devflow.db");
  });
  afterEach(() => {
    log.close();
    folder.remove();
  });

  it("are what a rebuild from the events makes of them, and what the log in memory says, whatever happens to runs", async () => {
    const statuses = new Set<string>();
    const property = fc.asyncProperty(happenings(RUNS), async (lives) => {
      database.exec(
        "DELETE FROM events; DELETE FROM run_numbers; DELETE FROM runs; DELETE FROM goals; DELETE FROM untidy_runs",
      );
      const sqlite = eventLogOver(database, "devflow.db");
      const memory = memoryEventLog();
      for (const [index, happening] of lives.entries()) {
        expect(await live(sqlite, happening, index)).toEqual(await live(memory, happening, index));
        statuses.add(sqlite.run(runId(happening.run))?.status ?? "pending");
      }
      const kept = tables(database);
      expect(lists(sqlite)).toEqual(lists(memory));
      expect(sqlite.rebuild()).toBe(new Set(sqlite.runs({ limit: RUNS }).map(({ id }) => id)).size);
      expect(tables(database)).toEqual(kept);
    });
    await fc.assert(property, { numRuns: 25 });
    // Random lives that never got anywhere would prove nothing.
    expect([...statuses]).toEqual(expect.arrayContaining(["running", "waiting", "interrupted", "failed", "cancelled"]));
  });

  it("come back when they are lost", async () => {
    for (let run = 0; run < RUNS; run++) {
      for (let pick = 1; pick < 30; pick++) await live(log, { run, pick: pick * 13 + run }, pick);
    }
    const kept = tables(database);
    expect(kept.runs.length).toBeGreaterThan(2);
    database.exec("DELETE FROM runs; DELETE FROM untidy_runs; UPDATE goals SET goal = ''");
    log.rebuild();
    expect(tables(database)).toEqual(kept);
  });
});
