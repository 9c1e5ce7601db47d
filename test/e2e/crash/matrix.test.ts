/** The daemon is killed at every named point of its effects. Whatever it was about to do, the run ends whole, and nothing is done twice or left. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { buildDoomed, type Installation } from "./build.ts";
import { type Walk, walk, walkMutants } from "./matrix.ts";
import { MUTANTS } from "./mutants.ts";
import { POINTS } from "./points.ts";

const PATIENCE_MS = 240_000;

let doomed: Installation;
beforeAll(async () => {
  doomed = await buildDoomed();
});
afterAll(() => doomed?.remove());

const WALKED = POINTS.filter(({ seldom }) => !seldom);

test("there are at least 40 points, each with a name of its own", () => {
  expect(new Set(POINTS.map(({ name }) => name)).size).toBe(POINTS.length);
  expect(WALKED.length).toBeGreaterThanOrEqual(40);
});

describe("a daemon that is killed when", () => {
  let walks: readonly Walk[] = [];
  let over: Promise<string[]>;
  beforeAll(() => {
    ({ walks, over } = walk({ points: WALKED, installation: doomed.folder }));
  });

  test.each(WALKED)(
    "$name, takes up its run and ends it, with nothing lost, nothing twice and nothing left",
    async ({ name }) => {
      const mine = walks.filter(({ point }) => point.name === name);
      expect(mine.length).toBeGreaterThan(0);
      const found = await Promise.all(mine.map(async ({ kind, found }) => [kind, await found]));
      expect(found).toEqual(mine.map(({ kind }) => [kind, []]));
    },
    PATIENCE_MS,
  );

  test(
    "leaves homes in which nothing runs any more and whose audit record is whole",
    async () => {
      expect(await over).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe.runIf(hasTmux)("a devflow that", () => {
  let noticed: ReturnType<typeof walkMutants> = [];
  beforeAll(() => {
    noticed = walkMutants(doomed.folder);
  });

  test.each(MUTANTS)(
    "$name is noticed",
    async ({ name, sign }) => {
      const found = (await noticed.find((one) => one.name === name)?.found) ?? [];
      expect(found.join("\n")).toMatch(sign);
      expect(found.join("\n")).not.toContain("never came to");
    },
    PATIENCE_MS,
  );
});
