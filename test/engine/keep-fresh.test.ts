/** When prices are fetched by themselves; time is moved, nothing is waited for. */
import { expect, it } from "vitest";
import { keepFresh } from "../../src/engine/keep-fresh.ts";
import type { Catalogue, Prices } from "../../src/ports/prices.ts";
import { manualClock } from "../support/manual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function stage({
  fails = () => false,
  wanted = () => true,
  random = 0.5,
}: {
  fails?: () => boolean;
  wanted?: () => boolean;
  random?: number;
} = {}) {
  const clock = manualClock(0);
  const fetched: number[] = [];
  const warned: string[] = [];
  let fetchedAt: number | undefined;
  const state = (): Catalogue => ({
    address: "",
    fetchedAt,
    stale: false,
    lastError: undefined,
    models: 1,
    skipped: 0,
  });
  const prices: Prices = {
    of: () => undefined,
    all: () => [],
    state,
    async refresh() {
      fetched.push(clock.now());
      if (fails()) throw new Error("the network is down");
      fetchedAt = clock.now();
      return state();
    },
  };
  const journal = { info() {}, warn: (message: string) => void warned.push(message), error() {} };
  const stop = new AbortController();
  const done = keepFresh({ prices, clock, journal, wanted, refreshMs: 24 * HOUR, random: () => random }, stop.signal);
  const end = (): Promise<void> => {
    stop.abort();
    return done;
  };
  return { fetched, warned, pass: clock.advance, end };
}

it("prices are fetched soon after the start, and then once a day", async () => {
  const { fetched, pass, end } = stage();
  await pass(10_000);
  expect(fetched).toEqual([]);
  await pass(72 * HOUR);
  expect(fetched).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = fetched;
  for (const gap of [second - first, third - second]) expect(gap).toBeGreaterThanOrEqual(24 * HOUR);
  for (const gap of [second - first, third - second]) expect(gap).toBeLessThanOrEqual(24 * HOUR + 10 * MINUTE);
  await end();
});

it("not every daemon comes at the same hour: a fetch is early or late by up to a fifth", async () => {
  const gaps = await Promise.all(
    [0, 0.999].map(async (random) => {
      const { fetched, pass, end } = stage({ random });
      await pass(72 * HOUR);
      await end();
      return ((fetched[1] ?? 0) - (fetched[0] ?? 0)) / HOUR;
    }),
  );
  expect(gaps[0]).toBeCloseTo(19.2, 0);
  expect(gaps[1]).toBeCloseTo(28.8, 0);
});

it("nobody is asked as long as nobody needs a price, and soon after somebody does", async () => {
  let wanted = false;
  const { fetched, pass, end } = stage({ wanted: () => wanted });
  await pass(100 * HOUR);
  expect(fetched).toEqual([]);
  wanted = true;
  await pass(11 * MINUTE);
  expect(fetched).toHaveLength(1);
  await end();
});

it("a fetch that goes wrong is tried again, less and less often", async () => {
  let broken = true;
  const { fetched, warned, pass, end } = stage({ fails: () => broken });
  await pass(HOUR);
  const [first = 0, ...more] = fetched.map((at) => Math.round(at / MINUTE));
  expect(more.map((at) => at - first)).toEqual([5, 15, 35]);
  expect(warned).toHaveLength(4);
  await pass(200 * HOUR);
  expect(fetched.length).toBeLessThan(25);
  broken = false;
  const before = fetched.length;
  await pass(25 * HOUR);
  expect(fetched).toHaveLength(before + 1);
  await end();
});
