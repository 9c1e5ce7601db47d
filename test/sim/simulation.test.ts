/** The simulation itself: the same seed is the same run, what is broken on purpose is caught, and some hundred runs are sound. */
import { describe, expect, test } from "vitest";
import { MUTANTS } from "../../sim/mutants.ts";
import { made } from "../../sim/worker.ts";
import { world } from "../../sim/world.ts";

const SEED = 1;
const bytes = async (number: number, only?: ReadonlySet<string>): Promise<string> =>
  JSON.stringify((await world({ seed: SEED, number, only })).log);

describe("a simulated run", () => {
  test("is the same to the byte each time, also between others", async () => {
    const alone = await Promise.all([3, 4, 5].map((number) => bytes(number)));
    const [third, fourth, fifth] = await Promise.all([bytes(3), bytes(4), bytes(5)]);
    expect([third, fourth, fifth]).toEqual(alone);
    expect(new Set(alone).size).toBe(3);
  });

  test("is played again by the faults that struck it, and goes well without any", async () => {
    const { points, log } = await world({ seed: SEED, number: 7 });
    expect(points.length).toBeGreaterThan(0);
    expect(await bytes(7, new Set(points))).toBe(JSON.stringify(log));
    const well = await world({ seed: SEED, number: 7, only: new Set() });
    expect(well).toMatchObject({ lives: 1, points: [], broken: [] });
  });

  test("breaks no rule, whether its agents work or are talked with, and when their money runs out", async () => {
    let answered = 0;
    let crossed = 0;
    for (let number = 0; number < 150; number += 1) {
      const { broken, log } = await world({ seed: SEED, number });
      expect({ number, broken }).toEqual({ number, broken: [] });
      crossed += log.filter(({ event }) => event.type === "budget.crossed").length;
      answered += log.filter(({ event }) => event.type === "turn.ended" && event.how === "answered").length;
    }
    expect(answered).toBeGreaterThan(10);
    expect(crossed).toBeGreaterThan(3);
  });
});

describe("a simulation of a devflow that", () => {
  /** Each is noticed in the first few; this is how far is looked. */
  const RUNS = 60;
  /** Now and then it takes a whole storm to come there. Of so many that are noticed, the one that fewest faults struck has to be short. */
  const NOTICED = 3;

  test.each(MUTANTS)(
    "$name is caught by the rule that it breaks, and the way there is told in few faults",
    async (mutant) => {
      const noticed: { number: number; broken: string[]; points: string[] }[] = [];
      for (let number = 0; number < RUNS && noticed.length < NOTICED; number += 1) {
        const { broken, points } = await world({ seed: SEED, number, mutant });
        if (broken.some((rule) => mutant.sign.test(rule))) noticed.push({ number, broken, points });
      }
      const [shortest] = noticed.sort((one, other) => one.points.length - other.points.length);
      if (!shortest) return expect.unreachable(`not noticed in ${RUNS} runs`);
      const { number, broken, points } = shortest;
      const small = await made({ seed: SEED, number, mutant });
      expect(small.broken[0]?.replace(/\d+/g, "#")).toBe(broken[0]?.replace(/\d+/g, "#"));
      expect(small.points.length).toBeLessThanOrEqual(Math.min(points.length, 10));
      expect(small.trace.length).toBeGreaterThan(0);
    },
  );
});
