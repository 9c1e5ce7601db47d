/** The database is damaged, or locked by another program: what is said, what is kept, and that all goes on. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, test, vi } from "vitest";
import type { Link } from "../../../src/protocol/link.ts";
import { begin, type LiveRun } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { linkTo, untilNone, untilProblem } from "../../support/status.ts";
import { type World, world } from "../../support/world.ts";

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 60_000);

function enter(scenario?: unknown): World {
  here = world({ host: "pty", ...(scenario !== undefined && { scenario }) });
  addTemplate(here, "line", { work: {} });
  return here;
}
const file = (w: World): string => join(w.home, "data", "devflow.db");
const kept = (w: World): string[] => readdirSync(join(w.home, "data")).filter((name) => name.startsWith("damaged-"));

test("a damaged database is refused and a copy of it kept; the instruction that is given brings a backup back", async () => {
  const w = enter();
  const run = await begin(w, "line", "--goal", "x");
  await run.ends("completed");
  const archive = join(w.folder, "백업 1.tar.gz");
  expect(await w.devflow("backup", archive)).toMatchObject({ code: 0 });
  await (await begin(w, "line", "--goal", "lost with the damage")).ends("completed");
  await w.devflowd("stop");
  const bytes = readFileSync(file(w));
  bytes.fill(0xa5, 4096 * 3, 4096 * 9);
  writeFileSync(file(w), bytes);

  const refused = await w.devflow("runs", "list", "--json");
  expect([refused.code, refused.out]).toEqual([1, ""]);
  const { error } = JSON.parse(refused.err.split("\n").at(-1) ?? "") as { error: Record<string, string> };
  expect(error).toMatchObject({ code: "storage.damaged", message: expect.stringContaining("a copy of it is kept in") });
  expect((await w.devflowd("start")).err).toContain("is damaged");
  const [copy = "", ...more] = kept(w);
  expect(more).toEqual([]); // however often it is tried
  expect(readFileSync(join(w.home, "data", copy, "devflow.db")).equals(bytes)).toBe(true);
  expect(readFileSync(file(w)).equals(bytes)).toBe(true);
  const doctor = await w.devflow("doctor");
  expect(doctor.out.replace(/\s+/g, " ")).toContain("rm -f");

  const [, command = ""] = /: (rm -f .*) \(/.exec(error.hint ?? "") ?? [];
  execFileSync("sh", ["-c", command.replace("BACKUP", `'${archive}'`)]);
  expect((await w.show(run.id)).status).toBe("completed");
  await (await begin(w, "line", "--goal", "after it")).ends("completed");
  const link = await linkTo(w);
  await vi.waitFor(async () => {
    const { lines } = await link.call("audit.read", { limit: 1_000 });
    expect(new Set(lines.map(({ run: of }) => of)).size).toBe(3); // what was lost with the damage is on record still
  }, 10_000);
  link.close();
  expect(await w.devflow("audit", "verify")).toMatchObject({ code: 0 });
}, 120_000);

test("a database that another program keeps to itself is refused by the name of that program", async () => {
  const w = enter();
  await w.devflowd("start");
  await w.devflowd("stop");
  const other = new Database(file(w));
  other.pragma("locking_mode = EXCLUSIVE");
  other.exec("BEGIN EXCLUSIVE; CREATE TABLE mine (x); ROLLBACK");
  try {
    const refused = await w.devflow("runs", "list");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("is locked by another program")]);
    if (process.platform === "linux") expect(refused.err).toContain(`(pid ${process.pid},`);
    expect((await w.devflow("doctor")).out).toContain("is locked by another program");
  } finally {
    other.close();
  }
  expect(await w.devflow("runs", "list")).toMatchObject({ code: 0 });
}, 60_000);

/** A run whose agent is about to write its artifact: `go` lets it. */
async function aboutToWrite(): Promise<{ w: World; run: LiveRun; link: Link; go: () => void }> {
  const w = enter({ phases: { work: [{ gate: "go" }, { write: "whole" }] } });
  const run = await begin(w, "line", "--goal", "x");
  await run.event("prompt.delivered");
  const worktree = (await run.event("workspace.ready")).path;
  return { w, run, link: await linkTo(w), go: () => writeFileSync(join(worktree, "go"), "") };
}

test("while another program locks the database nothing is lost, the daemon answers, and all goes on after it", async () => {
  const { w, run, link, go } = await aboutToWrite();
  const other = new Database(file(w));
  other.exec("BEGIN IMMEDIATE");
  try {
    go();
    await untilProblem(link, "storage.locked");
    const refused = await w.devflow("run", "line", "--goal", "y", "--base", "HEAD~0", "--yes", "--detach", "--json");
    expect([refused.code, JSON.parse(refused.err)]).toMatchObject([1, { error: { code: "storage.locked" } }]);
    expect((await w.devflowd("status")).out).toContain("is locked by another program");
    expect((await w.show(run.id)).status).toBe("running");
  } finally {
    other.close();
  }
  await untilNone(link);
  link.close();
  await run.ends("completed");
}, 60_000);
