/**
 * The loop: a run is driven by asking its state what is next, performing that, and appending what it means.
 * Starting, resuming and recovering after a crash are this loop over the same log; there is no branch for any of them.
 *
 * O1. Events are appended one decision at a time, in order: each sees the state that the one before it left.
 * O2. A step is under way at most once; when the state no longer asks for it, its signal aborts.
 * O3. A step that ends without moving the run is asked again after a pause, never at once.
 * O4. A drive is over once its run has ended and nothing is left to do or to decide. It does nothing more, for ever: what is still
 *     told of the run goes to the next drive, and should the run be taken up again, that one does it.
 */
import { mustBeDurable, type RunEvent } from "../domain/event.ts";
import { Failure, failureRecord } from "../domain/failure.ts";
import type { RunId } from "../domain/ids.ts";
import { milliseconds } from "../domain/names.ts";
import type { Outcome } from "../domain/outcome.ts";
import { NO_TIME, passed, usedBy } from "../domain/phase-time.ts";
import { decide } from "../domain/run-decide.ts";
import { evolve } from "../domain/run-evolve.ts";
import { nextSteps, type Step } from "../domain/run-next.ts";
import { initial, type RunState } from "../domain/run-state.ts";
import { shortage } from "../domain/system-problem.ts";
import { phaseOf } from "../domain/template.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import { foresight } from "./foresight.ts";
import { type Hearing, hearing } from "./hearing.ts";
import { HINDERED_AGAIN_MS, isHindrance } from "./hindrance.ts";
import type { MakeReady, Perform, StepContext } from "./step.ts";

/** A step that moved nothing is asked again after this, then after twice that, and so on; short enough not to be noticed. */
const AGAIN_MS = 1_000;
const AGAIN_MOST_MS = 60_000;

/** Steps that a stop need not wait for: what they have done is known by its key, the rest is done by the next daemon. */
const ONLY_WAITS: ReadonlySet<Step["kind"]> = new Set(["watch", "prompt", "session", "listen"]);

/** Why a step is given up. Without a reason an error is made for each, with its stack, which nobody reads. */
const NOT_WANTED = "it is not wanted any more";

export interface Drive {
  readonly run: RunId;
  state(): RunState;
  /** Decides and appends; resolves with the events that followed, once they are in the log. */
  tell(outcome: Outcome): Promise<readonly RunEvent[]>;
  hears: Hearing["hears"];
  /** For what is done to the run from outside of its steps; its signal aborts when the drive stops. */
  readonly context: StepContext;
  /** What the run waits for that is no part of it: room on the disk, a tmux that answers. */
  hindrances(): readonly Failure[];
  pause(paused: boolean): void;
  /** Starts nothing more and lets go of what only waits; resolves when what must not be cut short is done. */
  drain(): Promise<void>;
  /** Aborts what is under way and appends nothing more. */
  stop(): Promise<void>;
  /** Resolves when the run has ended and everything after its end is done. */
  readonly finished: Promise<void>;
  readonly over: boolean;
}

interface UnderWay {
  step: Step;
  done: Promise<void>;
  abort(): void;
}

/** Whether a step is at telling its outcome, and whether its run has done with it. */
interface Telling {
  now: boolean;
  unwanted: boolean;
}

export interface DriveDeps {
  log: EventLog;
  clock: Clock;
  journal: Journal;
  perform: Perform;
  ready: MakeReady;
  /** The drive of the same run that comes after this one, once it is over. */
  next(): Drive;
}

