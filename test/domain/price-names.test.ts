/** Which price a model has when it is called by another name. */
import { describe, expect, it } from "vitest";
import type { Price } from "../../src/domain/price.ts";
import { priceList } from "../../src/domain/price-names.ts";

const price = (model: string, changes: Partial<Price> = {}): Price => ({
  model,
  input: "1",
  output: "1",
  source: "catalogue",
  at: 0,
  ...changes,
});

const list = priceList([
  price("anthropic/claude-sonnet-4.5", { aliases: ["anthropic/claude-4.5-sonnet-20250929"] }),
  price("openai/gpt-4o"),
  price("openai/gpt-4o-2024-05-13"),
  price("openai/gpt-4o-mini"),
  price("deepseek/deepseek-r1"),
  price("deepseek/deepseek-r1-0528"),
  price("deepseek/deepseek-r1-0528:free"),
  price("a/twin"),
  price("b/twin"),
]);

describe("the price of", () => {
  it.each([
    ["the name itself", "openai/gpt-4o", "openai/gpt-4o"],
    ["a dated name that has a row", "openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13"],
    ["a dated name that has none", "openai/gpt-4o-2024-11-20", "openai/gpt-4o"],
    ["a date without dashes", "anthropic/claude-sonnet-4.5-20250929", "anthropic/claude-sonnet-4.5"],
    ["a date behind an at", "anthropic/claude-sonnet-4-5@20250929", "anthropic/claude-sonnet-4.5"],
    ["the latest", "openai/gpt-4o-mini-latest", "openai/gpt-4o-mini"],
    ["another name from the list", "anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-sonnet-4.5"],
    ["dashes for dots", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4.5"],
    ["capitals", "OpenAI/GPT-4o", "openai/gpt-4o"],
    ["a route", "openai/gpt-4o:nitro", "openai/gpt-4o"],
    ["a dated route", "openai/gpt-4o-2024-11-20:floor", "openai/gpt-4o"],
    ["a free route that has a row", "deepseek/deepseek-r1-0528:free", "deepseek/deepseek-r1-0528:free"],
    ["a free route that has none: as an upper bound", "deepseek/deepseek-r1:free", "deepseek/deepseek-r1"],
    ["a router's prefix", "openrouter/openai/gpt-4o", "openai/gpt-4o"],
    ["no prefix", "gpt-4o-mini", "openai/gpt-4o-mini"],
    ["another host's prefix", "azure/gpt-4o", "openai/gpt-4o"],
  ])("%s", (_, asked, found) => {
    expect(list.of(asked)?.model).toBe(found);
  });

  it.each(["gpt-4", "openai/gpt-4o-audio", "deepseek-r1-0529", "twin", "", ":free", "/", "llama3"])(
    "%j is not known: nothing is guessed from a similar name",
    (asked) => {
      expect(list.of(asked)).toBeUndefined();
    },
  );
});

it("lists each model once, the later of two prices", () => {
  const twice = priceList([price("b/x", { source: "shipped" }), price("A/y"), price("B/X", { source: "override" })]);
  expect(twice.all.map(({ model, source }) => [model, source])).toEqual([
    ["A/y", "catalogue"],
    ["B/X", "override"],
  ]);
  expect(twice.of("b/x")?.source).toBe("override");
});
