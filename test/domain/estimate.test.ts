/** What a run is expected to use and cost, before it starts. */
import { describe, expect, it } from "vitest";
import type { Standing } from "../../src/domain/budget.ts";
import { estimate, outlooks, type PastUse, quartiles, totalOf, type Worker } from "../../src/domain/estimate.ts";
import type { Price } from "../../src/domain/price.ts";
import { Template } from "../../src/domain/template.ts";

const schema = { schema: "spec@1" };
const template = Template.parse({
  name: "t",
  version: 1,
  description: "…",
  roles: { author: { requires: ["spec"] }, reviewer: { requires: ["review"] } },
  phases: [
    { id: "specify", role: "author", produces: schema },
    {
      id: "review",
      role: "reviewer",
      needs: ["specify"],
      produces: schema,
      repeat: { until: "spec@1", from: "specify", max: 3 },
    },
    { id: "test", run: ["npm", "test"], needs: ["review"], produces: schema },
  ],
});

const price: Price = { model: "a/b", input: "0.000001", output: "0.00001", source: "shipped", at: 0 };
const model: Worker = {
  persona: "deepseek@1",
  adapter: "agent",
  model: "a/b",
  price,
  free: false,
  maxTokens: 2_000_000,
};
const tui: Worker = { ...model, persona: "codex@1", adapter: "terminal", model: undefined, price: undefined };
const oneShot: Worker = { ...tui, adapter: "headless" };

const used = (inputTokens: number, outputTokens: number, amount?: bigint): PastUse => ({
  usage: {
    inputTokens,
    outputTokens,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimated: false,
  },
  calls: 1,
  amount,
});

const first = (worker: Worker, past: PastUse[] = []) => estimate(template, () => worker, { specify: past })[0];

describe("the estimate of a phase", () => {
  it("without past runs is a stated default, as often as its loop may go round", () => {
    expect(first(model)).toMatchObject({
      basis: "default",
      input: { low: 20_000, likely: 150_000, high: 1_800_000 },
      cost: { low: 40_000_000_000n, likely: 230_000_000_000n, high: 2_700_000_000_000n },
    });
  });

  it("never passes what the persona allows itself in a round", () => {
    expect(first({ ...model, maxTokens: 5_000 })?.input).toEqual({ low: 5_000, likely: 5_000, high: 15_000 });
  });

  it("rests on past runs, at the price of today", () => {
    const past = [used(1_000, 10, 1n), used(5_000, 50, 1n), used(2_000, 20, 1n)];
    expect(first(model, past)).toMatchObject({
      basis: "past",
      runs: 3,
      input: { low: 1_000, likely: 2_000, high: 5_000 },
      output: { low: 10, likely: 20, high: 50 },
      cost: { low: 1_100_000_000n, likely: 2_200_000_000n, high: 5_500_000_000n },
    });
  });

  it("pays for each call where calls have a price, and for no long input that never was", () => {
    const dear: Price = { ...price, request: "0.01", special: [{ over: 100, input: "1" }] };
    const past = [{ ...used(1_000, 0), calls: 3 }];
    expect(first({ ...model, price: dear }, past)?.cost?.likely).toBe(31_000_000_000n);
  });

  it("of an agent in a terminal is unknown until one has reported something", () => {
    expect(first(tui)).toMatchObject({ basis: "unmetered", input: undefined, cost: undefined });
    expect(first(tui, [used(1_000, 10)])).toMatchObject({ basis: "past", input: { likely: 1_000 }, cost: undefined });
  });

  it("of a CLI agent has the tokens of past runs, and their cost only where all of them told one", () => {
    expect(first(oneShot)).toMatchObject({ basis: "untried", input: undefined, cost: undefined });
    expect(first(oneShot, [used(10, 1, 5n), used(20, 2)])).toMatchObject({
      basis: "past",
      input: { low: 10, likely: 20, high: 20 },
      cost: undefined,
    });
    expect(first(oneShot, [used(10, 1, 5n), used(20, 2, 9n)])?.cost).toEqual({ low: 5n, likely: 9n, high: 9n });
  });

  it("of a model that takes no money is 0, and of one without a price unknown", () => {
    expect(first({ ...model, price: undefined, free: true })?.cost?.high).toBe(0n);
    const unpriced = first({ ...model, price: undefined });
    expect([unpriced?.cost, unpriced?.input?.low]).toEqual([undefined, 20_000]);
  });

  it("of a command is nothing", () => {
    expect(estimate(template, () => model, {})[2]).toMatchObject({ basis: "command", cost: { high: 0n } });
  });
});

