/** Prices of models, from whatever source has them best: a person's own settings, the catalogue, the shipped table. */
import type { Price } from "../domain/price.ts";

export interface Catalogue {
  /** Milliseconds since 1970; undefined when it was never fetched. */
  fetchedAt: number | undefined;
  stale: boolean;
  lastError: string | undefined;
  models: number;
}

export interface Prices {
  /** Answers at once, from what is known; a model's dated or routed variants have the price of the model. */
  of(model: string): Price | undefined;
  all(): readonly Price[];
  state(): Catalogue;
  /** Fetches the catalogue now. Throws `Failure` when it cannot; what was known stays. */
  refresh(signal?: AbortSignal): Promise<Catalogue>;
}
