/** The money's parts: what calls cost, what is left, and who waits for it. */
import { join } from "node:path";
import { modelCatalogue } from "../../adapters/models/catalogue.ts";
import { generationRecords } from "../../adapters/models/generation-record.ts";
import { shippedPrices } from "../../adapters/models/shipped-prices.ts";
import type { openDatabase } from "../../adapters/storage/open.ts";
import { priceStore } from "../../adapters/storage/price-store.ts";
import { sqliteLedger } from "../../adapters/storage/sqlite-ledger.ts";
import { limitsOf } from "../../domain/config.ts";
import { milliseconds } from "../../domain/names.ts";
import { ownPrice } from "../../domain/price-rows.ts";
import { keepFresh } from "../../engine/keep-fresh.ts";
import { type EngineSpending, type SpendingDeps, spending } from "../../engine/spending.ts";
import type { Ledger } from "../../ports/ledger.ts";
import type { Prices } from "../../ports/prices.ts";
import type { AuditNotes } from "../audit-notes.ts";
import { PACKAGE_ROOT, type Surroundings } from "./surroundings.ts";

export interface Money {
  ledger: Ledger;
  prices: Prices;
  spends: EngineSpending;
  /** Keeps the prices fresh until then. */
  keepPrices(until: AbortSignal): void;
}

interface MoneyOptions extends Surroundings {
  database: ReturnType<typeof openDatabase>;
  file: string;
  notes: Pick<AuditNotes, "usedFor">;
  runs: SpendingDeps["runs"];
}

export async function money(options: MoneyOptions): Promise<Money> {
  const { config, providers, secretOf, clock, ids, journal, database, file, notes, runs } = options;
  const refreshMs = milliseconds(config.prices.refresh);
  const ledger = sqliteLedger(database, file, limitsOf(config.budget));
  const prices = modelCatalogue({
    baseUrl: providers.openrouter.baseUrl,
    fetch,
    clock,
    store: priceStore(database, file),
    shipped: await shippedPrices(join(PACKAGE_ROOT, "data/prices.json")),
    own: Object.entries(config.prices.overrides).map(([model, own]) =>
      ownPrice(model, own, { source: "override", at: clock.now() }),
    ),
    refreshMs,
    offline: config.prices.offline,
  });
  const spends = spending({
    ledger,
    prices,
    generationCost: generationRecords({ providers, secretOf: notes.usedFor("costs of calls", secretOf), fetch }),
    clock,
    ids,
    journal,
    unknownPrice: config.budget.unknownPrice,
    runs,
  });
  // Without a key nobody has a use for prices, and nothing leaves this machine.
  const wanted = async (): Promise<boolean> =>
    !config.prices.offline && Boolean(await secretOf(providers.openrouter.key ?? ""));
  return {
    ledger,
    prices,
    spends,
    keepPrices(until) {
      void keepFresh({ prices, clock, journal, wanted, refreshMs, random: Math.random }, until).catch(
        (error: unknown) => journal.warn("prices are not refreshed any more", { error: String(error) }),
      );
    },
  };
}
