/** The devflowd that people have is killed at no particular moments; `npm run crash` does it longer. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { storm } from "./storm.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("runs whose daemon is killed again and again end whole, with nothing lost, nothing twice and nothing left", async () => {
  const seed = Math.floor(Math.random() * 1e9); // what it found says which it was
  const { runs, kills, found } = await storm({ runs: 3, kills: 5, seed, lanes: 3, installation: ROOT });
  expect(found).toEqual([]);
  expect(runs).toBe(3);
  expect(kills).toBeGreaterThan(3);
}, 240_000);
