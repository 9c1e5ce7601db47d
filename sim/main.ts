/** `npm run sim`: simulates runs on every core, stops at the first that breaks a rule, and shows how it came to that. */
import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { isMainThread, Worker } from "node:worker_threads";
import { MUTANTS } from "./mutants.ts";
import { added, noTally, said } from "./tally.ts";
import { type Done, type Failing, made } from "./worker.ts";
import { type Trace, world } from "./world.ts";

const RUNS = 10_000;
const LONG_RUNS = 1_000_000;
/** So many runs a worker is given at once. */
const ERRAND = 50;
/** A broken part that is not noticed in so many runs is not noticed. */
const MUTANT_RUNS = 300;

const USAGE = `npm run sim -- [--runs N] [--seed S] [--workers N]     ${RUNS} runs of seed 1 on every core
npm run sim -- --long [--seed S]                       ${LONG_RUNS} runs
npm run sim -- --seed S --only K [--faults A,B]        run K of seed S again, told line by line
npm run sim -- --mutants                               parts broken on purpose: each must be caught`;

// Many waits for one signal are no leak in a simulation.
setMaxListeners(0);
Error.stackTraceLimit = isMainThread ? 10 : 0; // nobody reads them, and they take a tenth of the time

/**
 * Workers live for half a minute, and every core has one: what V8 does besides running them, they wait for. Functions that are
 * optimized with all that they call take a fifth of the whole time to compile, and are hardly faster for it. A V8 that does not know one
 * of these goes on without it.
 */
const LESS_BESIDE = ["--max-inlined-bytecode-size-cumulative=100", "--no-parallel-scavenge"];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      long: { type: "boolean", default: false },
      only: { type: "string" },
      faults: { type: "string" },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const whole = (text: string): number => {
    if (!/^\d+$/.test(text)) throw new Error(`${text} is not a whole number\n${USAGE}`);
    return Number(text);
  };
  const seed = whole(values.seed);
  if (values.help) return print(USAGE);
  if (values.mutants) return mutants(seed);
  if (values.only !== undefined) {
    const only = values.faults === undefined ? undefined : new Set(values.faults.split(","));
    return again(seed, whole(values.only), only);
  }
  const runs = values.runs === undefined ? (values.long ? LONG_RUNS : RUNS) : whole(values.runs);
  return all({ seed, runs, workers: Math.max(1, whole(values.workers)) });
}

function print(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function all({ seed, runs, workers }: { seed: number; runs: number; workers: number }): Promise<number> {
  for (const flag of LESS_BESIDE) setFlagsFromString(flag);
  const tally = noTally();
  const from = performance.now();
  const failing: Failing[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 64 } });
      while (next < runs && failing.length === 0) {
        const begin = next;
        next = Math.min(runs, next + ERRAND);
        const done = await errand(worker, { seed, from: begin, to: next });
        added(tally, done.tally);
        if (done.failing) failing.push(done.failing);
        if (process.stderr.isTTY) process.stderr.write(`\r${tally.runs} of ${runs} runs`);
      }
      await worker.terminate();
    }),
  );
  const seconds = (performance.now() - from) / 1_000;
  if (process.stderr.isTTY) process.stderr.write("\r");
  print(
    ...said(tally),
    `seed ${seed}, ${workers} workers: ${Math.round(tally.runs / seconds)} runs/s in ${seconds.toFixed(1)} s, ${failing.length === 0 ? "no rule" : "A RULE"} broken`,
  );
  for (const each of failing) print("", ...shown(each));
  return failing.length === 0 ? 0 : 1;
}

const errand = (worker: Worker, what: { seed: number; from: number; to: number }): Promise<Done> =>
  new Promise((resolve, reject) => {
    const over = (): void => {
      worker.off("message", arrived);
      worker.off("error", failed);
    };
    const arrived = (done: Done): void => {
      over();
      resolve(done);
    };
    const failed = (error: Error): void => {
      over();
      reject(error);
    };
    worker.on("message", arrived);
    worker.on("error", failed);
    worker.postMessage(what);
  });

function shown({ seed, number, struck, broken, points, trace }: Failing): string[] {
  return [
    `✗ run ${number} of seed ${seed} breaks ${broken.length === 1 ? "a rule" : "rules"}:`,
    ...broken.map((rule) => `    ${rule}`),
    `  Of its ${struck} faults these ${points.length} are enough. Again: npm run sim -- --seed ${seed} --only ${number} --faults ${points.join(",") || "none"}`,
    "",
    ...lines(trace),
  ];
}

const lines = (trace: readonly Trace[]): string[] =>
  trace.map(({ at, line }) => `${(at / 1_000).toFixed(1).padStart(10)} s  ${line}`);

async function again(seed: number, number: number, only: ReadonlySet<string> | undefined): Promise<number> {
  const { broken, trace } = await world({ seed, number, only, traced: true });
  print(...lines(trace), broken.length === 0 ? "no rule is broken" : `broken: ${broken.join("; ")}`);
  if (broken.length > 0 && only === undefined) print("", ...shown(await made({ seed, number })));
  return broken.length === 0 ? 0 : 1;
}

/** Each mutant, until it is caught. */
async function mutants(seed: number): Promise<number> {
  let missed = 0;
  for (const mutant of MUTANTS) {
    let caught: string | undefined;
    for (let number = 0; number < MUTANT_RUNS && !caught; number += 1) {
      const { broken } = await world({ seed, number, mutant });
      const sign = broken.find((rule) => mutant.sign.test(rule));
      if (sign !== undefined) caught = `caught in run ${number}: ${sign}`;
    }
    if (!caught) missed += 1;
    print(`${caught ? "✓" : "✗"} devflow ${mutant.name}: ${caught ?? `not noticed in ${MUTANT_RUNS} runs`}`);
  }
  return missed === 0 ? 0 : 1;
}

if (isMainThread) process.exitCode = await main();
