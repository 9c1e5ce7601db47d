/**
 * One simulated run: the real engine over an outside in memory, through a storm of faults, and then brought to its end.
 *
 * W1. Nothing in here knows the time, chance or the machine: the same seed gives the same events, byte for byte.
 * W2. Every rule is checked when the thing happens that could break it; a broken one ends the world at once.
 * W3. After the storm nothing goes wrong and people do what they are asked: then every run must come to its end, leaving nothing.
 */

import { sweepTerminals } from "../src/daemon/sweep.ts";
import type { StoredEvent } from "../src/domain/event.ts";
import { Failure } from "../src/domain/failure.ts";
import type { RunId, SessionId } from "../src/domain/ids.ts";
import { initial, isTidy, type RunState } from "../src/domain/run-state.ts";
import { observe } from "../src/domain/session.ts";
import { type Engine, engine } from "../src/engine/engine.ts";
import { rests, type Watcher, watcher } from "../test/support/invariants.ts";
import { dice } from "./dice.ts";
import { effects } from "./effects.ts";
import { type Life, life } from "./life.ts";
import type { Mutant } from "./mutants.ts";
import { outside } from "./outside.ts";
import { people } from "./people.ts";
import { type Ports, ports } from "./ports.ts";
import { ROLES, workflow } from "./workflows.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** So many calls without any time passing are a loop. */
const SPIN = 20_000;
/** From the end of the storm to the end of every run. */
const PATIENCE_MS = 14 * 24 * HOUR;
/** A call that is slow may still be ending what a run has left. */
const GRACE_MS = MINUTE;
const REPO = "/repo";

export interface Trace {
  /** Milliseconds since the world began. */
  at: number;
  line: string;
}

export interface Result {
  broken: string[];
  /** What struck, by its point: the schedule that plays this world again. */
  points: string[];
  kinds: string[];
  events: number;
  lives: number;
  /** How often time moved on. */
  ticks: number;
  /** How the runs ended. */
  ends: string[];
  log: readonly StoredEvent[];
  trace: Trace[];
}

export interface WorldOptions {
  seed: number;
  number: number;
  /** Only these faults, of all that would strike. */
  only?: ReadonlySet<string> | undefined;
  /** A part that is broken on purpose. */
  mutant?: Mutant | undefined;
  /** Whether to tell what happens, line by line. */
  traced?: boolean;
}

