/**
 * What the daemon holds in memory (resident set): when it has just started, for each session that rests, and after runs
 * have ended. The built devflowd in a home of its own, with paper agents in panes that have asked a question and wait.
 */
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { gitIn, writeIn } from "../test/support/repository.ts";
import { destroyTmux } from "../test/support/tmux-home.ts";
import type { Figure } from "./figure.ts";

const MOST = { emptyMb: 90, sessionMb: 1.5, afterMb: 110 };
const SESSIONS = 30;
const FINISHED_RUNS = 20;
/** Runs that are under way at once while they are run to their ends. */
const LANES = 4;
/** V8 gives back what a burst of work has left some seconds after it. */
const SETTLE_MS = 15_000;
const LOOK_MS = 250;
const DEADLINE_MS = 90_000;
const root = join(import.meta.dirname, "..");

export async function memoryBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const scenario = join(home, "scenario.json");
  const env = {
    ...process.env,
    DEVFLOW_HOME: home,
    DEVFLOW_PAPER_AGENT: "1",
    PAPER_SCENARIO: scenario,
    PAPER_PACE: "0",
  };
  const devflow = async (program: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [join(root, "bin", program), ...args], { env })).stdout;
  const asked = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await devflow("devflow", ...args, "--json")) as T;
  const daemon = {
    status: () => asked<{ pid: number; sessions: number }>("ctl", "status"),
    run: async (template: string, repo: string) => {
      await devflow("devflow", "run", template, "--repo", repo, "--goal", "Rest", "--detach", "--yes");
    },
    active: () => asked<{ id: string }[]>("runs", "list", "--active"),
    resting: async () =>
      (await asked<{ state: string }[]>("sessions", "list")).filter(({ state }) => state === "awaiting_input").length,
    cancel: (run: string) => devflow("devflow", "runs", "cancel", run),
  };
  await writeFile(scenario, JSON.stringify({ phases: { "*": [{ ask: "Which one?" }], only: [{ write: "whole" }] } }));
  writeIn(join(home, "config"), "templates/wide.yaml", wide());
  writeIn(join(home, "config"), "templates/short.yaml", short());
  const repos = await Promise.all(Array.from({ length: LANES }, (_, n) => repository(join(home, `repository-${n}`))));
  try {
    await devflow("devflowd", "start");
    const { pid } = await daemon.status();
    await pause(SETTLE_MS);
    const empty = residentMb(pid);
    await daemon.run("wide", repos[0] ?? "");
    await until(async () => (await daemon.resting()) === SESSIONS);
    await pause(SETTLE_MS);
    const full = residentMb(pid);
    for (const { id } of await daemon.active()) await daemon.cancel(id);
    await until(async () => (await daemon.status()).sessions === 0);
    for (let done = 0; done < FINISHED_RUNS; done += LANES) {
      await Promise.all(repos.map((repo) => daemon.run("short", repo)));
      await until(async () => (await daemon.active()).length === 0);
    }
    await pause(SETTLE_MS);
    const after = residentMb(pid);
    const session = (full - empty) / SESSIONS;
    return [
      atMost("daemon's resident memory, empty, in MB", empty, MOST.emptyMb, "15 s after its start"),
      atMost(
        "daemon's resident memory, for each idle session, in MB",
        session,
        MOST.sessionMb,
        `${full.toFixed(0)} MB with ${SESSIONS} of them`,
      ),
      atMost(
        `daemon's resident memory, after ${FINISHED_RUNS} further runs have ended, in MB`,
        after,
        MOST.afterMb,
        `empty it was ${empty.toFixed(0)} MB`,
      ),
    ];
  } finally {
    await devflow("devflowd", "stop").catch(() => "");
    await destroyTmux(join(home, "run", "t"));
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

const atMost = (figure: string, value: number, most: number, detail: string): Figure => ({
  figure,
  value,
  bar: `≤ ${most}`,
  ok: value <= most,
  detail,
});

function residentMb(pid: number): number {
  const kb =
    process.platform === "linux"
      ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim();
  return Number(kb) / 1024;
}

async function until(fits: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await fits())) {
    if (performance.now() > deadline) throw new Error(`it has not come to this: ${fits}`);
    await pause(LOOK_MS);
  }
}

async function repository(path: string): Promise<string> {
  await mkdir(path);
  gitIn(path, "init", "--quiet", "--initial-branch=main");
  writeIn(path, "README.md", "# Hello\n");
  gitIn(path, "add", "-A");
  gitIn(path, "commit", "--quiet", "-m", "Begin");
  return path;
}

/** As many agents side by side as there are sessions to measure. */
function wide(): string {
  const numbers = Array.from({ length: SESSIONS }, (_, n) => n);
  return JSON.stringify({
    name: "wide",
    version: 1,
    description: "All at once",
    roles: Object.fromEntries(numbers.map((n) => [`role-${n}`, { requires: ["specify"] }])),
    phases: numbers.map((n) => ({ id: `phase-${n}`, role: `role-${n}`, produces: { schema: "spec@1" } })),
  });
}

const short = (): string =>
  JSON.stringify({
    name: "short",
    version: 1,
    description: "One phase",
    roles: { author: { requires: ["specify"] } },
    phases: [{ id: "only", role: "author", produces: { schema: "spec@1" } }],
  });
