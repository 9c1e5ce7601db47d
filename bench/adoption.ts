/**
 * How long a restarted daemon takes to have a hundred living agents again: each taken over with its screen, and its artifact
 * watched for. The baseline, in turns with it: tmux itself, asked over one bare control client for the list of its panes and
 * for each of their screens. Linux and macOS; the panes are plain programs that show what an agent at work shows.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemIds } from "../src/adapters/system/ids.ts";
import { parts } from "../src/daemon/compose.ts";
import { type RunEvent, RunStarted } from "../src/domain/event.ts";
import { RunId, SessionId } from "../src/domain/ids.ts";
import { Persona } from "../src/domain/persona.ts";
import { type Places, placesFor } from "../src/domain/places.ts";
import { silent } from "../test/support/fakes.ts";
import { template } from "../test/support/made.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../test/support/tmux-home.ts";
import { bareClient } from "./bare-tmux.ts";
import { type Figure, median } from "./figure.ts";

const MOST = 3;
const PANES = 100;
const ROUNDS = 7;
const SHA = "a".repeat(64);
const COLS = 160;
const ROWS = 48;
const RECORDED_BYTES = 1024 * 1024;

const phases = Array.from({ length: PANES }, (_, n) => `phase-${n}`);

export async function adoptionBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const env = { ...process.env, DEVFLOW_HOME: home, DEVFLOW_PAPER_AGENT: "1" };
  const places = placesFor({ env, platform: process.platform, uid: 0, home, tmp: tmpdir(), absolute: (path) => path });
  const terminals = join(places.runtime, "t");
  try {
    for (const path of [places.config, places.data, places.state, terminals]) await mkdir(path, { recursive: true });
    await leftBehind(places, terminals);
    const times = { ours: [] as number[], bare: [] as number[] };
    for (let n = 0; n <= ROUNDS; n += 1) {
      const ours = await adopted(places, env);
      const bare = await asked(tmuxSocket(terminals));
      if (n === 0) continue; // code that runs for the first time
      times.ours.push(ours);
      times.bare.push(bare);
    }
    const [ours, bare] = [median(times.ours), median(times.bare)];
    return [
      {
        figure: `restart → ${PANES} living agents taken over, over listing and capturing their panes once`,
        value: ours / bare,
        bar: `≤ ${MOST}`,
        ok: ours / bare <= MOST,
        detail: `${ours.toFixed(1)} ms over ${bare.toFixed(1)} ms, ${ROUNDS} rounds`,
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

/** A daemon over what is there, until it has every agent; milliseconds. */
async function adopted(places: Places, env: NodeJS.ProcessEnv): Promise<number> {
  const from = performance.now();
  const daemon = await parts.composeDaemon({ places, env, journal: silent });
  try {
    await daemon.start();
    while ((await daemon.engine.status()).sessions < PANES) await new Promise(setImmediate);
    return performance.now() - from;
  } finally {
    await daemon.close();
  }
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