export async function world({ seed, number, only, mutant, traced = false }: WorldOptions): Promise<Result> {
  const broken: string[] = [];
  const trace: Trace[] = [];
  const watchers = new Map<RunId, Watcher>();
  const log: StoredEvent[] = [];
  let sinceTick = 0;
  let lives = 0;
  let ticks = 0;
  let settled = false;
  /** When the daemon came up, and when each run was tidy. */
  let upSince = 0;
  const tidySince = new Map<RunId, number>();

  const breaks = (rule: string): void => {
    broken.push(rule);
    tell(`BROKEN: ${rule}`);
  };
  const tell = (line: string): void => {
    if (traced) trace.push({ at: around.clock.now() - begin, line });
  };
  const stateOf = (run: string): RunState => watchers.get(run as RunId)?.state ?? initial;
  const effect = effects({ stateOf, breaks });
  const thrown = dice(`${seed}/${number}`);
  const template = workflow(thrown);
  const around = outside({
    dice: thrown,
    only,
    template,
    effects: effect,
    stored,
    struck: (line) => tell(`  ✗ ${line}`),
  });
  const begin = around.clock.now();

  function stored(event: StoredEvent): void {
    const run = event.run as RunId;
    const here = watchers.get(run) ?? watcher();
    watchers.set(run, here);
    log.push(event);
    if (traced) tell(`${run.slice(-2)} ${event.position} ${told(event)}`);
    effect.see(run, event.event);
    for (const rule of here.see(event)) breaks(rule);
    if (event.event.type === "run.started" || event.event.type === "run.resumed") oneActive();
  }

  function oneActive(): void {
    const active = [...watchers.values()].filter(({ state }) => !state.ended);
    if (active.length > 1) breaks("two runs are active on one branch");
  }

  let now: { life: Life; ports: Ports; engine: Engine } | undefined;
  const resume = thrown.pick("resume", 5) === 0 ? "manual" : "auto";

  function wake(): void {
    lives += 1;
    upSince = around.clock.now();
    tell(`the daemon starts (${lives})`);
    const here = life({
      clock: around.clock,
      faults: around.faults,
      called() {
        sinceTick += 1;
        if (sinceTick === SPIN) breaks("it goes round and round without any time passing");
        if (sinceTick >= SPIN) here.end();
      },
      ended() {
        tell("the daemon is gone");
        now = undefined;
        void around.clock.sleep(thrown.of(`away ${lives}`) * 10 * MINUTE).then(() => wake());
      },
    });
    const journal = {
      info: () => {},
      warn: () => {},
      error: here.hears((message: string, fields?: Record<string, unknown>) => {
        tell(`  ! ${message} ${JSON.stringify(fields)?.slice(0, 300)}`);
        if (fields?.code === "internal" || /: (?!storage\.full)/.test(String(fields?.error ?? "").split("\n")[0] ?? ""))
          if (!/Failure/.test(String(fields?.error)))
            breaks(`devflow itself failed: ${message} ${String(fields?.error)}`);
        if (fields?.code === "internal") breaks(`devflow itself failed: ${String(fields.error)}`);
      }),
    };
    const given = ports({ outside: around, life: here, effects: effect, journal, resume });
    const made = { ...given, ...mutant?.breaks(given, lives) };
    now = { life: here, ports: given, engine: engine(made) };
    void takeUp(now.engine, given, here);
  }

  async function takeUp(made: Engine, given: Ports, here: Life): Promise<void> {
    const found = around.agents.living().map(({ session, run }) => ({ session, run, key: "k", alive: true }));
    const host = {
      list: () => here.call("list", async () => found),
      adopt: async (session: SessionId) => {
        const spec = around.agents.living().find((each) => each.session === session);
        return spec && given.agents.for(spec.persona).adopt(spec);
      },
    };
    await sweepTerminals({ host, log: given.log, journal: given.journal });
    await made.recover();
  }

  const wanted = (key: string) => ({
    template: "drawn@1",
    goal: `do it: ${key}`,
    repo: REPO,
    base: "main",
    bind: Object.fromEntries(ROLES.map((role) => [role, `fake-${role}@1`])),
    commands: {},
    idempotencyKey: key,
  });

  async function start(key: string): Promise<boolean> {
    try {
      await now?.engine.start(wanted(key));
      return now !== undefined;
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "internal") breaks(`starting failed: ${String(error)}`);
      return false;
    }
  }

  function stopDaemon(): void {
    const here = now;
    if (!here) return;
    tell("the daemon is stopped");
    void here.engine.stop("the daemon was stopped").then(
      () => here.life.end(),
      (error: unknown) => breaks(`stopping failed: ${String(error)}`),
    );
  }

  const someone = people({
    outside: around,
    engine: () => now?.engine,
    runs: () => new Map([...watchers].map(([run, { state }]) => [run, state])),
    start,
    stopDaemon,
    surprised: (error) => breaks(`a person sees: ${String(error)}`),
  });

  const started = (): boolean =>
    [...watchers.values()].some(({ state }) => state.started?.idempotencyKey === "the run");
  const over = (): boolean => started() && [...watchers.values()].every(({ state }) => isTidy(state));

  /** A client that has no answer asks again, under the same key. */
  async function wish(): Promise<void> {
    while (!started()) {
      void start("the run");
      await around.clock.sleep(MINUTE);
    }
  }

  async function weather(): Promise<void> {
    const end = begin + 10 * MINUTE + thrown.of("storm") * 110 * MINUTE;
    // There is little to break in runs that are over: they are poked at a few times, and that is that.
    for (let pokes = 5; around.clock.now() < end && pokes > 0; pokes -= over() ? 1 : 0) {
      await around.clock.sleep(SECOND + thrown.of(`moment ${around.clock.now()}`) * 4 * MINUTE);
      someone.meddle();
    }
    around.faults.calm();
    tell("the storm is over");
    const patience = around.clock.now() + PATIENCE_MS;
    do {
      await around.clock.sleep(5 * MINUTE);
      someone.serve();
    } while (!over() && around.clock.now() < patience);
    if (!over()) breaks("it never comes to its end");
    await around.clock.sleep(15 * MINUTE);
    settled = true;
  }

  /** States that were found sound: both are made anew by each event. */
  const sound = new WeakSet<RunState>();

  /** Everything that can go on without time has: what is true of every moment is looked at. */
  function look(): void {
    for (const [run, { state }] of watchers) {
      if (now && now.ports.appending() === 0) {
        if (!sound.has(state)) for (const rule of rests(state)) breaks(rule);
        const live = now.ports.contexts.get(run)?.state();
        if (live && !(sound.has(state) && sound.has(live)) && bare(live) !== bare(state))
          breaks("the engine's state is not what its log says");
        sound.add(state);
        if (live) sound.add(live);
      }
      unlike(state);
      if (isTidy(state)) now?.ports.contexts.delete(run); // should it be taken up again, that is another drive
      if (!isTidy(state)) tidySince.delete(run);
      else if (!tidySince.has(run)) tidySince.set(run, around.clock.now());
      const since = Math.max(upSince, tidySince.get(run) ?? Number.POSITIVE_INFINITY);
      if (now && around.clock.now() - since > GRACE_MS) leftBehind(run);
    }
  }

  /** Once everything has been told, a session is what its agent shows. */
  function unlike({ sessions }: RunState): void {
    const told = around.untold === 0 && around.clock.now() > around.disk.fullUntil() + GRACE_MS;
    if (!now?.life.alive || !told || now.ports.appending() > 0) return;
    for (const { session, state } of Object.values(sessions)) {
      const agent = now.ports.sessions.living(session);
      const shows = agent && observe(state, agent.verdict());
      // Of an agent that has ended whoever waits for it hears; one that stalls shows that it works.
      if (shows && shows !== "lost" && state !== "stalled" && state !== "unresponsive")
        breaks(`a session is ${state} in the log, and ${shows} to see`);
    }
  }

  function leftBehind(run: RunId): void {
    const left = [
      ...around.agents
        .living()
        .filter((spec) => spec.run === run)
        .map(({ role }) => `an agent (${role})`),
      ...around.commands.of(run),
    ];
    if (left.length > 0) breaks(`left behind: ${left.join(", ")}`);
    const { deleted } = stateOf(run);
    if (!around.deleting.has(run) && !around.reports.written.has(run)) breaks("it has no report");
    if (deleted && (around.reports.written.has(run) || around.worktrees.has(run))) breaks("left behind by a deletion");
  }

  wake();
  void wish();
  void weather();
  for (;;) {
    await new Promise(setImmediate);
    if (broken.length > 0) break;
    look();
    if (settled) break;
    sinceTick = 0;
    ticks += 1;
    if (!around.clock.tick()) {
      breaks("nothing is waited for, and it has not ended");
      break;
    }
  }
  if (settled && [...around.worktrees].some((run) => !watchers.has(run as RunId)))
    breaks("a worktree that belongs to no run");
  now?.life.end();
  return {
    broken,
    points: around.faults.struck.map(({ point }) => point),
    kinds: around.faults.struck.map(({ point, kind }) => `${point.replace(/#\d+$/, "")} ${kind}`),
    events: log.length,
    lives,
    ticks,
    ends: [...watchers.values()].map(({ state }) => state.ended?.status ?? "not ended"),
    log,
    trace,
  };
}

const bare = ({ started: _, ...state }: RunState): string => JSON.stringify(state);

function told({ event }: StoredEvent): string {
  const { type, ...more } = event;
  if (event.type === "run.started")
    return `${type} ${event.template.phases.map(({ id, role, needs, approval, repeat }) => `${id}[${role ?? "$"}${needs.length > 0 ? ` ←${needs.join(",")}` : ""}${approval ? ` ${approval}` : ""}${repeat ? ` ↺${repeat.from}` : ""}]`).join(" ")}`;
  return `${type} ${JSON.stringify(more).slice(0, 160)}`;
}
