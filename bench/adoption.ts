/**
 * How long it takes to have a hundred living agents again after the daemon was killed; twice, each in turns with its baseline.
 *
 * The whole restart: from the start of the built daemon until every agent is taken over with its screen and its artifact is
 * watched for; over tmux's own commands, one to list the panes and one to capture each. The terminal host alone: a new one, which
 * finds, takes over and reads every screen; over a bare control client that lists and captures them by one connection.
 * The panes are plain programs that show what an agent at work shows.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../src/adapters/system/ids.ts";
import { SMALL_HEAP } from "../src/daemon/memory.ts";
import { type RunEvent, RunStarted } from "../src/domain/event.ts";
import { RunId, SessionId } from "../src/domain/ids.ts";
import { Persona } from "../src/domain/persona.ts";
import { type Places, placesFor } from "../src/domain/places.ts";
import { findDaemon } from "../src/protocol/find-daemon.ts";
import { template } from "../test/support/made.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../test/support/tmux-home.ts";
import { bareClient } from "./bare-tmux.ts";
import { type Figure, median } from "./figure.ts";

const MOST = 3;
const PANES = 100;
const ROUNDS = 5;
/** Between two looks at a daemon that is starting. */
const LOOK_MS = 10;
const STATUS_MS = 10_000;
const SHA = "a".repeat(64);
const COLS = 160;
const ROWS = 48;
const RECORDED_BYTES = 1024 * 1024;
const root = join(import.meta.dirname, "..");

const phases = Array.from({ length: PANES }, (_, n) => `phase-${n}`);

