/** What a daemon finds when it comes back: agents that have gone on without it, nothing alive at all, an older devflow's things. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { markedProcesses } from "../../../src/adapters/system/marked-processes.ts";
import { isThere } from "../../support/alive.ts";
import { hasTmux } from "../../support/has-tmux.ts";
import { begin, type LiveRun, paneOf, tmux, typeAt } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { type World, world } from "../../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);
const PATIENCE = { timeout: 30_000, interval: 50 };
const GATE = { gate: "go" };
const WHOLE = { write: "whole" };

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 60_000);

function enter(host: "tmux" | "pty", phases: unknown): World {
  here = world({ host, scenario: { phases } });
  addTemplate(here, "line", { work: {} });
  return here;
}
const kill = (w: World): void => void process.kill(w.daemonPid(), "SIGKILL");
const inWorktree = (run: LiveRun, name: string): string => join(run.of("workspace.ready")[0]?.path ?? "", name);
const session = (run: LiveRun, phase: string): string =>
  run.of("prompt.sending").findLast((sent) => sent.phase === phase)?.session ?? "";

describe.each(HOSTS)("in %s, while the daemon is away", (host) => {
  test("one agent ends, one opens a dialog, one writes its artifact: all of it is found, and nothing is said twice", async () => {
    const w = enter(host, {
      ends: { "1": [GATE, { crash: 3 }], "2": [WHOLE] },
      asks: [GATE, { edit: { file: "asking", content: "" } }, { permission: { command: "rm -rf build" } }, WHOLE],
      writes: [GATE, WHOLE],
    });
    const produces = { schema: "change-summary@1" };
    addTemplate(w, "three", { ends: { produces }, asks: { produces }, writes: { produces } });
    const run = await begin(w, "three", "--goal", "x");
    await vi.waitFor(() => expect(run.of("prompt.delivered")).toHaveLength(3), PATIENCE);
    kill(w);
    writeFileSync(inWorktree(run, "go"), "");
    await vi.waitFor(async () => {
      expect((await w.journal()).map(({ event }) => event)).toEqual(expect.arrayContaining(["crash", "artifact"]));
      expect(existsSync(inWorktree(run, "asking"))).toBe(true);
    }, PATIENCE);
    await w.devflowd("start");
    await run.event("escalation.raised", ({ failure }) => failure.code === "session.awaits_permission");
    await run.event("phase.accepted", ({ phase }) => phase === "writes");
    await typeAt(w, session(run, "asks"), "1");
    await run.ends("completed");
    expect((await w.prompts()).map(({ phase }) => phase).sort()).toEqual(["asks", "ends", "ends", "writes"]);
    expect(run.of("session.recovery").map(({ counter, used }) => `${counter} ${used}`)).toEqual(["restart 1"]);
  }, 120_000);

  test("the machine is started anew: nothing is alive, and the run goes on", async () => {
    const w = enter(host, { work: { "1": [{ stall: true }], "2": [WHOLE] } });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    kill(w);
    await endAll(w, host);
    rmSync(join(w.home, "run"), { recursive: true });
    await w.devflowd("start");
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(2); // the one before is lost with its agent
    expect(run.of("session.changed").map(({ to }) => to)).toContain("lost");
    expect(run.of("phase.started")).toHaveLength(1);
  }, 120_000);
});

/** Kills whatever this world has started, holders and servers before the agents in them, as a power failure does. */
async function endAll(w: World, host: "tmux" | "pty"): Promise<void> {
  const agents = (await markedProcesses([join(w.home, "data")])).map(({ pid }) => pid);
  const above = agents.map(parentOf).filter((pid) => lineOf(pid).includes("pty-holder"));
  const server = host === "tmux" ? [Number(tmux(w, "display-message", "-p", "#{pid}"))] : [];
  const all = [...new Set([...above, ...server, ...agents])];
  for (const pid of all) if (isThere(pid)) process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(all.filter((pid) => isThere(pid))).toEqual([]), PATIENCE);
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
const lineOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "latin1");

describe.runIf(hasTmux)("in tmux, while the daemon is away", () => {
  test("its server dies alone: another one is started, and the agent told anew", async () => {
    const w = enter("tmux", { work: { "1": [{ stall: true }], "2": [WHOLE] } });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    kill(w);
    tmux(w, "kill-server");
    await w.devflowd("start");
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(2);
    expect(run.of("phase.started")).toHaveLength(1);
  }, 120_000);

  test("devflow is replaced by a newer one: an older database and an older pane's mark are taken over", async () => {
    const w = enter("tmux", { work: [GATE, WHOLE] });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    kill(w);
    asSchemaOne(join(w.home, "data", "devflow.db"));
    const pane = paneOf(w, session(run, "work"));
    const tag = JSON.parse(
      Buffer.from(tmux(w, "display-message", "-p", "-t", pane, "#{@devflow_tag}").trim(), "hex").toString(),
    ) as Record<string, unknown>;
    const { record: _, ...older } = { record: undefined, ...tag, version: 0 };
    tmux(w, "set-option", "-p", "-t", pane, "@devflow_tag", Buffer.from(JSON.stringify(older)).toString("hex"));
    await w.devflowd("start");
    await run.event("run.resumed");
    writeFileSync(inWorktree(run, "go"), "");
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(1);
    expect(run.of("session.opened")).toHaveLength(1);
    expect(run.of("session.recovery")).toEqual([]);
  }, 120_000);
});

/** What the first devflow would have written of it: its tables, with its columns, and nothing that came later. */
function asSchemaOne(file: string): void {
  const newer = `${file}.newer`;
  new Database(file).pragma("wal_checkpoint(TRUNCATE)");
  renameSync(file, newer);
  for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
  const first = new Database(file);
  first.exec(readFileSync(join(import.meta.dirname, "../../../fixtures/databases/v1.sql"), "utf8"));
  first.prepare("ATTACH ? AS newer").run(newer);
  const tables = first.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  first.pragma("foreign_keys = OFF");
  for (const table of tables.filter((name) => !name.startsWith("sqlite_"))) {
    const columns = first.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all().join(", ");
    // Schema 6 has dropped that one.
    const taken = columns.replace("updated_at", "started_at");
    first.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} (${columns}) SELECT ${taken} FROM newer.${table}`);
  }
  first.exec("DETACH newer");
  expect(first.pragma("user_version", { simple: true })).toBe(1);
  first.close();
  rmSync(newer);
}
