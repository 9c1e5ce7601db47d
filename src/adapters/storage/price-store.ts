/** The last catalogue of prices in SQLite, so that a restart, or a day without a network, has the prices of the day before. */
import type { Database } from "better-sqlite3";
import { Price } from "../../domain/price.ts";
import type { KeptCatalogue, PriceStore } from "../../ports/prices.ts";
import { guarded } from "./storage-failure.ts";
import { transactions } from "./transactions.ts";

interface FetchRow {
  at: number | null;
  skipped: number;
  error: string | null;
}

export function priceStore(database: Database, file: string): PriceStore {
  const transaction = transactions(database);
  const fetched = database.prepare<[string], FetchRow>(
    "SELECT at, skipped, error FROM price_fetches WHERE address = ?",
  );
  const rows = database.prepare<[], string>("SELECT price FROM price_list").pluck();
  const clear = database.prepare("DELETE FROM price_list");
  // The list is that of one address: another one's is known no more.
  const forget = database.prepare("UPDATE price_fetches SET at = NULL");
  const add = database.prepare("INSERT OR REPLACE INTO price_list (model, price) VALUES (?, ?)");
  const got = database.prepare(
    `INSERT INTO price_fetches (address, at, skipped) VALUES (@address, @at, @skipped)
     ON CONFLICT (address) DO UPDATE SET at = @at, skipped = @skipped, error = NULL, error_at = NULL`,
  );
  const wrong = database.prepare(
    `INSERT INTO price_fetches (address, skipped, error, error_at) VALUES (@address, 0, @error, @at)
     ON CONFLICT (address) DO UPDATE SET error = @error, error_at = @at`,
  );

  return {
    read: (address) =>
      guarded(file, (): KeptCatalogue => {
        const row = fetched.get(address);
        const current = row?.at != null;
        return {
          at: row?.at ?? undefined,
          skipped: row?.skipped ?? 0,
          lastError: row?.error ?? undefined,
          prices: current ? rows.all().flatMap((text) => stored(text) ?? []) : [],
        };
      }),
    keep: (address, { at, skipped, prices }) =>
      guarded(file, () => {
        // Lost in a power failure it is fetched again.
        transaction(false, () => {
          clear.run();
          forget.run();
          for (const price of prices) add.run(price.model, JSON.stringify(price));
          got.run({ address, at, skipped });
        });
      }),
    failed: (address, at, error) => guarded(file, () => wrong.run({ address, at, error })),
  };
}

/** A row that another version of devflow wrote may have another shape: it is passed over. */
function stored(text: string): Price | undefined {
  const found = Price.safeParse(JSON.parse(text));
  return found.success ? found.data : undefined;
}
