import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { definitions } from "../../../src/adapters/definitions/definitions.ts";
import { shippedPrices } from "../../../src/adapters/models/shipped-prices.ts";
import { parseUsd } from "../../../src/domain/money.ts";
import { priceList } from "../../../src/domain/price-names.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FILE = join(ROOT, "data/prices.json");

it("the shipped prices can be read, and none is mistaken by orders of magnitude", async () => {
  const prices = await shippedPrices(FILE);
  expect(prices.length).toBeGreaterThan(20);
  for (const price of prices) {
    const { input, output, cacheRead = "0" } = price;
    const [read, written, again] = [input, output, cacheRead].map((text) => Number(parseUsd(text)) / 1e6);
    expect(read, price.model).toBeGreaterThan(0.01);
    expect(read, price.model).toBeLessThan(30);
    expect(written, price.model).toBeGreaterThanOrEqual(read ?? 0);
    expect(again, price.model).toBeLessThan(read ?? 0);
    expect(price, price.model).toMatchObject({ source: "shipped", at: expect.any(Number) });
  }
});

it("every shipped persona that pays for its model finds a price, so that a limit holds before any catalogue is fetched", async () => {
  const { of } = priceList(await shippedPrices(FILE));
  const personas = definitions({ shipped: ROOT, user: undefined, lint: () => undefined, agents: () => [] }).personas;
  const models = (await personas.list()).good.flatMap(({ value: { adapter, api, model } }) =>
    adapter === "agent" && api?.provider === "openrouter" && model !== undefined ? [model] : [],
  );
  expect(models.length).toBeGreaterThan(5);
  expect(models.filter((model) => of(model) === undefined)).toEqual([]);
});

it("they say as of when they are", async () => {
  const { at, note } = JSON.parse(await readFile(FILE, "utf8")) as { at: string; note: string };
  expect(at).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(note).toContain("known then");
  const prices = await shippedPrices(FILE);
  const day = (model: string) =>
    new Date(prices.find((one) => one.model === model)?.at ?? 0).toISOString().slice(0, 10);
  expect([day("openai/gpt-5"), day("openai/gpt-5.1")]).toEqual([at, "2025-11-13"]);
});
