import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtDatabase } from "../../../src/adapters/storage/look.ts";
import { openDatabase } from "../../../src/adapters/storage/open.ts";
import { SCHEMA_VERSION } from "../../../src/adapters/storage/schema/migrations.ts";
import { eventLogOver, openEventLog } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { guarded } from "../../../src/adapters/storage/storage-failure.ts";
import { phaseStarted, runId, started, workspaceReady } from "../../support/run-events.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "devflow.db");
});
afterEach(() => folder.remove());

const first = runId(1);
const elsewhere = (number: number) => started({ repo: `/repos/${number}` });

describe("a database that cannot be opened", () => {
  it("is said to be damaged when it is no database at all", () => {
    writeFileSync(file, "This was written by something else. ".repeat(200));
    expect(() => openEventLog({ file })).toThrow(expect.objectContaining({ code: "storage.damaged" }));
    expect(readFileSync(file, "utf8")).toContain("something else");
  });

  it("is said to be damaged when pages of it are", async () => {
    const log = openEventLog({ file });
    for (let number = 0; number < 50; number++) await log.append(runId(number), 0, [elsewhere(number)], { at: 1 });
    log.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096 * 2, 4096 * 12);
    writeFileSync(file, bytes);
    expect(() => openEventLog({ file })).toThrow(
      expect.objectContaining({ code: "storage.damaged", params: expect.objectContaining({ path: file }) }),
    );
  });

  it("is left alone when it belongs to another program", () => {
    const other = new SQLite(file);
    other.exec("CREATE TABLE bookmarks (url TEXT)");
    other.close();
    expect(() => openEventLog({ file })).toThrow(expect.objectContaining({ code: "storage.foreign" }));
    const after = new SQLite(file);
    expect(after.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["bookmarks"]);
    after.close();
  });

  it("is left alone when a newer devflow wrote it", () => {
    openEventLog({ file }).close();
    const newer = new SQLite(file);
    newer.pragma(`user_version = ${SCHEMA_VERSION + 6}`);
    newer.close();
    expect(() => openEventLog({ file })).toThrow(
      expect.objectContaining({
        code: "storage.newer",
        params: { path: file, found: SCHEMA_VERSION + 6, known: SCHEMA_VERSION },
      }),
    );
  });

  it("is said to be unusable when something else has its place", () => {
    mkdirSync(file);
    expect(() => openEventLog({ file })).toThrow(expect.objectContaining({ code: "storage.unusable" }));
    writeFileSync(join(folder.path, "plain"), "");
    expect(() => openEventLog({ file: join(folder.path, "plain", "devflow.db") })).toThrow(
      expect.objectContaining({ code: "storage.unusable" }),
    );
  });

  // Whoever is told that a database is damaged may delete it.
  it("is not said to be damaged when a look at it finds something else in the way", () => {
    expect(lookAtDatabase(file)).toEqual({ kind: "none" });
    mkdirSync(file);
    expect(() => lookAtDatabase(file)).toThrow(expect.objectContaining({ code: "storage.unusable" }));
    const other = join(folder.path, "other.db");
    writeFileSync(other, "This was written by something else. ".repeat(200));
    expect(lookAtDatabase(other)).toEqual({ kind: "damaged", problem: "file is not a database" });
  });

  it("is no worse for a SQLite that this Node cannot load, and that is what is said", () => {
    const notForNode = join(folder.path, "better_sqlite3.node");
    writeFileSync(notForNode, "made for something else");
    const open = () => guarded(file, () => createRequire(import.meta.url)(notForNode));
    expect(open).toThrow(
      expect.objectContaining({
        code: "install.other_node",
        params: { node: process.version, problem: expect.stringContaining(notForNode) },
      }),
    );
  });
});

it("is nobody else's to read, whatever the umask says", () => {
  const log = openEventLog({ file: join(folder.path, "data", "devflow.db") });
  const modes = ["data", "data/devflow.db", "data/devflow.db-wal"].map(
    (name) => statSync(join(folder.path, name)).mode,
  );
  expect(modes.map((mode) => mode & 0o077)).toEqual([0, 0, 0]);
  log.close();
});

it("goes on where it was after it is closed and opened again", async () => {
  const before = openEventLog({ file });
  await before.append(first, 0, [elsewhere(1)], { at: 1 });
  await before.append(first, 1, [workspaceReady], { at: 2, key: "workspace" });
  const kept = before.read(first);
  before.close();

  const log = openEventLog({ file });
  expect(log.read(first)).toEqual(kept);
  expect(await log.append(first, 1, [workspaceReady], { at: 3, key: "workspace" })).toEqual({
    kind: "already",
    events: kept.slice(1),
  });
  expect(await log.append(first, 1, [workspaceReady], { at: 3 })).toEqual({ kind: "conflict", position: 2 });
  expect(await log.append(first, 2, [phaseStarted("specify")], { at: 3 })).toMatchObject({ events: [{ cursor: 3 }] });
  log.close();
});

it("fails whom the full disk has no room for, and nobody else, and goes on once there is room", async () => {
  const database = openDatabase(file);
  const log = eventLogOver(database, file);
  await log.append(first, 0, [elsewhere(1)], { at: 1 });
  const pages = Number(database.pragma("page_count", { simple: true }));
  database.pragma(`max_page_count = ${pages + 20}`);
  const huge = { ...elsewhere(2), goal: "long ".repeat(100_000) };

  const answers = await Promise.allSettled([
    log.append(first, 1, [workspaceReady], { at: 2, key: "workspace" }),
    log.append(runId(2), 0, [huge], { at: 2 }),
    log.append(first, 2, [phaseStarted("specify")], { at: 2, durable: true }),
    log.append(first, 2, [phaseStarted("specify")], { at: 2 }),
  ]);
  expect(answers).toMatchObject([
    { value: { kind: "appended" } },
    { reason: { code: "storage.full", params: { path: file } } },
    { value: { kind: "appended" } },
    { value: { kind: "conflict", position: 3 } },
  ]);
  expect([log.read(first).length, log.read(runId(2)), log.run(runId(2))]).toEqual([3, [], undefined]);

  database.pragma("max_page_count = 100000");
  expect(await log.append(runId(2), 0, [huge], { at: 3 })).toMatchObject({ events: [{ cursor: 4, position: 1 }] });
  log.close();
});

it("says which event it cannot read", async () => {
  const database = openDatabase(file);
  const log = eventLogOver(database, file);
  await log.append(first, 0, [elsewhere(1), workspaceReady], { at: 1 });
  database.exec('UPDATE events SET event = \'{"type":"workspace.ready"}\' WHERE cursor = 2');
  expect(() => log.read(first)).toThrow(expect.objectContaining({ code: "storage.damaged" }));
  expect(() => log.read(first)).toThrow(/event 2 path/);
  log.close();
});

it("waits for the disk when one of those who append together asks for it, and only then", async () => {
  const database = openDatabase(file);
  const log = eventLogOver(database, file);
  const [FULL, NORMAL] = [2, 1];
  const level = () => database.pragma("synchronous", { simple: true });
  await log.append(first, 0, [elsewhere(1)], { at: 1, durable: true });
  expect(level()).toBe(FULL);
  await log.append(first, 1, [workspaceReady], { at: 1 });
  expect(level()).toBe(NORMAL);
  await Promise.all([
    log.append(runId(2), 0, [elsewhere(2)], { at: 1 }),
    log.append(runId(3), 0, [elsewhere(3)], { at: 1, durable: true }),
    log.append(runId(4), 0, [elsewhere(4)], { at: 1 }),
  ]);
  expect(level()).toBe(FULL);
  log.close();
});
