/** The price table that devflow ships, for models that no catalogue and no setting has a price for. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Price } from "../../domain/price.ts";
import { OwnPrice, ownPrice } from "../../domain/price-rows.ts";

const Table = z.strictObject({
  at: z.iso.date(),
  note: z.string(),
  /** `at`: of a model that is younger than the table. */
  models: z.record(z.string(), OwnPrice.extend({ at: z.iso.date().optional() })),
});

export async function shippedPrices(file: string): Promise<Price[]> {
  const { at, models } = Table.parse(JSON.parse(await readFile(file, "utf8")));
  return Object.entries(models).map(([model, { at: own = at, ...price }]) =>
    ownPrice(model, price, { source: "shipped", at: Date.parse(own) }),
  );
}
