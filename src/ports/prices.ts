/**
 * Prices of models, from whatever source has them best: a person's own settings, the catalogue, the shipped table.
 *
 * Throws `Failure` `storage.…` when what was kept cannot be read.
 */
import type { Price } from "../domain/price.ts";

export interface Catalogue {
  /** Where it is fetched from. */
  address: string;
  /** Milliseconds since 1970; undefined when it was never fetched. */
  fetchedAt: number | undefined;
  /** It is older than it should be, or was never fetched: prices may have changed since. */
  stale: boolean;
  lastError: string | undefined;
  /** How many models it has a price for, and how many rows without one were passed over. */
  models: number;
  skipped: number;
}

export interface Prices {
  /** Answers at once, from what is known; a model's dated or routed variants have the price of the model. */
  of(model: string): Price | undefined;
  all(): readonly Price[];
  state(): Catalogue;
  /** Fetches the catalogue now. Throws `Failure` when it cannot; what was known stays. */
  refresh(signal?: AbortSignal): Promise<Catalogue>;
}

/** What was fetched from an address, for the time after a restart. */
export interface KeptCatalogue {
  at: number | undefined;
  skipped: number;
  lastError: string | undefined;
  prices: readonly Price[];
}

export interface PriceStore {
  /** The list is empty when the last one kept is another address's. */
  read(address: string): KeptCatalogue;
  /** Takes the place of the list before, and of its error. */
  keep(address: string, fetched: { at: number; skipped: number; prices: readonly Price[] }): void;
  failed(address: string, at: number, error: string): void;
}
