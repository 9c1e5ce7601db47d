/** The price table that devflow ships, for models that no catalogue and no setting has a price for. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Price } from "../../domain/price.ts";
import { OwnPrice, ownPrice } from "../../domain/price-rows.ts";

const Table = z.strictObject({
  at: z.iso.date(),
  note: z.string(),
  models: z.record(z.string(), OwnPrice),
});

export async function shippedPrices(file: string): Promise<Price[]> {
  const { at, models } = Table.parse(JSON.parse(await readFile(file, "utf8")));
  const from = { source: "shipped", at: Date.parse(at) } as const;
  return Object.entries(models).map(([model, price]) => ownPrice(model, price, from));
}
