import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shippedPrices } from "../../../src/adapters/models/shipped-prices.ts";
import { parseUsd } from "../../../src/domain/money.ts";

const FILE = join(import.meta.dirname, "../../../data/prices.json");

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

it("they say as of when they are", async () => {
  const { at, note } = JSON.parse(await readFile(FILE, "utf8")) as { at: string; note: string };
  expect(at).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(note).toContain("known then");
});