it("the sum leaves out what is unknown, and says how much that is", () => {
  const phases = estimate(template, (role) => (role === "author" ? model : tui), {});
  expect(totalOf(phases)).toMatchObject({
    input: { low: 20_000, high: 1_800_000 },
    cost: { low: 40_000_000_000n },
    unknownTokens: 1,
    unknownCost: 1,
  });
});

it.each([
  [[3, 1, 2], { low: 1, likely: 2, high: 3 }],
  [[7], { low: 7, likely: 7, high: 7 }],
  [[9, 1, 2, 3, 4, 5, 6, 7, 8], { low: 3, likely: 5, high: 7 }],
  [[], undefined],
])("the quartiles of %j are %j", (values, expected) => {
  expect(quartiles<number>(values, (one, other) => one - other)).toEqual(expected);
});

describe("a limit on money", () => {
  const standing = (kind: Standing["scope"]["kind"], name: string, amount: bigint, booked = 0n): Standing => ({
    scope: { kind, name },
    booked,
    reserved: 0n,
    limit: { amount, policy: "prompt" },
  });
  const phases = estimate(template, (role) => (role === "author" ? model : { ...model, persona: "other@1" }), {});
  const outlook = (...standings: Standing[]) => outlooks(standings, phases).map((one) => one.outlook);
  const dollars = (amount: number) => BigInt(amount * 1e12);

  it("is enough, may be crossed, or will be", () => {
    expect(outlook(standing("run", "new", dollars(10)))).toEqual(["enough"]);
    expect(outlook(standing("run", "new", dollars(1)))).toEqual(["may_cross"]);
    expect(outlook(standing("run", "new", dollars(0.01)))).toEqual(["will_cross"]);
  });

  it("has to hold the worst of a call beside what is spent", () => {
    const worker = { ...model, maxOutputTokens: 16_000 }; // 0.16 USD
    const past = [used(1_000, 10)];
    const cheap = estimate(template, () => worker, { specify: past, review: past });
    const seen = (amount: number) => outlooks([standing("run", "new", dollars(amount))], cheap)[0];
    expect(seen(0.1)).toMatchObject({ outlook: "will_cross", held: dollars(0.16) });
    expect(seen(0.161)?.outlook).toBe("may_cross");
    expect(seen(0.17)?.outlook).toBe("enough");
    const free = estimate(template, () => ({ ...worker, free: true }), {});
    expect(outlooks([standing("run", "new", 1n)], free)[0]).toMatchObject({ outlook: "enough", held: 0n });
  });

  it("has less room for what is booked already", () => {
    expect(outlook(standing("day", "2026-11-21", dollars(10), dollars(9.95)))).toEqual(["will_cross"]);
  });

  it("of a persona's day is about that persona alone", () => {
    const both = dollars(4);
    expect(outlook(standing("day", "2026-11-21", both))).toEqual(["may_cross"]);
    expect(outlook(standing("persona-day", "other@1/2026-11-21", both))).toEqual(["enough"]);
    expect(outlook(standing("persona-day", "nobody@1/2026-11-21", 1n))).toEqual(["enough"]);
  });

  it("cannot be told where a model has no price", () => {
    const unpriced = estimate(template, () => ({ ...model, price: undefined }), {});
    expect(outlooks([standing("run", "new", dollars(100))], unpriced)[0]?.outlook).toBe("no_price");
    const half = estimate(template, (role) => ({ ...model, price: role === "author" ? price : undefined }), {});
    expect(outlooks([standing("run", "new", dollars(0.01))], half)[0]?.outlook).toBe("will_cross");
  });

  it("that is none is not there", () => {
    expect(outlooks([{ scope: { kind: "run", name: "new" }, booked: 0n, reserved: 0n }], phases)).toEqual([]);
  });
});
