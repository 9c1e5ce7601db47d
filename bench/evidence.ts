/**
 * What it costs to know what fifty working agents are doing: recordings of real agents at work, played in their own time into
 * fifty panes, each followed by an observer as a session's is. The processor time of this process, which holds what the daemon
 * holds: the terminal host, the screens and the observers. And how soon it is known that one of them has stopped working: that it is ready,
 * or asks for permission. Linux only.
 */
import { execFile, fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ulid } from "ulid";
import { ASKS_HOLDS_MS, type Observer, observe, READY_HOLDS_MS } from "../src/adapters/agents/observer.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { type AgentProfile, forVersion } from "../src/domain/agent-profile.ts";
import { SessionId } from "../src/domain/ids.ts";
import type { AgentState } from "../src/domain/session.ts";
import { type ProfileName, profile } from "../test/support/profiles.ts";
import { castOf, RECORDINGS, type Recording } from "../test/support/replay.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../test/support/tmux-home.ts";
import { type Change, changeOf } from "./changes.ts";
import type { Figure } from "./figure.ts";

const PANES = 50;
const MOST_PERCENT = 10;
/** The first seconds are spent on drawing what was there before, and on compiling: agents work for hours, so neither is what it costs. */
const WARM_MS = 20_000;
const MEASURED_MS = 15_000;
/** Above what a state must stand before it is believed. */
const MOST_LATE_MS = 150;
const HELD_MS: Partial<Record<AgentState, number>> = { ready: READY_HOLDS_MS, awaiting_permission: ASKS_HOLDS_MS };
const PLAYER = fileURLToPath(new URL("./cast-player.mjs", import.meta.url));
/** Agents that are seen at work for some seconds in a recording of theirs. */
const AGENTS: readonly ProfileName[] = ["claude", "codex", "copilot", "opencode", "pi"];

/** What each of them does when it stops; the times end with that on the screen. */
const CHANGES: readonly { agent: ProfileName; file: string; to: AgentState; end: number }[] = [
  { agent: "claude", file: "permission-approve", to: "awaiting_permission", end: 2_940 },
  { agent: "codex", file: "permission-approve", to: "awaiting_permission", end: 3_780 },
  { agent: "copilot", file: "permission-approve", to: "awaiting_permission", end: 9_820 },
  { agent: "opencode", file: "permission-approve", to: "awaiting_permission", end: 11_750 },
  { agent: "codex", file: "working-interrupt", to: "ready", end: 7_720 },
  { agent: "copilot", file: "working-interrupt", to: "ready", end: 15_150 },
  { agent: "opencode", file: "working-interrupt", to: "ready", end: 16_650 },
  { agent: "pi", file: "working-interrupt", to: "ready", end: 13_560 },
];

interface Turn {
  agent: ProfileName;
  profile: AgentProfile;
  cols: number;
  rows: number;
  before: string;
  frames: [number, string][];
  lastsMs: number;
}

