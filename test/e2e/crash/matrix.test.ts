/** The daemon is killed at every named point of its effects. Whatever it was about to do, the run ends whole, and nothing is done twice or left. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { BROKEN_RULES } from "./breaks.ts";
import { buildDoomed, type Installation } from "./build.ts";
import { type Walk, walk } from "./matrix.ts";
import { POINTS, type Point } from "./points.ts";

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

/** Where each shows, if the matrix is worth anything. */
const SHOWN_AT: Readonly<Record<string, string>> = {
  "skips a receipt": "a command has its intent",
  "drops a reservation": "a call of a model is told of",
  "sends a prompt again on resume": "a prompt is entered, without a receipt",
  "forgets the mark of a session": "a prompt has its receipt",
  "accepts a stale artifact": "a repair is asked for",
};

describe.runIf(hasTmux)("a devflow that", () => {
  test.each(BROKEN_RULES)(
    "%s is noticed",
    async (rule) => {
      const points = POINTS.filter(({ name }) => name === SHOWN_AT[rule]).map(({ pty: _, ...point }): Point => point);
      expect(points).toHaveLength(1);
      const env = { DEVFLOW_BREAK: rule };
      const { walks, over } = walk({ points, installation: doomed.folder, env, patienceMs: 5_000 });
      const found = await Promise.all(walks.map((each) => each.found));
      await over;
      expect(found.flat().length).toBeGreaterThan(0);
      expect(found.flat().join("\n")).not.toContain("never came to");
    },
    120_000,
  );
});
