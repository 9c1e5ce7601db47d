/**
 * How fast a terminal's output becomes an event, and what watching many terminals costs: each figure against its
 * baseline in the same run (a bare control-mode reader; a tmux server that nobody watches). Linux only.
 */
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ulid } from "ulid";
import { SessionId } from "../src/domain/ids.ts";
import type { TerminalHost } from "../src/ports/terminal-host.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../test/support/tmux-home.ts";
import type { Figure } from "./figure.ts";

const PANES = 50;
const LINES_A_SECOND = PANES * 10;
/** Latency is measured quietly: one line at a time, so that no queue is measured. */
const QUIET_EVERY_MS = 5;
const QUIET_LINES = 600;
const ROUNDS = 2;
/** Taking over leaves garbage behind; V8 collects it some 8 s later, which is not the cost of being idle. */
const SETTLE_MS = 12_000;
const IDLE_MS = 10_000;
const BUSY_LINES = LINES_A_SECOND * 8;
const EMITTER = fileURLToPath(new URL("./tty-emitter.mjs", import.meta.url));
/** The kernel counts processor time of other processes in hundredths of a second. */
const TICK_MS = 10;
const LF = 0x0a;

export async function terminalBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  try {
    const first = tmuxHostAt(home);
    for (let i = 0; i < PANES; i++) await first.open(bareSpec(home));
    await first.release();
    const tmux = (...args: string[]) => promisify(execFile)("tmux", ["-u", "-S", tmuxSocket(home), ...args]);
    const ttys = (await tmux("list-panes", "-a", "-F", "#{@devflow_tag}/#{pane_tty}")).stdout
      .split("\n")
      .flatMap((line) => (line.startsWith("/") || line === "" ? [] : [line.slice(line.indexOf("/"))]));
    const server = Number((await tmux("display-message", "-p", "#{pid}")).stdout);
    return [...(await latency(home, ttys)), ...(await processorTime(home, ttys, server))];
  } finally {
    await destroyTmux(home);
    await rm(home, { recursive: true, force: true });
  }
}

async function latency(home: string, ttys: string[]): Promise<Figure[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const watching = await watch(home, ttys, lateness(ours));
    await emit(QUIET_EVERY_MS, QUIET_LINES, ttys);
    await watching.host.release();
    const reader = await bareReader(home, bare);
    await emit(QUIET_EVERY_MS, QUIET_LINES, ttys);
    await reader.end();
  }
  const value = median(ours) / median(bare);
  const detail = `${median(ours).toFixed(3)} ms over ${median(bare).toFixed(3)} ms, ${PANES} panes, ${ours.length} and ${bare.length} lines`;
  const all = QUIET_LINES * ROUNDS;
  return [
    {
      figure: "terminal output to event, p50, over a bare reader",
      value,
      bar: "≤ 2",
      ok: value <= 2 && ours.length === all,
      detail,
    },
  ];
}

async function processorTime(home: string, ttys: string[], server: number): Promise<Figure[]> {
  const alone = await spent([server], () => emit(1_000 / LINES_A_SECOND, BUSY_LINES, ttys));

  let lines = 0;
  const watching = await watch(home, ttys, (bytes) => {
    for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++;
  });
  const client = await controlClient(home);
  await pause(SETTLE_MS);
  const idle = await spent([server, client, process.pid], () => pause(IDLE_MS));
  const busy = await spent([server, client, process.pid], () => emit(1_000 / LINES_A_SECOND, BUSY_LINES, ttys));
  const gaps = watching.gaps();
  await watching.host.release();

  const idlePercent = (100 * idle.cpuMs) / idle.wallMs;
  const ratio = busy.cpuMs / busy.wallMs / (alone.cpuMs / alone.wallMs);
  const lost = BUSY_LINES - lines;
  const percent = ({ cpuMs, wallMs }: { cpuMs: number; wallMs: number }) => `${((100 * cpuMs) / wallMs).toFixed(1)} %`;
  return [
    {
      figure: `processor time with ${PANES} idle terminals, % of a core`,
      value: idlePercent,
      bar: "≤ 0.5",
      ok: idlePercent <= 0.5,
      detail: `${idle.cpuMs.toFixed(0)} ms in ${(idle.wallMs / 1000).toFixed(1)} s: this process, tmux and its client`,
    },
    {
      figure: `processor time with ${PANES} × 10 lines/s, over tmux alone unwatched`,
      value: ratio,
      bar: "≤ 3, nothing lost",
      ok: ratio <= 3 && lost === 0,
      detail: `${percent(busy)} over ${percent(alone)} of a core; ${lost} of ${BUSY_LINES} lines lost, ${gaps} gaps`,
    },
  ];
}

interface Watching {
  host: TerminalHost;
  gaps(): number;
}

/** A host that has taken over all terminals, with a listener to their output. */
async function watch(home: string, ttys: string[], note: (bytes: Uint8Array) => void): Promise<Watching> {
  const host = tmuxHostAt(home);
  let gaps = 0;
  const listed = await host.list();
  if (listed.length !== ttys.length) throw new Error(`${listed.length} of ${ttys.length} terminals are there`);
  for (const { session } of listed) {
    const terminal = await host.adopt(session);
    terminal?.on((event) => {
      if (event.type === "output") note(event.bytes);
      else if (event.type === "gap") gaps++;
    });
  }
  return { host, gaps: () => gaps };
}

/** Control mode with nothing behind it: the least that can be done. */
async function bareReader(home: string, late: number[]): Promise<{ end(): Promise<void> }> {
  const child = spawn("tmux", [
    "-uN",
    "-S",
    tmuxSocket(home),
    "-C",
    "attach-session",
    "-f",
    "pause-after=1",
    "-t",
    "=devflow",
  ]);
  const note = lateness(late);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.on("data", note);
  return {
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

/** Finds `at <nanoseconds> ` in what arrives. A line comes in one piece: it is written by one call. */
const lateness = (late: number[]) => (bytes: Uint8Array) => {
  const now = process.hrtime.bigint();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  for (let at = text.indexOf("at "); at !== -1; at = text.indexOf("at ", at + 1)) {
    const end = text.indexOf(" line", at);
    if (end !== -1) late.push(Number(now - BigInt(text.slice(at + 3, end))) / 1e6);
  }
};

const emit = (everyMs: number, count: number, ttys: string[]) =>
  new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [EMITTER, String(everyMs), String(count), ...ttys], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.on("error", reject);
    // What was written last needs its time through tmux.
    child.on("close", () => setTimeout(resolve, 200));
  });

async function spent(pids: number[], doing: () => Promise<unknown>): Promise<{ cpuMs: number; wallMs: number }> {
  const cpu = () => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const from = { cpu: cpu(), at: performance.now() };
  await doing();
  return { cpuMs: cpu() - from.cpu, wallMs: performance.now() - from.at };
}

function cpuMsOf(pid: number): number {
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function controlClient(home: string): Promise<number> {
  const { stdout } = await promisify(execFile)("tmux", ["-S", tmuxSocket(home), "list-clients", "-F", "#{client_pid}"]);
  return Number(stdout.trim());
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function bareSpec(home: string) {
  const session = SessionId.parse(ulid());
  const env = { PATH: process.env.PATH ?? "", TERM: "xterm-256color", DEVFLOW_SESSION: session };
  return {
    session,
    run: ulid(),
    label: "bench",
    argv: ["sleep", "3600"] as const,
    cwd: home,
    env,
    cols: 200,
    rows: 50,
  };
}
