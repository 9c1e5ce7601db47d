/** Simulates the runs that it is given the numbers of, and says what came of them; a failing one it makes small first. */
import { parentPort } from "node:worker_threads";
import { type Shrunk, shrink } from "./shrink.ts";
import { counted, noTally, type Tally } from "./tally.ts";
import { type WorldOptions, world } from "./world.ts";

export interface Errand {
  seed: number;
  from: number;
  to: number;
}

export interface Failing {
  seed: number;
  number: number;
  struck: number;
  broken: string[];
  points: string[];
  trace: Shrunk["result"]["trace"];
}

export interface Done {
  tally: Tally;
  failing: Failing | undefined;
}

/** Runs the numbers `from` to `to`, up to the first one that breaks a rule. */
export async function simulate({ seed, from, to }: Errand): Promise<Done> {
  const tally = noTally();
  for (let number = from; number < to; number += 1) {
    const result = await world({ seed, number });
    // The machine's own loop comes round between two worlds: what waits for it, as garbage does, must not wait for all of them.
    await new Promise(setImmediate);
    counted(tally, result);
    if (result.broken.length > 0) return { tally, failing: await made({ seed, number }) };
  }
  return { tally, failing: undefined };
}

/** A failing run, made small. */
export async function made(options: WorldOptions): Promise<Failing> {
  const result = await world(options);
  const small = await shrink(options, result);
  const { seed, number } = options;
  const { broken, trace } = small.result;
  return { seed, number, struck: result.points.length, broken, points: small.points, trace };
}

parentPort?.on("message", async (errand: Errand) => parentPort?.postMessage(await simulate(errand)));
