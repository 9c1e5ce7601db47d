/** What tokens cost at a price, to the last digit, and the most that a call can cost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUsd, usd } from "../../src/domain/money.ts";
import { costOf, Price, type SpecialPrice, worstCase } from "../../src/domain/price.ts";

const plain: Price = { model: "a/b", input: "0.000003", output: "0.000015", source: "catalogue", at: 0 };
const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
const cost = (price: Partial<Price>, usage: Partial<typeof none>, at?: number) =>
  usd(costOf({ ...plain, ...price }, { ...none, ...usage }, at));

describe("the cost of a call", () => {
  it("is input and output at their prices", () => {
    expect(cost({}, { inputTokens: 1_000, outputTokens: 200 })).toBe("0.006");
  });

  it("takes cached and written input at prices of their own", () => {
    const cache = { cacheRead: "0.0000003", cacheWrite: "0.00000375" };
    const usage = { inputTokens: 10_000, cachedTokens: 8_000, cacheWriteTokens: 1_000 };
    expect(cost(cache, usage)).toBe("0.00915");
    expect(cost({}, usage)).toBe("0.03");
  });

  it("takes thinking once, at its own price or as output", () => {
    const usage = { outputTokens: 1_000, reasoningTokens: 600 };
    expect(cost({}, usage)).toBe("0.015");
    expect(cost({ reasoning: "0" }, usage)).toBe("0.015");
    expect(cost({ reasoning: "0.00002" }, usage)).toBe("0.018");
  });

  it("adds the price of the call itself", () => {
    expect(cost({ request: "0.005" }, {})).toBe("0.005");
  });

  it("takes a discount off, and rounds up what cannot be said exactly", () => {
    expect(cost({ discount: "0.25" }, { inputTokens: 1_000 })).toBe("0.00225");
    expect(cost({ input: "0.000000000001", discount: "0.5" }, { inputTokens: 1 })).toBe("0.000000000001");
    expect(cost({ discount: "1" }, { inputTokens: 1_000 })).toBe("0");
    expect(cost({ discount: "7" }, { inputTokens: 1_000 })).toBe("0");
  });

  it("has another price for a long input, from the first token above on", () => {
    const special: SpecialPrice[] = [{ over: 200_000, input: "0.000006" }];
    expect(cost({ special }, { inputTokens: 200_000 })).toBe("0.6");
    expect(cost({ special }, { inputTokens: 200_001, outputTokens: 10 })).toBe("1.200156");
  });

  it("takes the last of several special prices, for each kind of token", () => {
    const special: SpecialPrice[] = [
      { over: 100, input: "0.00001", output: "0.0001" },
      { over: 200, input: "0.00002" },
    ];
    expect(cost({ special }, { inputTokens: 150, outputTokens: 10 })).toBe("0.0025");
    expect(cost({ special }, { inputTokens: 1_000, outputTokens: 10 })).toBe("0.021");
  });

  it.each([
    ["16:29 the day before", "2026-03-01T16:29:59Z", "0.003"],
    ["16:30", "2026-03-01T16:30:00Z", "0.001"],
    ["midnight", "2026-03-02T00:00:00Z", "0.001"],
    ["0:29", "2026-03-02T00:29:59Z", "0.001"],
    ["0:30", "2026-03-02T00:30:00Z", "0.003"],
  ])("has another price at night, at %s", (_, at, expected) => {
    const special: SpecialPrice[] = [{ from: 1630, until: 30, input: "0.000001" }];
    expect(cost({ special }, { inputTokens: 1_000 }, Date.parse(at))).toBe(expected);
  });

  it("has another price on certain days, and the ordinary one when nobody says when it was", () => {
    const special: SpecialPrice[] = [{ days: [0, 6], input: "0.000001" }];
    expect(cost({ special }, { inputTokens: 1_000 }, Date.parse("2026-11-21T12:00:00Z"))).toBe("0.001");
    expect(cost({ special }, { inputTokens: 1_000 }, Date.parse("2026-11-23T12:00:00Z"))).toBe("0.003");
    expect(cost({ special }, { inputTokens: 1_000 })).toBe("0.003");
  });

  it("heeds a price under unknown conditions in the worst case only", () => {
    const special: SpecialPrice[] = [{ unclear: true, output: "0.001" }];
    expect(cost({ special }, { outputTokens: 1_000 })).toBe("0.015");
    expect(usd(worstCase({ ...plain, special }, { inputTokens: 0, maxOutputTokens: 1_000 }))).toBe("1");
  });
});

describe("the worst case", () => {
  it("does not count a price for longer inputs than this one", () => {
    const special: SpecialPrice[] = [{ over: 200_000, input: "0.000006", output: "0.00003" }];
    const most = (inputTokens: number) => usd(worstCase({ ...plain, special }, { inputTokens, maxOutputTokens: 1 }));
    expect(most(200_000)).toBe("0.600015");
    expect(most(200_001)).toBe("1.200036");
  });

  it("forgets the discount: another provider may answer", () => {
    const tokens = { inputTokens: 1_000, maxOutputTokens: 0 };
    expect(worstCase({ ...plain, discount: "0.9" }, tokens)).toBe(worstCase(plain, tokens));
  });
});

const anAmount = fc.bigInt({ min: 0n, max: 10n ** 9n }).map(usd);
const perhaps = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const anyRates = {
  cacheRead: perhaps(anAmount),
  cacheWrite: perhaps(anAmount),
  cacheWrite1h: perhaps(anAmount),
  reasoning: perhaps(anAmount),
};
const clock = perhaps(fc.integer({ min: 0, max: 2_400 }));
const anySpecial: fc.Arbitrary<SpecialPrice> = fc.record({
  over: perhaps(fc.integer({ min: 0, max: 2_000 })),
  from: clock,
  until: clock,
  days: perhaps(fc.uniqueArray(fc.integer({ min: 0, max: 6 }))),
  unclear: perhaps(fc.constant(true as const)),
  input: perhaps(anAmount),
  output: perhaps(anAmount),
  ...anyRates,
});
const anyPrice: fc.Arbitrary<Price> = fc.record({
  model: fc.constant("a/b"),
  input: anAmount,
  output: anAmount,
  ...anyRates,
  request: perhaps(anAmount),
  discount: perhaps(fc.bigInt({ min: 0n, max: 10n ** 12n }).map(usd)),
  special: fc.array(anySpecial, { maxLength: 5 }),
  source: fc.constant("catalogue" as const),
  at: fc.constant(0),
});
const few = fc.integer({ min: 0, max: 1_500 });
const parts = fc.tuple(few, few, few, few, few);
const week = fc.integer({ min: 0, max: 7 * 24 * 60 }).map((minute) => minute * 60_000);

describe("at any price", () => {
  it("no call costs more than its worst case, however it is cached, thought and timed", () => {
    fc.assert(
      fc.property(anyPrice, parts, parts, perhaps(week), (price, [a, b, c, d, e], [more, also], at) => {
        const usage = {
          inputTokens: a + b + c,
          cachedTokens: b,
          cacheWriteTokens: c,
          outputTokens: d + e,
          reasoningTokens: e,
        };
        const tokens = { inputTokens: usage.inputTokens + more, maxOutputTokens: usage.outputTokens + also };
        expect(costOf(price, usage, at) <= worstCase(price, tokens)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a sum of calls costs the sum of their costs, to the last digit", () => {
    fc.assert(
      fc.property(anAmount, anAmount, fc.array(parts, { maxLength: 30 }), (input, output, calls) => {
        const price = { ...plain, input, output };
        const all = calls.map(([inputTokens, outputTokens]) => ({ ...none, inputTokens, outputTokens }));
        const sum = all.reduce((now, usage) => now + costOf(price, usage), 0n);
        const total = (key: "inputTokens" | "outputTokens") => BigInt(all.reduce((now, one) => now + one[key], 0));
        const expected =
          total("inputTokens") * (parseUsd(input) ?? 0n) + total("outputTokens") * (parseUsd(output) ?? 0n);
        expect(sum).toBe(expected);
      }),
    );
  });

  it("it can be stored and read again", () => {
    fc.assert(
      fc.property(anyPrice, (price) => {
        const stored = JSON.stringify(price);
        expect(JSON.stringify(Price.parse(JSON.parse(stored)))).toHaveLength(stored.length);
      }),
    );
  });
});
