/**
 * One simulated run: the real engine over an outside in memory, through a storm of faults, and then brought to its end.
 *
 * W1. Nothing in here knows the time, chance or the machine: the same seed gives the same events, byte for byte.
 * W2. Every rule is checked when the thing happens that could break it; a broken one ends the world at once.
 * W3. After the storm nothing goes wrong and people do what they are asked: then every run must come to its end, leaving nothing.
 */
import type { StoredEvent } from "../src/domain/event.ts";
import { Failure } from "../src/domain/failure.ts";
import type { RunId } from "../src/domain/ids.ts";
import { initial, isTidy, type RunState } from "../src/domain/run-state.ts";
import { isTalk } from "../src/domain/template.ts";
import { type Watcher, watcher } from "../test/support/invariants.ts";
import { checks } from "./checks.ts";
import { daemon } from "./daemon.ts";
import { dice } from "./dice.ts";
import { effects } from "./effects.ts";
import type { Mutant } from "./mutants.ts";
import { outside } from "./outside.ts";
import { people } from "./people.ts";
import { requested, THE_RUN } from "./requests.ts";
import { told } from "./told.ts";
import { workflow } from "./workflows.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** From the end of the storm to the end of every run. */
const PATIENCE_MS = 4 * 24 * 60 * MINUTE;

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

/**
 * Resolves once no promise can go on without time: a tick that is asked for while promises go on comes when the last of them
 * has. Nothing here waits for anything else than promises, and the machine's own loop takes ten times as long to come round.
 */
const nothingMore = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

export async function world({ seed, number, only, mutant, traced = false }: WorldOptions): Promise<Result> {
  const broken: string[] = [];
  const trace: Trace[] = [];
  const watchers = new Map<RunId, Watcher>();
  const log: StoredEvent[] = [];
  let settled = false;

  const breaks = (rule: string): void => {
    broken.push(rule);
    tell(`BROKEN: ${rule}`);
  };
  const tell = (line: string): void => {
    if (traced) trace.push({ at: around.clock.now() - begin, line });
  };
  const stateOf = (run: string): RunState => watchers.get(run as RunId)?.state ?? initial;
  const runs = (): [RunId, RunState][] => [...watchers].map(([run, { state }]) => [run, state]);
  const unheard = (): boolean => (devflowd.now()?.ports.appending() ?? 0) > 0;
  const effect = effects({ stateOf, unheard, breaks });
  const thrown = dice(`${seed}/${number}`);
  const template = workflow(thrown);
  const around = outside({
    dice: thrown,
    only,
    template,
    effects: effect,
    costly: mutant?.ledger !== undefined,
    breaks,
    stored,
    struck: (line) => tell(`  ✗ ${line}`),
  });
  const begin = around.clock.now();
  const devflowd = daemon({ outside: around, effects: effect, mutant, breaks, tell });
  const check = checks({ outside: around, runs: watchers, daemon: devflowd.now, breaks });
  const someone = people({
    outside: around,
    engine: () => devflowd.now()?.engine,
    runs: () => new Map(runs()),
    start,
    stopDaemon: devflowd.stop,
    surprised: (error) => breaks(`a person sees: ${String(error)}`),
  });

  function stored(event: StoredEvent): void {
    const run = event.run as RunId;
    const here = watchers.get(run) ?? watcher();
    watchers.set(run, here);
    log.push(event);
    if (traced) tell(told(event));
    effect.see(run, event.event);
    for (const rule of here.see(event)) breaks(rule);
    let active = 0;
    for (const { state } of watchers.values())
      if (state.started && !state.ended && !isTalk(state.started.template)) active += 1;
    if (active > 1) breaks("two runs are active on one branch");
  }

  async function start(key: string): Promise<void> {
    await devflowd
      .now()
      ?.engine.start(requested(key))
      .catch((error: unknown) => {
        if (!(error instanceof Failure) || error.code === "internal") breaks(`starting failed: ${String(error)}`);
      });
  }

  const every = (holds: (state: RunState) => boolean): boolean => {
    for (const { state } of watchers.values()) if (!holds(state)) return false;
    return true;
  };
  const started = (): boolean => !every((state) => state.started?.idempotencyKey !== THE_RUN);
  const over = (): boolean => started() && every(isTidy);

  /** What the runs that have not ended wait for, as far as their logs tell it. */
  function unfinished(): string[] {
    const owed = [...watchers.values()].filter(({ state }) => !isTidy(state)).flatMap((each) => each.owed());
    return [...owed, "it never comes to its end"];
  }

  /** A client that has no answer asks again, under the same key. */
  async function wish(): Promise<void> {
    while (!started()) {
      void start(THE_RUN);
      await around.clock.sleep(MINUTE);
    }
  }

  async function weather(): Promise<void> {
    const { clock, faults } = around;
    const end = begin + 10 * MINUTE + thrown.of("storm") * 110 * MINUTE;
    // There is little to break in runs that are over: they are poked at a few times, and that is that.
    for (let pokes = 2; clock.now() < end && pokes > 0; pokes -= over() ? 1 : 0) {
      await clock.sleep(SECOND + thrown.of(`moment ${clock.now()}`) * 4 * MINUTE);
      someone.meddle();
    }
    faults.calm();
    tell("the storm is over");
    const patience = clock.now() + PATIENCE_MS;
    do {
      await clock.sleep(5 * MINUTE);
      someone.serve();
    } while (!over() && clock.now() < patience);
    if (!over()) for (const rule of unfinished()) breaks(rule);
    await clock.sleep(15 * MINUTE); // and after its end nothing stirs
    settled = true;
  }

  devflowd.wake();
  void wish();
  void weather();
  while (broken.length === 0) {
    await nothingMore();
    check();
    if (settled || broken.length > 0) break;
    devflowd.ticked();
    if (!around.clock.tick()) breaks("nothing is waited for, and it has not ended");
  }
  if (settled) around.money?.close();
  const { lives } = devflowd;
  devflowd.now()?.life.end();
  const { struck } = around.faults;
  return {
    broken,
    points: struck.map(({ point }) => point),
    kinds: struck.map(({ point, kind }) => `${point.replace(/#\d+$/, "")} ${kind}`),
    events: log.length,
    lives,
    ends: runs().map(([, state]) => state.ended?.status ?? "not ended"),
    log,
    trace,
  };
}