export async function adoptionBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const env = { ...process.env, DEVFLOW_HOME: home, DEVFLOW_PAPER_AGENT: "1" };
  const uid = process.getuid?.() ?? 0;
  const places = placesFor({ env, platform: process.platform, uid, home, tmp: tmpdir(), absolute: (path) => path });
  const terminals = join(places.runtime, "t");
  try {
    for (const path of [places.config, places.data, places.state]) await mkdir(path, { recursive: true, mode: 0o700 });
    for (const path of [places.runtime, terminals]) await mkdir(path, { recursive: true, mode: 0o700 });
    await leftBehind(places, terminals);
    const times = { restart: [] as number[], commands: [] as number[], host: [] as number[], client: [] as number[] };
    for (let n = 0; n <= ROUNDS; n += 1) {
      const restart = await restarted(places, env);
      const commands = commanded(tmuxSocket(terminals));
      const host = await taken(terminals);
      const client = await asked(tmuxSocket(terminals));
      if (n === 0) continue; // the system reads the programs for the first time
      times.restart.push(restart);
      times.commands.push(commands);
      times.host.push(host);
      times.client.push(client);
    }
    const value = median(times.restart) / median(times.commands);
    const harder = median(times.host) / median(times.client);
    return [
      {
        figure: `restart after SIGKILL → ${PANES} living agents taken over, over tmux's commands that list and capture them once`,
        value,
        bar: `≤ ${MOST}`,
        ok: value <= MOST,
        detail: `${median(times.restart).toFixed(0)} ms over ${median(times.commands).toFixed(0)} ms, ${ROUNDS} rounds; the terminal host alone over a bare control client: ${harder.toFixed(1)}`,
      },
    ];
  } finally {
    await destroyTmux(terminals);
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** What a daemon that was killed at work has left: its panes, and a run in whose log they are. */
async function leftBehind(places: Places, terminals: string): Promise<void> {
  const ids = systemIds();
  const run = RunId.parse(ids.next());
  const worktree = join(places.data, "worktrees", run);
  await mkdir(worktree, { recursive: true });
  const play = join(places.data, "agent.sh");
  await writeFile(play, AGENT);
  const host = tmuxHostAt(terminals);
  const all = phases.map((phase) => ({ phase, session: SessionId.parse(ids.next()) }));
  const told: RunEvent[] = [started(), { type: "workspace.ready", path: worktree, branch: "b", commit: "c0ffee" }];
  for (const { phase, session } of all) {
    const env = { PATH: process.env.PATH ?? "", TERM: "xterm-256color", DEVFLOW_SESSION: session };
    const argv = ["sh", play] as const;
    const record = { file: join(places.data, "recordings", `${session}.cast`), maxBytes: RECORDED_BYTES };
    const shown = { label: phase, cols: COLS, rows: ROWS, record };
    const { key } = await host.open({ session, run, argv, cwd: worktree, env, ...shown });
    told.push(...atWork(phase, session, key));
  }
  await host.release();
  const log = openEventLog({ file: join(places.data, "devflow.db") });
  await log.append(run, 0, told, { at: Date.now() });
  log.close();
}

/** Draws what the paper agent draws while it works, and does no more. */
const AGENT = `
stty raw -echo
printf '\\033]2;\\342\\240\\213 paper — working\\033\\\\\\033[?2004h'
n=1; while [ $n -le ${ROWS - 4} ]; do printf 'line %s of what the agent has said, as long as lines are when agents write them\\r\\n' $n; n=$((n+1)); done
printf '\\342\\240\\213 Working (1s · esc to interrupt)\\r\\n\\r\\n› Describe a task\\r\\n  ? for shortcuts · paper-agent'
exec sleep 3600
`;

function started(): RunStarted {
  const made = template(Object.fromEntries(phases.map((phase) => [phase, {}])));
  const persona = Persona.parse({
    name: "paper-author",
    version: 1,
    description: "Paper",
    capabilities: ["work"],
    adapter: "terminal",
    agent: "paper",
    family: "paper",
  });
  return RunStarted.parse({
    type: "run.started",
    repo: "/repository",
    base: "main",
    baseCommit: "c0ffee",
    goal: "Work",
    template: made,
    templateHash: SHA,
    bindings: Object.fromEntries(Object.keys(made.roles).map((role) => [role, { persona, hash: SHA }])),
    schemas: { "note@1": { schema: { type: "object", required: ["note"] }, hash: SHA } },
  });
}

function atWork(phase: string, session: SessionId, key: string): RunEvent[] {
  const about = { phase, attempt: 1 };
  const prompt = `prompt/${phase}/1/1`;
  const evidence = [{ source: "title" as const, said: "working", at: 1 }];
  return [
    { type: "phase.started", ...about, round: 1, cause: "ready" },
    { type: "session.opening", session, role: phase, persona: "paper-author@1", adapter: "terminal", agent: "paper" },
    { type: "session.opened", session, host: "tmux", key },
    { type: "session.changed", session, from: "starting", to: "ready", cause: "ready", evidence },
    {
      type: "prompt.sending",
      key: prompt,
      ...about,
      number: 1,
      session,
      purpose: "work",
      sha256: SHA,
      bytes: 9,
      file: "/p",
    },
    { type: "prompt.delivered", key: prompt, ...about, session, receipt: evidence },
    { type: "session.changed", session, from: "ready", to: "working", cause: "working", evidence },
  ];
}

/** The daemon is started over what is there, and killed once it has every agent; milliseconds. */
async function restarted(places: Places, env: NodeJS.ProcessEnv): Promise<number> {
  const from = performance.now();
  const program = [...SMALL_HEAP, join(root, "bin", "devflowd"), "start", "--foreground"];
  const child = spawn(process.execPath, program, { env, stdio: "ignore" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ended = gone.then(() => Promise.reject(new Error("the daemon has ended")));
  try {
    const { link } = await Promise.race([answering(places), ended]);
    while ((await link.call("daemon.status", {}, STATUS_MS)).sessions < PANES) await pause(LOOK_MS);
    const took = performance.now() - from;
    link.close();
    return took;
  } finally {
    ended.catch(() => undefined);
    child.kill("SIGKILL");
    await gone;
  }
}

async function answering(places: Places) {
  for (;;) {
    const found = await findDaemon(places);
    if (found) return found;
    await pause(LOOK_MS);
  }
}

/** tmux itself, as people ask it: a command for the list, and one for each screen; milliseconds. */
function commanded(socket: string): number {
  const tmux = (...args: string[]): string => execFileSync("tmux", ["-u", "-S", socket, ...args], { encoding: "utf8" });
  const from = performance.now();
  const panes = tmux("list-panes", "-a", "-F", "#{pane_id},#{window_id},#{pane_pid},#{@devflow_tag}");
  for (const pane of panes.match(/^%\d+(?=,)/gm) ?? []) tmux("capture-pane", "-p", "-e", "-N", "-t", pane);
  return performance.now() - from;
}

/** A host that takes over every terminal, until it can show each screen; milliseconds. */
async function taken(terminals: string): Promise<number> {
  const from = performance.now();
  const host = tmuxHostAt(terminals);
  const all = await host.list();
  const screens = await Promise.all(all.map(async ({ session }) => (await host.adopt(session))?.screen()));
  const took = performance.now() - from;
  await host.release();
  const shown = screens.filter((screen) => screen?.rows.some((row) => row.includes("Working")));
  if (shown.length !== PANES) throw new Error(`${shown.length} of ${PANES} screens are there`);
  return took;
}

/** tmux alone: one client, the list, and every screen; milliseconds. */
async function asked(socket: string): Promise<number> {
  const from = performance.now();
  const client = await bareClient(socket);
  const panes = await client.answers(["list-panes -a -F '#{pane_id},#{window_id},#{pane_pid},#{@devflow_tag}'"]);
  const ids = panes.join("\n").match(/^%\d+(?=,)/gm) ?? [];
  await client.answers(ids.map((pane) => `capture-pane -p -e -N -t ${pane}`));
  const took = performance.now() - from;
  await client.end();
  if (ids.length < PANES) throw new Error(`tmux lists ${ids.length} panes`);
  return took;
}
