/** Prices out of a model list and out of a person's settings. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Price } from "../../src/domain/price.ts";
import { OwnPrice, ownPrice, perMillion, pricesIn } from "../../src/domain/price-rows.ts";

const from = { source: "catalogue", at: 5 } as const;

const row = {
  id: "anthropic/claude-sonnet-4.5",
  canonical_slug: "anthropic/claude-4.5-sonnet-20250929",
  name: "Anthropic: Claude Sonnet 4.5",
  description: "…",
  context_length: 1_000_000,
  architecture: { modality: "text->text" },
  top_provider: { context_length: 1_000_000, max_completion_tokens: 64_000, is_moderated: true },
  pricing: {
    prompt: "0.000003",
    completion: "0.000015",
    request: "0",
    image: "0.0048",
    web_search: "0.01",
    internal_reasoning: "0",
    input_cache_read: "0.0000003",
    input_cache_write: "0.00000375",
    input_cache_write_1h: "0.000006",
    discount: 0.1,
    sparkle: { of: "the future" },
    overrides: [
      { min_prompt_tokens: 200_000, prompt: "0.000006", completion: "0.0000225", audio: "1" },
      { utc_start: 1630, utc_end: 30, utc_days: ["monday", "sunday"], prompt: "0.000001" },
    ],
  },
};

const only = (changes: object) => pricesIn({ data: [{ ...row, ...changes }] }, from);

describe("a model list", () => {
  it("is read with everything that a price can depend on", () => {
    expect(pricesIn({ data: [row] }, from)).toEqual({
      skipped: 0,
      prices: [
        {
          model: "anthropic/claude-sonnet-4.5",
          title: "Anthropic: Claude Sonnet 4.5",
          aliases: ["anthropic/claude-4.5-sonnet-20250929"],
          input: "0.000003",
          output: "0.000015",
          cacheRead: "0.0000003",
          cacheWrite: "0.00000375",
          cacheWrite1h: "0.000006",
          reasoning: "0",
          request: "0",
          discount: "0.1",
          special: [
            { over: 200_000, input: "0.000006", output: "0.0000225" },
            { from: 1630, until: 30, days: [1, 0], input: "0.000001" },
          ],
          contextTokens: 1_000_000,
          maxOutputTokens: 64_000,
          source: "catalogue",
          at: 5,
        },
      ],
    });
  });

  it.each([
    ["without a price", { pricing: undefined }],
    ["with half a price", { pricing: { prompt: "0.1" } }],
    ["of a router, which has no price of its own", { pricing: { prompt: "-1", completion: "-1" } }],
    ["with a price that is a word", { pricing: { prompt: "cheap", completion: "0" } }],
    ["without a name", { id: undefined }],
    ["with a name that is no text", { id: 12 }],
  ])("passes over a row %s, and counts it", (_, changes) => {
    expect(only(changes)).toEqual({ prices: [], skipped: 1 });
  });

  it("takes what else is missing or wrong as not there", () => {
    const bare = only({
      canonical_slug: 3,
      name: null,
      context_length: null,
      top_provider: [],
      pricing: { prompt: "0", completion: 1e-7 },
    });
    expect(bare?.prices).toEqual([{ model: row.id, input: "0", output: "0.0000001", ...from }]);
  });

  it("knows a special price under conditions that it does not know as unclear", () => {
    const special = (overrides: unknown) => only({ pricing: { ...row.pricing, overrides } })?.prices[0]?.special;
    expect(special([{ prompt: "1", max_concurrency: 3 }])).toEqual([{ unclear: true, input: "1" }]);
    expect(special([{ prompt: "1", utc_days: ["newyear"] }])).toEqual([{ unclear: true, input: "1" }]);
    expect(special([{ audio: "1", min_prompt_tokens: 1 }, 3, null])).toBeUndefined();
    expect(special("none")).toBeUndefined();
  });

  it.each([undefined, null, 3, "data", {}, { data: {} }, []])("is none when it is %j", (json) => {
    expect(pricesIn(json, from)).toBeUndefined();
  });

  it("never crashes, and holds only what can be stored", () => {
    const key = fc.constantFrom(...Object.keys(row), ...Object.keys(row.pricing));
    const anyRow = fc.oneof(fc.anything(), fc.dictionary(key, fc.oneof(fc.anything(), fc.constant(row.pricing))));
    fc.assert(
      fc.property(fc.array(anyRow), (data) => {
        const found = pricesIn({ data }, from);
        expect((found?.prices.length ?? 0) + (found?.skipped ?? 0)).toBe(data.length);
        for (const price of found?.prices ?? []) expect(Price.parse(price)).toEqual(price);
      }),
    );
  });
});

describe("a person's own price", () => {
  it("is for a million tokens, as price lists have it", () => {
    const own = OwnPrice.parse({ input: 0.27, output: "1.10", cacheRead: 0.07, request: 0.001, contextTokens: 64_000 });
    expect(ownPrice("mine", own, { source: "override", at: 0 })).toEqual({
      model: "mine",
      input: "0.00000027",
      output: "0.0000011",
      cacheRead: "0.00000007",
      request: "0.001",
      contextTokens: 64_000,
      source: "override",
      at: 0,
    });
  });

  it("is shown again as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (millionths) => {
        const written = millionths / 1_000_000;
        const { input } = ownPrice("m", { input: written, output: 0 }, from);
        expect(Number(perMillion(input))).toBe(written);
      }),
    );
  });
});
