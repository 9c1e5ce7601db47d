/** Makes a failing run small: of the faults that struck it, the few without which the same rule is not broken any more. */
import { type Result, type WorldOptions, world } from "./world.ts";

/** A shrunk trace that is a little longer than it could be is better than one that comes late. */
const TRIES = 300;

export interface Shrunk {
  points: string[];
  result: Result;
}

export async function shrink(failing: WorldOptions, result: Result): Promise<Shrunk> {
  const wanted = shape(result);
  let points = result.points;
  let tries = 0;
  const fails = async (only: readonly string[]): Promise<boolean> => {
    tries += 1;
    return shape(await world({ ...failing, only: new Set(only) })) === wanted;
  };
  for (
    let size = Math.ceil(points.length / 2);
    size >= 1 && tries < TRIES;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < points.length && tries < TRIES; ) {
      const fewer = [...points.slice(0, at), ...points.slice(at + size)];
      if (await fails(fewer)) points = fewer;
      else at += size;
    }
  }
  return { points, result: await world({ ...failing, only: new Set(points), traced: true }) };
}

/** What is broken, without the names that differ from run to run. */
const shape = ({ broken }: Result): string => (broken[0] ?? "").replace(/\d+/g, "#");
