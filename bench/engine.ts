/**
 * What the engine costs over its log: phases through the whole engine, with the fake agent in process, against the same number of
 * bare commits of one row, in the same order and each at the same `synchronous`; and whether that stays so when thousands of runs
 * have ended before.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventLog } from "../src/adapters/storage/sqlite-event-log.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { mustBeDurable } from "../src/domain/event.ts";
import type { EventLog } from "../src/ports/event-log.ts";
import { template } from "../test/support/made.ts";
import { type Stage, stage } from "../test/support/stage.ts";
import { type BareCommits, bareCommits } from "./bare-commits.ts";
import { type Figure, median } from "./figure.ts";

const ROUNDS = 5;
const RUNS_A_ROUND = 25;
/** Runs side by side, as a busy daemon has them; and how many each place gives way to in a round. */
const SIDE_BY_SIDE = { lanes: 16, each: 2 };
const FINISHED = { few: 100, many: 10_000 };
const PHASES = 3;
const EVENT_BYTES = 370;

/** Writes down of each append to a log whether it was durable. */
function counting(log: EventLog): { log: EventLog; order: boolean[] } {
  const order: boolean[] = [];
  const append: EventLog["append"] = (run, expected, events, options) => {
    order.push(options.durable ?? mustBeDurable(events));
    return log.append(run, expected, events, options);
  };
  return {
    log: new Proxy(log, { get: (target, name) => (name === "append" ? append : Reflect.get(target, name)) }),
    order,
  };
}

/** Resolves when a run has nothing left to do. One follower tells of all: a daemon's own work is measured, not reading its log again. */
type Ended = (run: string) => Promise<void>;

function ends(log: EventLog, until: AbortSignal): Ended {
  const over = new Map<string, { done: Promise<void>; tell(): void }>();
  const of = (run: string) => {
    const { promise: done, resolve: tell } = deferred();
    const known = over.get(run) ?? { done, tell };
    over.set(run, known);
    return known;
  };
  void (async () => {
    for await (const { run, event } of log.follow(log.head(), until)) {
      if (event.type === "report.written") of(run).tell();
    }
  })();
  return (run) => of(run).done.finally(() => over.delete(run));
}

function deferred(): { promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function finish({ on, ended }: { on: Stage; ended: Ended }, runs: number, name: string): Promise<void> {
  for (let n = 0; n < runs; n += 1) await ended(await on.start(`${name} ${n}`));
}

/** Milliseconds that the same commits take without an engine: as many, in the same order, each with one row of the size of an event. */
function without(raw: BareCommits, order: readonly boolean[]): number {
  const event = "x".repeat(EVENT_BYTES);
  const from = performance.now();
  for (const durable of order) raw.commit(event, durable);
  return performance.now() - from;
}

export async function engineBench(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "devflow-bench-"));
  const line = template({ specify: {}, review: { needs: ["specify"] }, verify: { needs: ["review"] } });
  const { log, order } = counting(openEventLog({ file: join(folder, "devflow.db") }));
  const raw = bareCommits(join(folder, "bare.db"));
  const over = new AbortController();
  const on = { on: stage({ template: line, clock: systemClock(), log }), ended: ends(log, over.signal) };
  try {
    await finish(on, FINISHED.few, "few");
    const ratios: number[] = [];
    const few = await rounds("first");
    const together = await sideBySide();
    await many(on);
    const late = await rounds("second");
    const rate = (ms: number): string => `${Math.round((RUNS_A_ROUND * PHASES * 1_000) / ms)}`;
    const ratio = median(ratios);
    const flat = median(few) / median(late);
    return [
      {
        figure: "engine: phases over bare commits",
        value: ratio,
        bar: "≥ 0.3",
        ok: ratio >= 0.3,
        detail: `${rate(median(few))} phases/s, one run after the other`,
      },
      {
        figure: `engine: phases over bare commits, ${SIDE_BY_SIDE.lanes} runs side by side`,
        value: together.ratio,
        bar: "≥ 0.3",
        ok: together.ratio >= 0.3,
        detail: `${Math.round(together.rate)} phases/s`,
      },
      {
        figure: `engine: speed after ${FINISHED.many} finished runs over after ${FINISHED.few}`,
        value: flat,
        bar: "≥ 0.8 (flat)",
        ok: flat >= 0.8,
        detail: `${rate(median(few))} → ${rate(median(late))} phases/s`,
      },
    ];

    /** Runs that are driven side by side share commits; the bare ones are as many as before, one after the other. */
    async function sideBySide(): Promise<{ ratio: number; rate: number }> {
      const { lanes, each } = SIDE_BY_SIDE;
      const taken: { ratio: number; rate: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        order.length = 0;
        const from = performance.now();
        await Promise.all(Array.from({ length: lanes }, (_, lane) => finish(on, each, `together ${round} ${lane}`)));
        const took = performance.now() - from;
        taken.push({ ratio: without(raw, order) / took, rate: (lanes * each * PHASES * 1_000) / took });
      }
      return { ratio: median(taken.map(({ ratio }) => ratio)), rate: median(taken.map(({ rate }) => rate)) };
    }

    async function rounds(name: string): Promise<number[]> {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        order.length = 0;
        const from = performance.now();
        await finish(on, RUNS_A_ROUND, `${name} ${round}`);
        const took = performance.now() - from;
        times.push(took);
        if (name === "first") ratios.push(without(raw, order) / took);
      }
      return times;
    }
  } finally {
    over.abort();
    log.close();
    raw.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills the log with finished runs, many at a time so that it does not take long. */
async function many(on: Parameters<typeof finish>[0]): Promise<void> {
  const LANES = 50;
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    finish(on, (FINISHED.many - FINISHED.few) / LANES, `lane ${lane}`),
  );
  await Promise.all(lanes);
}
