/** What the daemon answers about prices. */
import { describe, expect, it } from "vitest";
import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import { priceAnswers } from "../../src/daemon/price-answers.ts";
import { Persona } from "../../src/domain/persona.ts";
import type { Price } from "../../src/domain/price.ts";
import { priceList } from "../../src/domain/price-names.ts";
import { fakeDefinitions } from "../support/fakes.ts";
import { booking, spender } from "../support/spending.ts";

const price = (model: string, title?: string): Price => ({
  ...{ model, input: "1", output: "1", source: "catalogue", at: 5 },
  ...(title !== undefined && { title }),
});
const persona = (name: string, model?: string, provider = "openrouter"): Persona =>
  Persona.parse({
    ...{
      name,
      version: 1,
      description: name,
      capabilities: ["spec"],
      adapter: "agent",
      family: "x",
      api: { provider },
    },
    ...(model !== undefined && { model }),
  });

function answers() {
  const list = priceList([price("anthropic/claude-sonnet-4.5", "Anthropic: Sonnet"), price("deepseek/deepseek-chat")]);
  const ledger = memoryLedger();
  ledger.report("e", spender({ model: "deepseek/deepseek-chat" }), booking("1"));
  ledger.report("f", spender({ model: "" }), booking("1"));
  const state = () => ({
    address: "x",
    fetchedAt: undefined,
    stale: true,
    lastError: undefined,
    models: 0,
    skipped: 0,
  });
  let refreshed = 0;
  const good = [
    persona("one", "claude-sonnet-4-5"),
    persona("two"),
    persona("three", "claude-sonnet-4-5"),
    persona("odd", "own/model"),
    persona("near", "deepseek-chat", "local"),
    persona("far", "both/ways", "local"),
    persona("farther", "both/ways"),
  ];
  const free = ({ api }: Persona) => api?.provider === "local";
  const { personas } = fakeDefinitions({ personas: good });
  const prices = {
    of: list.of,
    all: () => list.all,
    state,
    refresh: async () => {
      refreshed += 1;
      return state();
    },
  };
  return { ...priceAnswers({ prices, ledger, definitions: { personas }, free }), refreshed: () => refreshed };
}

describe("prices", () => {
  it("of what personas name and of what was called are told, also where none is known", async () => {
    const { models } = await answers().usedPrices({});
    expect(
      models.map(({ model, personas, calls, price, free }) => [model, personas, calls, free ? "free" : price?.model]),
    ).toEqual([
      ["both/ways", ["far@1", "farther@1"], 0, undefined],
      ["claude-sonnet-4-5", ["one@1", "three@1"], 0, "anthropic/claude-sonnet-4.5"],
      ["deepseek-chat", ["near@1"], 0, "free"],
      ["deepseek/deepseek-chat", [], 1, "deepseek/deepseek-chat"],
      ["own/model", ["odd@1"], 0, undefined],
    ]);
  });

  it("of a model that nobody knows are a failure that says what may have been meant", async () => {
    await expect(answers().price({ model: "deepseek-chap" })).rejects.toMatchObject({
      code: "prices.unknown",
      message: "no price is known for deepseek-chap (did you mean deepseek-chat?)",
    });
    await expect(answers().price({ model: "llama" })).rejects.toMatchObject({ message: "no price is known for llama" });
  });
});

describe("the list of models", () => {
  it("is searched by words in any order, in names and titles", async () => {
    const found = async (search?: string) =>
      (await answers().models({ refresh: false, ...(search !== undefined && { search }) })).models.map(
        ({ model }) => model,
      );
    expect(await found()).toHaveLength(2);
    expect(await found("SONNET anthropic:")).toEqual(["anthropic/claude-sonnet-4.5"]);
    expect(await found("nothing")).toEqual([]);
  });

  it("is fetched first only when that is asked for", async () => {
    const { models, refreshed } = answers();
    await models({ refresh: false });
    expect(refreshed()).toBe(0);
    await models({ refresh: true });
    expect(refreshed()).toBe(1);
  });
});