export async function evidenceBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const host = tmuxHostAt(home);
  const clock = systemClock();
  const observers: Observer[] = [];
  try {
    const turns = AGENTS.map(turnOf);
    const changes = await Promise.all(CHANGES.map(changed));
    const plan: (Turn & { tty: string; change: Change })[] = [];
    const told: [AgentState, number][][] = [];
    for (let n = 0; n < PANES; n += 1) {
      const turn = turns[n % turns.length];
      if (!turn) throw new Error("there is no recording");
      const terminal = await host.open(spec(home, turn));
      const observer = observe(terminal, turn.profile, clock);
      observers.push(observer);
      const tells: [AgentState, number][] = [];
      told.push(tells);
      observer.watch(({ state }) => void (tells.at(-1)?.[0] !== state && tells.push([state, clock.now()])));
      const its = changes.filter(({ agent }) => agent === turn.agent);
      const { change } = its[Math.floor(n / turns.length) % its.length] ?? {};
      if (!change) throw new Error(`there is no change of ${turn.agent}`);
      plan.push({ ...turn, change, tty: await ttyOf(home, terminal.key) });
    }
    await writeFile(join(home, "plan.json"), JSON.stringify(plan));
    const seconds = (WARM_MS + MEASURED_MS) / 1_000 + 2;
    const player = fork(PLAYER, [join(home, "plan.json"), String(seconds)], { execArgv: [] });
    const played = new Promise<void>((resolve) => player.once("exit", () => resolve()));
    const drawn: [number, number][] = [];
    player.on("message", (message) => drawn.push(message as [number, number]));
    await pause(WARM_MS);
    const from = { cpu: process.cpuUsage(), at: performance.now() };
    await pause(MEASURED_MS);
    const { user, system } = process.cpuUsage(from.cpu);
    const percent = (100 * (user + system)) / 1_000 / (performance.now() - from.at);
    const working = observers.filter((observer) => observer.verdict().state === "working").length;
    await played;
    const late = drawn
      .map(([nth, at]) => {
        const to = plan[nth]?.change.to ?? "unknown";
        const knew = told[nth]?.findLast(([state]) => state === to)?.[1] ?? 0;
        return knew < at ? Number.POSITIVE_INFINITY : knew - at - (HELD_MS[to] ?? 0);
      })
      .sort((a, b) => a - b);
    const p50 = late[Math.floor(late.length / 2)] ?? Number.POSITIVE_INFINITY;
    const frames = plan.reduce((sum, turn) => sum + (1_000 * turn.frames.length) / turn.lastsMs, 0);
    return [
      {
        figure: `processor time of evidence for ${PANES} working agents, % of a core`,
        value: percent,
        bar: `≤ ${MOST_PERCENT}`,
        ok: percent <= MOST_PERCENT && working === PANES,
        detail: `${frames.toFixed(0)} pieces of output a second; ${working} of ${PANES} known to work`,
      },
      {
        figure: "an agent that stops working → verdict, p50, ms above what is held back",
        value: p50,
        bar: `≤ ${MOST_LATE_MS}`,
        ok: p50 <= MOST_LATE_MS && late.length === PANES && late.every(Number.isFinite),
        detail: `${late.length} changes; p90 ${late[Math.floor(late.length * 0.9)]}, longest ${late.at(-1)}`,
      },
    ];
  } finally {
    for (const observer of observers) observer.stop();
    await host.release();
    await destroyTmux(home);
    await rm(home, { recursive: true, force: true });
  }
}

async function changed({ agent, file, to, end }: (typeof CHANGES)[number]) {
  const found = RECORDINGS.find((one) => one.file === `${agent}/${file}.cast`);
  if (!found) throw new Error(`there is no recording ${file} of ${agent}`);
  return { agent, change: await changeOf(forVersion(profile(agent), found.version), castOf(found.file), to, end) };
}

/** The longest time for which an agent is labelled as working, all through. */
function turnOf(agent: ProfileName): Turn {
  const found = RECORDINGS.find(({ file }) => file === `${agent}/working-interrupt.cast`);
  if (!found) throw new Error(`there is no recording of ${agent} at work`);
  const cast = castOf(found.file);
  const [begin, end] = longestWork(found.labels);
  const out = cast.events.filter(({ kind }) => kind === "o");
  const before = out.filter(({ at }) => at < begin).map(({ data }) => data);
  const during = out.filter(({ at }) => at >= begin && at < end);
  return {
    agent,
    profile: forVersion(profile(agent), found.version),
    cols: cast.cols,
    rows: cast.rows,
    before: before.join(""),
    frames: during.map(({ at, data }) => [at - begin, data]),
    lastsMs: end - begin,
  };
}

function longestWork(labels: Recording["labels"]): [number, number] {
  let longest: [number, number] = [0, 0];
  let begin: number | undefined;
  for (const { at, state } of labels) {
    if (state !== "working") begin = undefined;
    else begin ??= at;
    if (begin !== undefined && at - begin > longest[1] - longest[0]) longest = [begin, at];
  }
  return longest;
}

function spec(home: string, { cols, rows }: Turn) {
  const session = SessionId.parse(ulid());
  return {
    session,
    run: ulid(),
    label: "bench",
    // Raw, as agents set their terminals: recordings hold what came out of it.
    argv: ["sh", "-c", "stty raw -echo; exec sleep 3600"] as const,
    cwd: home,
    env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color", DEVFLOW_SESSION: session },
    cols,
    rows,
  };
}

async function ttyOf(home: string, key: string): Promise<string> {
  const pane = key.slice(key.lastIndexOf("%"));
  const shown = ["display-message", "-p", "-t", pane, "#{pane_tty}"];
  return (await promisify(execFile)("tmux", ["-u", "-S", tmuxSocket(home), ...shown])).stdout.trim();
}