export function drive(run: RunId, { log, clock, journal, perform, ready, next }: DriveDeps): Drive {
  const underWay = new Map<string, UnderWay>();
  /** How often in a row each step has moved nothing (O3). */
  const fruitless = new Map<string, number>();
  /** What keeps steps, and what agents tell, from going on; they are tried again. */
  const hindrances = new Map<string, Failure>();
  let outcomes = 0;
  const stopping = new AbortController();
  const ahead = foresight(ready);
  const heard = hearing(clock, stopping.signal);
  let state = initial;
  let times = NO_TIME;
  let position = 0;
  let paused = false;
  /** Decisions that have been asked for and not made. One to begin with: whoever asks for a drive may have something to tell it. */
  let queued = 1;
  /** What steps and agents tell, in order. */
  let told: Promise<void> = Promise.resolve();
  let mailbox: Promise<unknown> = Promise.resolve().then(decided);
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const take = (event: RunEvent, at: number): void => {
    state = evolve(state, event);
    times = passed(times, event, state, at);
    position += 1;
  };
  let lastAt = clock.now();
  for (const stored of log.read(run)) {
    take(stored.event, stored.at);
    lastAt = stored.at;
  }
  /** The time line of the log, gone on with: whoever sets the clock, or stops the daemon, moves no phase's limit. */
  const begun = lastAt - clock.steady();
  const time = (): number => begun + clock.steady();

  function apply(make: (state: RunState) => RunEvent[]): Promise<readonly RunEvent[]> {
    queued += 1;
    const turn = mailbox.then(async () => {
      for (;;) {
        const events = make(state);
        if (events.length === 0 || stopping.signal.aborted) return [];
        const at = clock.now();
        const written = await log.append(run, position, events, { at, durable: mustBeDurable(events) });
        if (written.kind === "conflict") {
          catchUp(written.position);
          continue;
        }
        // As they are in the log, which may have taken secrets out: the state is a fold of the log, also without a restart.
        const kept = written.events.map(({ event }) => event);
        for (const event of kept) {
          take(event, time());
          heard.tell(event);
        }
        dispatch();
        return kept;
      }
    });
    // O1: one that fails does not stop those behind it
    mailbox = turn.catch(() => undefined).then(decided);
    return turn;
  }

  function decided(): void {
    queued -= 1;
    finishWhenDone();
  }

  /** Another writer was faster: what it wrote is taken, and everything is decided anew from there. */
  function catchUp(there: number): void {
    if (there <= position)
      throw new Failure("internal", { problem: `the log of run ${run} ends at ${there}, before ${position}` });
    for (const stored of log.read(run, position + 1)) take(stored.event, time());
    dispatch();
  }

  function dispatch(): void {
    if (here.over || stopping.signal.aborted) return;
    const steps = nextSteps(state);
    const wanted = new Set(steps.map(({ key }) => key));
    for (const [key, { abort }] of underWay) if (!wanted.has(key)) abort();
    if (paused) return;
    for (const step of steps) if (!underWay.has(step.key)) begin(step);
    finishWhenDone();
  }

  /** O4 */
  function finishWhenDone(): void {
    const busy = underWay.size > 0 || queued > 0 || paused || stopping.signal.aborted;
    if (busy || here.over || !state.ended || nextSteps(state).length > 0) return;
    here.over = true;
    finish();
  }

  function begin(step: Step): void {
    const controller = new AbortController();
    /** A step is mostly not wanted any more because of what it told: then nobody is left to be woken by its signal. */
    const telling = { now: false, unwanted: false };
    const done = carryOut(step, controller.signal, telling);
    const abort = (): void => {
      telling.unwanted = true;
      if (!telling.now) controller.abort(NOT_WANTED);
    };
    underWay.set(step.key, { step, done, abort });
  }

  async function carryOut(step: Step, signal: AbortSignal, telling: Telling): Promise<void> {
    await Promise.resolve(); // so that the step is known to be under way before it does anything
    const moved = await outcomeOf(step, signal, telling).catch((error: unknown) => {
      journal.error("a step could not be recorded", { run, step: step.key, error: String(error) });
      return false;
    });
    telling.now = false;
    // What is hindered rests, though it has told its intent once more.
    if (telling.unwanted || (moved && !hindrances.has(step.key))) fruitless.delete(step.key);
    else await beforeAgain(step, signal);
    hindrances.delete(step.key);
    underWay.delete(step.key);
    dispatch();
  }

  async function beforeAgain({ key }: Step, signal: AbortSignal): Promise<void> {
    if (hindrances.has(key)) return clock.sleep(HINDERED_AGAIN_MS, signal);
    const times = fruitless.get(key) ?? 0;
    fruitless.set(key, times + 1);
    await clock.sleep(Math.min(AGAIN_MS * 2 ** times, AGAIN_MOST_MS), signal); // O3
  }

  async function outcomeOf(step: Step, signal: AbortSignal, telling: Telling): Promise<boolean> {
    const before = position;
    const outcome = await perform(step, context(signal)).catch((error: unknown) => broken(step, error, signal));
    telling.now = true;
    if (outcome && !stopping.signal.aborted) await applyWithRoom((now) => concluded(now, outcome));
    return position !== before;
  }

  /** With what it leads to, where that is ready: one commit for both. */
  const concluded = (now: RunState, outcome: Outcome): RunEvent[] =>
    ahead.foreseen(outcome, position) ?? decide(now, outcome);

  /** A full disk, or a locked database, loses nothing: the outcome waits until it can be written. */
  async function applyWithRoom(make: (state: RunState) => RunEvent[]): Promise<void> {
    const mine = `outcome ${++outcomes}`;
    for (;;) {
      try {
        await apply(make);
        hindrances.delete(mine);
        return;
      } catch (error) {
        if (!isHindrance(error) || stopping.signal.aborted) {
          hindrances.delete(mine);
          throw error;
        }
        hindrances.set(mine, error);
        journal.error("what has happened cannot be written down yet", { run, problem: error.message });
        await clock.sleep(HINDERED_AGAIN_MS, stopping.signal);
      }
    }
  }

  const context = (signal: AbortSignal): StepContext => ({
    run,
    state: () => state,
    record: async (events) => {
      await apply(events);
    },
    tell: (outcome) => {
      if (here.over) return next().context.tell(outcome);
      queued += 1; // O4: until it is told, this drive is not over
      // One that waits for room holds up those behind it: told late, the state before would look like the one after.
      told = told
        .then(() => applyWithRoom((now) => decide(now, outcome)))
        .catch((error: unknown) =>
          journal.error("an outcome could not be recorded", { run, outcome: outcome.kind, error: String(error) }),
        )
        .then(decided);
    },
    heard: () => told,
    foresee: (outcome) => {
      if (here.over || paused || stopping.signal.aborted) return;
      ahead.foresee(outcome, { state, position }, ({ key }) => !underWay.has(key), context(signal));
    },
    left: (phase) => {
      const limit = state.started && phaseOf(state.started.template, phase)?.timeout;
      if (limit === undefined || !times.going.includes(phase)) return Number.POSITIVE_INFINITY;
      return milliseconds(limit) - usedBy(times, phase, time());
    },
    signal,
  });

  function broken(step: Step, error: unknown, signal: AbortSignal): Outcome | undefined {
    // O2: what it was to do is not asked for any more, and its phase may well go on.
    if (signal.aborted) {
      journal.info("a step that was given up has failed", { run, step: step.key, error: String(error) });
      return undefined;
    }
    const failure =
      error instanceof Failure
        ? error
        : (shortage(error) ?? new Failure("internal", { problem: String(error) }, { cause: error }));
    if (failure.waits) hindrances.set(step.key, failure);
    journal.error("a step failed", {
      run,
      step: step.key,
      code: failure.code,
      error: failure.stack ?? failure.message,
    });
    if (failure.waits) return undefined;
    if (step.kind === "workspace") return { kind: "impossible", failure: failureRecord(failure) };
    if ("phase" in step)
      return { kind: "failed", phase: step.phase, attempt: step.attempt, failure: failureRecord(failure) };
    return undefined;
  }

  const here: Drive & { over: boolean } = {
    run,
    over: false, // no getter: each object with one of its own has a shape of its own, and is slow to ask
    state: () => state,
    tell: async (outcome) => (here.over ? next().tell(outcome) : apply((now) => decide(now, outcome))),
    hears: heard.hears,
    context: context(stopping.signal),
    hindrances: () => [...hindrances.values()],
    pause: (value) => {
      paused = value;
      dispatch();
    },
    drain: async () => {
      paused = true;
      const all = [...underWay.values()];
      for (const { step, abort } of all) if (ONLY_WAITS.has(step.kind)) abort();
      await Promise.all(all.map(({ done }) => done));
    },
    stop: async () => {
      stopping.abort(NOT_WANTED);
      for (const { abort } of underWay.values()) abort();
      await mailbox;
    },
    finished,
  };
  dispatch();
  return here;
}
