/** One orphan of each kind is planted beside a look-alike that is somebody's: the sweep takes the orphans, and nothing else. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { markedProcesses } from "../../src/adapters/system/marked-processes.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { strayFiles } from "../../src/adapters/system/stray-files.ts";
import { isUnfinished } from "../../src/adapters/system/whole-file.ts";
import { straySockets } from "../../src/adapters/terminals/stray-sockets.ts";
import { halfRemoved, worktreeRuns } from "../../src/adapters/workspace/leftovers.ts";
import { type LeftoversOf, leftovers } from "../../src/daemon/leftovers.ts";
import { keepSwept, sweep } from "../../src/daemon/sweep.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { Failure } from "../../src/domain/failure.ts";
import { RunId, SessionId } from "../../src/domain/ids.ts";
import type { OpenReservation } from "../../src/ports/ledger.ts";
import { isThere } from "../support/alive.ts";
import { manualClock } from "../support/manual-clock.ts";
import { runId, started, workspaceReady } from "../support/run-events.ts";
import { tempDirectory } from "../support/temp.ts";

const HOUR_MS = 3_600_000;
const session = (number: number): SessionId => SessionId.parse(runId(1_000 + number));
const OVER = session(1);
const LIVING = session(2);
const STRANGE = session(3);
const THEIRS = session(4);
const [RUN, DELETED, STANDING, GONE, UNKNOWN] = [1, 2, 3, 4, 9].map((number) => RunId.parse(runId(number)));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const opening = (of: SessionId, role: string): RunEvent => ({
  type: "session.opening",
  session: of,
  role,
  persona: "paper@1",
  adapter: "terminal",
});

/** RUN works with one session over and one living; DELETED is deleted; STANDING and GONE wait, and GONE's worktree is gone. */
async function logOf() {
  const log = memoryEventLog();
  const put = (run: RunId | undefined, ...events: RunEvent[]) =>
    run && log.append(run, 0, events, { at: 1 }).then(() => undefined);
  const closed = (of: SessionId): RunEvent => ({
    type: "session.changed",
    session: of,
    from: "starting",
    to: "closed",
    cause: "closed",
    evidence: [],
  });
  const sessions = [opening(OVER, "author"), opening(LIVING, "reviewer"), opening(THEIRS, "tester")];
  await put(RUN, started({ repo: "/a" }), workspaceReady, ...sessions, closed(OVER), closed(THEIRS));
  await put(DELETED, started({ repo: "/b" }), workspaceReady, { type: "run.cancelled", by: "kim" });
  const reported: RunEvent = { type: "report.written", json: "a", markdown: "b", sha256: "c".repeat(64) };
  if (DELETED) await log.append(DELETED, 3, [reported, { type: "run.deleted", by: "kim" }], { at: 2 });
  const interrupted: RunEvent = { type: "run.interrupted", cause: "the daemon went away" };
  await put(STANDING, started({ repo: "/c" }), workspaceReady, interrupted);
  await put(GONE, started({ repo: "/d" }), workspaceReady, interrupted);
  return log;
}

async function stage(more: Partial<LeftoversOf> = {}) {
  const home = tempDirectory();
  const [worktrees, sockets, holders] = ["worktrees", "p", "pty"].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [worktrees, sockets, holders]) mkdirSync(path);
  const freed: string[] = [];
  const log = await logOf();
  const clock = manualClock();
  const startedAt = Date.now() - HOUR_MS;
  const table = leftovers({
    log,
    host: {
      list: async () => [
        { session: OVER, run: RUN ?? "", key: "a", alive: true },
        { session: LIVING, run: RUN ?? "", key: "b", alive: true },
      ],
      adopt: async (of) => ({ close: async () => void freed.push(`terminal ${of}`) }),
    },
    marked: () => markedProcesses([worktrees]),
    endProcesses,
    ledger: { open: () => [OVER, LIVING, STRANGE].map(reservation) },
    settleLeft: async (gone) => void freed.push(...[OVER, LIVING, STRANGE].filter(gone).map((of) => `money ${of}`)),
    workspaces: {
      check: async (run) => {
        if (run === GONE) throw new Failure("worktree.gone", { run, path: "/x" });
      },
      remove: async (run) => {
        freed.push(`worktree ${run}`);
        return { wip: undefined };
      },
    },
    worktrees: () => worktreeRuns(worktrees),
    learn: async (run, outcome) => void freed.push(`run ${run} ${outcome.kind}`),
    strays: {
      "half-removed worktrees": () => halfRemoved(worktrees),
      sockets: () => straySockets(sockets, holders),
      "temporary files": () => strayFiles(home, isUnfinished, startedAt),
    },
    ...more,
  });
  const journal = { said: [] as string[], info: note, warn: note, error: note };
  function note(message: string, fields?: Record<string, unknown>): void {
    journal.said.push(`${message} ${String(fields?.kind)} ${String(fields?.what ?? fields?.error)}`);
  }
  return { home, worktrees, sockets, freed, table, journal, clock };
}

