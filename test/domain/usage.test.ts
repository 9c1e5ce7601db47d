/** What a provider says of a call's tokens and cost, made into one shape. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUsd, usd } from "../../src/domain/money.ts";
import { Usage, usageFromProvider } from "../../src/domain/usage.ts";

const openRouter = {
  prompt_tokens: 1200,
  completion_tokens: 340,
  total_tokens: 1540,
  cost: 0.00123456,
  is_byok: false,
  prompt_tokens_details: { cached_tokens: 800, cache_write_tokens: 100, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 200 },
  cost_details: { upstream_inference_cost: null },
};

const told = (changes: Record<string, unknown>) => usageFromProvider({ ...openRouter, ...changes });

describe("the usage of a call", () => {
  it("holds all that OpenRouter tells", () => {
    expect(usageFromProvider(openRouter)).toEqual({
      inputTokens: 1200,
      outputTokens: 340,
      cachedTokens: 800,
      cacheWriteTokens: 100,
      reasoningTokens: 200,
      costUsd: "0.00123456",
      estimated: false,
    });
  });

  it("has no cost where a local server tells none", () => {
    expect(usageFromProvider({ prompt_tokens: 10, completion_tokens: 3 })).toEqual({
      inputTokens: 10,
      outputTokens: 3,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      estimated: false,
    });
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "12"],
    ["an empty object", {}],
    ["zeros", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ["zeros for free", { prompt_tokens: 0, completion_tokens: 0, cost: 0 }],
    ["no numbers", { prompt_tokens: "12", completion_tokens: null, cost: "much" }],
    ["numbers that cannot be", { prompt_tokens: -3, completion_tokens: 0.5, cost: -1 }],
    ["numbers out of range", { prompt_tokens: 1e300, completion_tokens: Number.NaN, cost: Number.POSITIVE_INFINITY }],
  ])("is not known, rather than zero, from %s", (_, json) => {
    expect(usageFromProvider(json)).toBeUndefined();
  });

  it("keeps a cost that comes without tokens", () => {
    expect(usageFromProvider({ cost: 0.5 })).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: "0.5" });
  });

  it("works out one count from the total", () => {
    expect(usageFromProvider({ prompt_tokens: 10, total_tokens: 14 })).toMatchObject({ outputTokens: 4 });
    expect(usageFromProvider({ completion_tokens: 4, total_tokens: 14 })).toMatchObject({ inputTokens: 10 });
  });

  it("with an own key at the provider costs the fee and the provider's bill", () => {
    const details = { upstream_inference_cost: 0.019 };
    expect(told({ is_byok: true, cost: 0.00095, cost_details: details })?.costUsd).toBe("0.01995");
    expect(told({ is_byok: false, cost: 0.00095, cost_details: details })?.costUsd).toBe("0.00095");
  });

  it("with an own key is not known when only the fee is told", () => {
    expect(told({ is_byok: true, cost: 0 })?.costUsd).toBeUndefined();
  });

  it("puts cached tokens that are counted beside the input into it", () => {
    const details = { cached_tokens: 5000, cache_write_tokens: 10 };
    expect(told({ prompt_tokens: 20, total_tokens: 5370, prompt_tokens_details: details })).toMatchObject({
      inputTokens: 5030,
      cachedTokens: 5000,
    });
  });

  it("puts reasoning that is counted beside the output into it", () => {
    const details = { reasoning_tokens: 500 };
    expect(told({ total_tokens: 2040, completion_tokens_details: details })).toMatchObject({ outputTokens: 840 });
  });

  it.each([
    [0.1 + 0.2, "0.3"],
    [1e-7, "0.0000001"],
    [1.5e-13, "0.000000000001"],
    [0, "0"],
    [12, "12"],
    ["0.00000015", "0.00000015"],
  ])("takes the cost %s as %s", (cost, text) => {
    expect(told({ cost })?.costUsd).toBe(text);
  });

  it("keeps every cost below a thousand dollars exact", () => {
    const money = fc.bigInt({ min: 0n, max: 999n * 10n ** 12n });
    fc.assert(
      fc.property(money, (amount) => {
        expect(parseUsd(told({ cost: Number(usd(amount)) })?.costUsd ?? "")).toBe(amount);
      }),
    );
  });

  it("never crashes, and is always one that can be stored", () => {
    const keys = [...Object.keys(openRouter), "prompt_cache_hit_tokens"];
    const shape = fc.dictionary(fc.constantFrom(...keys), fc.anything());
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shape), (json) => {
        const usage = usageFromProvider(json);
        if (usage) expect(Usage.parse(usage)).toEqual(usage);
      }),
    );
  });
});
