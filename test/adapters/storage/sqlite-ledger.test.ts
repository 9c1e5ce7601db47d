/** What of the ledger needs a disk: a kill in the middle, and one database with the event log. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/storage/open.ts";
import { eventLogOver } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { sqliteLedger } from "../../../src/adapters/storage/sqlite-ledger.ts";
import { startChild } from "../../support/child.ts";
import { runId, started } from "../../support/run-events.ts";
import { booking, DAY, money, spender } from "../../support/spending.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it("loses nothing that was answered when the process is killed, and finds what was never booked (K4)", async () => {
  const file = join(folder.path, "devflow.db");
  const child = startChild("ledger-spender.ts", file);
  await child.said(400);
  child.process.kill("SIGKILL");
  await child.ended;
  const said = (word: string) =>
    child.lines.filter((line) => line.startsWith(`${word} `)).map((line) => `c${line.slice(word.length + 1)}`);

  const database = openDatabase(file);
  const ledger = sqliteLedger(database, file);
  for (const call of said("reserved")) expect(ledger.find(call), call).toBeDefined();
  for (const call of said("booked")) expect(ledger.find(call)?.kind, call).toBe("booked");
  const abandoned = said("reserved").filter((call) => Number(call.slice(1)) % 3 === 0);
  expect(ledger.open().map(({ call }) => call)).toEqual(expect.arrayContaining(abandoned));

  const { booked, reserved } = ledger.standing({ kind: "day", name: DAY });
  expect(booked).toBe(ledger.spent({ by: "all" })[0]?.amount);
  expect(reserved).toBe(BigInt(ledger.open().length) * money("0.01"));
  database.close();
});

it("shares its database with the event log, each commit as durable as it has to be", async () => {
  const file = join(folder.path, "devflow.db");
  const database = openDatabase(file);
  const log = eventLogOver(database, file);
  const ledger = sqliteLedger(database, file);
  const level = () => database.pragma("synchronous", { simple: true });
  const [NORMAL, FULL] = [1, 2];

  const appended = log.append(runId(1), 0, [started()], { at: 1, durable: false });
  ledger.reserve("c1", spender(), 5n);
  expect(level()).toBe(FULL);
  await appended;
  expect(level()).toBe(NORMAL);
  ledger.reserve("c2", spender(), 5n);
  ledger.book("c2", booking("0.1"));
  expect(level()).toBe(NORMAL);
  expect(log.read(runId(1))).toHaveLength(1);
  log.close();
  expect(() => ledger.reserve("c3", spender(), 5n)).toThrow(/stopping/);
});