const reservation = (of: SessionId): OpenReservation => ({
  call: `call of ${of}`,
  amount: 1n,
  run: of === STRANGE ? (UNKNOWN ?? "") : (RUN ?? ""),
  session: of,
  persona: "paper@1",
  model: "m",
  at: 1,
  day: "2026-11-21",
});

/** A process with devflow's marks, as agents have them. */
function marked(cwd: string, of: SessionId, run: RunId | undefined): ChildProcess {
  mkdirSync(cwd, { recursive: true });
  const env = { PATH: process.env.PATH, DEVFLOW_SESSION: of, DEVFLOW_RUN: run };
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { cwd, env, stdio: "ignore" });
  children.push(child);
  return child;
}

function listening(path: string): Server {
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  return server;
}

test("orphans of every kind go, each is logged, and look-alikes stay", async () => {
  const { home, worktrees, sockets, freed, table, journal } = await stage();
  const inRun = join(worktrees, RUN ?? "");
  const orphan = marked(inRun, OVER, RUN);
  const stay = [
    marked(inRun, LIVING, RUN),
    marked(join(worktrees, UNKNOWN ?? ""), STRANGE, UNKNOWN), // of a run that this log does not know
    marked(join(home, "elsewhere"), THEIRS, RUN), // in no directory of this home: another home's
  ];
  await vi.waitFor(async () =>
    expect((await markedProcesses([worktrees])).map(({ pid }) => pid)).toEqual(
      expect.arrayContaining([orphan, ...stay.slice(0, 2)].map(({ pid }) => pid)),
    ),
  );
  mkdirSync(join(worktrees, DELETED ?? ""));
  mkdirSync(join(worktrees, `${RUN}.removing`, "src"), { recursive: true });
  mkdirSync(join(worktrees, `${RUN}.aside-1`));
  mkdirSync(join(worktrees, "notes.removing"));
  writeFileSync(join(sockets, "ABCDEFGH12.sock"), ""); // nobody listens
  writeFileSync(join(sockets, "my own.sock"), "");
  listening(join(sockets, "ABCDEFGH34.sock"));
  const old = (Date.now() - 2 * HOUR_MS) / 1_000;
  for (const name of ["a.json.0123456789ab.tmp", "my.tmp", "b.json.0123456789ab.tmp.txt"]) {
    writeFileSync(join(home, name), "");
    utimesSync(join(home, name), old, old);
  }
  writeFileSync(join(home, "c.json.0123456789ab.tmp"), ""); // being written

  await sweep(table, journal);
  expect(freed).toEqual([`terminal ${OVER}`, `money ${OVER}`, `worktree ${DELETED}`, `run ${GONE} impossible`]);
  await vi.waitFor(() => expect(isThere(orphan.pid)).toBe(false), 10_000);
  expect(stay.map(({ pid }) => isThere(pid))).toEqual([true, true, true]);
  expect(readdirSync(worktrees).sort()).toEqual(
    [RUN, DELETED, UNKNOWN, `${RUN}.aside-1`, "notes.removing"].map(String).sort(),
  );
  expect(readdirSync(sockets).sort()).toEqual(["ABCDEFGH34.sock", "my own.sock"]);
  expect(
    readdirSync(home)
      .filter((name) => name.includes(".tmp"))
      .sort(),
  ).toEqual(["b.json.0123456789ab.tmp.txt", "c.json.0123456789ab.tmp", "my.tmp"]);
  expect(journal.said.sort()).toEqual(
    [
      `swept terminals ${OVER}`,
      `swept processes ${OVER}`,
      `swept reservations call of ${OVER}`,
      `swept worktrees ${DELETED}`,
      `swept runs ${GONE}`,
      `swept half-removed worktrees ${join(worktrees, `${RUN}.removing`)}`,
      `swept sockets ${join(sockets, "ABCDEFGH12.sock")}`,
      `swept temporary files ${join(home, "a.json.0123456789ab.tmp")}`,
    ].sort(),
  );
  expect(existsSync(join(home, "elsewhere"))).toBe(true);
}, 60_000);

test("a kind that cannot be swept now keeps no other from it, and is tried again every few minutes", async () => {
  let asked = 0;
  const list = async () => {
    asked += 1;
    throw new Failure("terminal.unresponsive", { socket: "t.sock" });
  };
  const { freed, table, journal, clock } = await stage({ host: { list, adopt: async () => undefined } });
  const stop = new AbortController();
  await sweep(table, journal);
  expect(freed).toContain(`run ${GONE} impossible`);
  expect(journal.said).toContain("not swept terminals Failure: tmux does not answer");
  const keeping = keepSwept({ terminals: table.terminals ?? list }, { clock, journal }, stop.signal);
  await clock.advance(4 * 60_000);
  expect(asked).toBe(1);
  await clock.advance(2 * 60_000);
  expect(asked).toBe(2);
  await clock.advance(5 * 60_000);
  expect(asked).toBe(3);
  stop.abort();
  await keeping;
});
