/**
 * What it costs to know what fifty working agents are doing: recordings of real agents at work, played in their own time into
 * fifty panes, each followed by an observer as a session's is. The processor time of this process, which holds what the daemon
 * holds: the terminal host, the screens and the observers. Linux only.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ulid } from "ulid";
import { type Observer, observe } from "../src/adapters/agents/observer.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { type AgentProfile, forVersion } from "../src/domain/agent-profile.ts";
import { SessionId } from "../src/domain/ids.ts";
import { type ProfileName, profile } from "../test/support/profiles.ts";
import { castOf, RECORDINGS, type Recording } from "../test/support/replay.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../test/support/tmux-home.ts";
import type { Figure } from "./figure.ts";

const PANES = 50;
const MOST_PERCENT = 10;
/** The first seconds are spent on drawing what was there before, and on compiling: agents work for hours, so neither is what it costs. */
const WARM_MS = 20_000;
const MEASURED_MS = 15_000;
const PLAYER = fileURLToPath(new URL("./cast-player.mjs", import.meta.url));
/** Agents that are seen at work for some seconds in a recording of theirs. */
const AGENTS: readonly ProfileName[] = ["claude", "codex", "copilot", "opencode", "pi"];

interface Turn {
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
  const observers: Observer[] = [];
  try {
    const turns = AGENTS.map(turnOf);
    const plan: (Turn & { tty: string })[] = [];
    for (let n = 0; n < PANES; n += 1) {
      const turn = turns[n % turns.length];
      if (!turn) throw new Error("there is no recording");
      const terminal = await host.open(spec(home, turn));
      observers.push(observe(terminal, turn.profile, systemClock()));
      plan.push({ ...turn, tty: await ttyOf(home, terminal.key) });
    }
    await writeFile(join(home, "plan.json"), JSON.stringify(plan));
    const seconds = (WARM_MS + MEASURED_MS) / 1_000 + 2;
    const player = spawn(process.execPath, [PLAYER, join(home, "plan.json"), String(seconds)], { stdio: "inherit" });
    const played = new Promise<void>((resolve) => player.once("exit", () => resolve()));
    await pause(WARM_MS);
    const from = { cpu: process.cpuUsage(), at: performance.now() };
    await pause(MEASURED_MS);
    const { user, system } = process.cpuUsage(from.cpu);
    const percent = (100 * (user + system)) / 1_000 / (performance.now() - from.at);
    const working = observers.filter((observer) => observer.verdict().state === "working").length;
    await played;
    const frames = plan.reduce((sum, turn) => sum + (1_000 * turn.frames.length) / turn.lastsMs, 0);
    return [
      {
        figure: `processor time of evidence for ${PANES} working agents, % of a core`,
        value: percent,
        bar: `≤ ${MOST_PERCENT}`,
        ok: percent <= MOST_PERCENT && working === PANES,
        detail: `${frames.toFixed(0)} pieces of output a second; ${working} of ${PANES} known to work`,
      },
    ];
  } finally {
    for (const observer of observers) observer.stop();
    await host.release();
    await destroyTmux(home);
    await rm(home, { recursive: true, force: true });
  }
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
