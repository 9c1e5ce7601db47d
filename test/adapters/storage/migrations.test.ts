import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import SQLite, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/storage/open.ts";
import { migrate, SCHEMA_VERSION } from "../../../src/adapters/storage/schema/migrations.ts";
import { V1 } from "../../../src/adapters/storage/schema/v1.ts";
import { eventLogOver } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { sqliteLedger } from "../../../src/adapters/storage/sqlite-ledger.ts";
import { completed, digest, phaseAccepted, runId, workspaceReady } from "../../support/run-events.ts";
import { money, usage } from "../../support/spending.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const DATABASES = new URL("../../../fixtures/databases/", import.meta.url);
const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);
const [first, second, third] = [runId(1), runId(2), runId(3)];

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** The stored database of that schema, as a file that an older devflow has left behind. */
function stored(version: number): string {
  const file = join(folder.path, `v${version}.db`);
  const database = new SQLite(file);
  database.exec(readFileSync(new URL(`v${version}.sql`, DATABASES), "utf8"));
  database.close();
  return file;
}

const schema = (database: Database): unknown[] =>
  database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();

it("has a stored database of every schema that was ever released", () => {
  expect(readdirSync(DATABASES).sort()).toEqual(VERSIONS.map((version) => `v${version}.sql`).sort());
});

describe.each(VERSIONS)("a database of schema %i", (version) => {
  it("gets the schema that a new database has", () => {
    const fresh = openDatabase(join(folder.path, "fresh.db"));
    const old = openDatabase(stored(version));
    expect(schema(old)).toEqual(schema(fresh));
    expect(old.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
    fresh.close();
    old.close();
  });

  it("still has its runs, and they go on", async () => {
    const file = stored(version);
    const database = openDatabase(file);
    const log = eventLogOver(database, file);
    const lists = () => [log.runs({ limit: 10 }), log.unfinished(), log.head()];

    expect(log.runs({ limit: 10 }).map(({ id, status, at }) => [id, status, at])).toEqual([
      [third, "failed", ""],
      [second, "waiting", "review (awaiting_approval)"],
      [first, "completed", ""],
    ]);
    expect(log.run(second)?.goal).toBe("장바구니를 추가하라\n둘째 줄 🧺");
    expect(log.runByKey("nightly")).toEqual({ run: first, requestHash: digest("1") });
    expect(log.read(second).map(({ event }) => event.type)).toEqual([
      "run.started",
      "workspace.ready",
      "phase.started",
      "phase.accepted",
      "phase.started",
      "approval.requested",
    ]);
    const before = lists();
    log.rebuild();
    expect(lists()).toEqual(before);

    const again = await log.append(second, 1, [workspaceReady], { at: 1, key: "specify" });
    expect(again).toMatchObject({ kind: "already", events: { length: 5 } });
    await log.append(second, 6, [phaseAccepted("review"), completed], { at: 2_000_000_000_000 });
    expect(log.run(second)).toMatchObject({ status: "completed", accepted: 2, endedAt: 2_000_000_000_000 });
    log.close();
  });
});

describe.each(VERSIONS.filter((version) => version >= 2))("a ledger of schema %i", (version) => {
  it("still has its limits, what was booked, and what was open", () => {
    const file = stored(version);
    const database = openDatabase(file);
    const ledger = sqliteLedger(database, file);
    expect(ledger.standing({ kind: "run", name: first })).toMatchObject({
      booked: money("0.008123456789"),
      reserved: 0n,
      limit: { amount: money("1.5"), policy: "block" },
    });
    expect(ledger.standing({ kind: "day", name: "2026-01-01" })).toMatchObject({
      reserved: money("0.0609"),
      limit: { amount: money("20"), policy: "prompt" },
    });
    expect(ledger.open().map(({ call, generation, free }) => [call, generation, free])).toEqual([
      ["call-2", "gen-7", undefined],
      ["call-3", undefined, true],
    ]);
    expect(ledger.spent({ by: "persona" }).map(({ name, amount, unknown }) => [name, amount, unknown])).toEqual([
      ["deep-coder@1", money("0.008123456789"), 0],
      ["one-shot@2", 0n, 1],
    ]);
    ledger.book("call-2", { usage: usage(1, 1), amount: money("0.01"), at: 1 });
    expect(ledger.standing({ kind: "run", name: second })).toMatchObject({ booked: money("0.01"), reserved: 0n });
    database.close();
  });
});

it("leaves a database as it was when a step fails, and goes on from there later (M2)", () => {
  const file = stored(1);
  const database = new SQLite(file);
  const before = schema(database);
  const broken = [V1, "CREATE TABLE spending (run TEXT); INSERT INTO nowhere VALUES (1)"];
  expect(() => migrate(database, file, broken)).toThrow(/nowhere/);
  expect([schema(database), database.pragma("user_version", { simple: true })]).toEqual([before, 1]);

  migrate(database, file, [V1, "CREATE TABLE spending (run TEXT)"]);
  expect(database.pragma("user_version", { simple: true })).toBe(2);
  expect(database.prepare("SELECT count(*) FROM spending").pluck().get()).toBe(0);
  database.close();
});
