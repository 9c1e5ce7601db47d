/**
 * Prices from the model list of OpenRouter, or of a server that speaks like it: fetched when asked to, kept, and laid over the
 * shipped table; a person's own prices lie over both. What was known stays when a fetch goes wrong. No key is sent: the list is public.
 */
import { Failure } from "../../domain/failure.ts";
import type { Price } from "../../domain/price.ts";
import { type PriceList, priceList } from "../../domain/price-names.ts";
import { pricesIn } from "../../domain/price-rows.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Catalogue, KeptCatalogue, PriceStore, Prices } from "../../ports/prices.ts";
import { type Fetch, fetchJson } from "./fetch-json.ts";

export interface CatalogueOptions {
  /** Of the API, as in https://openrouter.ai/api/v1. */
  baseUrl: string;
  fetch: Fetch;
  clock: Pick<Clock, "now">;
  store: PriceStore;
  shipped: readonly Price[];
  own: readonly Price[];
  /** How often it should be fetched. */
  refreshMs: number;
  /** Nothing is ever fetched. */
  offline: boolean;
  timeoutMs?: number;
  maxBytes?: number;
}

/** A list of a thousand models comes in a second or two. */
const TIMEOUT_MS = 30_000;
/** Such a list has about a megabyte. */
const MAX_BYTES = 32 * 1024 * 1024;
/** One fetch that went wrong is nothing to worry about. */
const STALE_AFTER_REFRESHES = 2;

export function modelCatalogue(options: CatalogueOptions): Prices {
  const { clock, store, shipped, own, refreshMs, offline } = options;
  const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const address = `${options.baseUrl.replace(/\/+$/, "")}/models`;
  let known: { kept: KeptCatalogue; list: PriceList } | undefined;
  let fetching: Promise<Catalogue> | undefined;

  /** Read when it is first needed: most daemons never ask for a price. */
  function now(): { kept: KeptCatalogue; list: PriceList } {
    known ??= laid(store.read(address));
    return known;
  }
  const laid = (kept: KeptCatalogue) => ({ kept, list: priceList([...shipped, ...kept.prices, ...own]) });

  function state(): Catalogue {
    const { at, skipped, lastError, prices } = now().kept;
    const stale = at === undefined || clock.now() - at > STALE_AFTER_REFRESHES * refreshMs;
    return { address, fetchedAt: at, stale, lastError, models: prices.length, skipped };
  }

  async function fetched(): Promise<Catalogue> {
    try {
      const json = await fetchJson(address, { fetch: options.fetch, timeoutMs, maxBytes });
      const at = clock.now();
      const found = pricesIn(json, { source: "catalogue", at });
      if (!found || found.prices.length === 0) throw new Error("it answers with something else than a list of models");
      store.keep(address, { at, ...found });
      known = laid({ at, lastError: undefined, ...found });
      return state();
    } catch (error) {
      if (error instanceof Failure) throw error; // the store's: nothing is wrong with the catalogue
      const problem = error instanceof Error ? error.message : String(error);
      store.failed(address, clock.now(), problem);
      known = { ...now(), kept: { ...now().kept, lastError: problem } };
      throw new Failure("prices.unreachable", { address, problem }, { cause: error });
    }
  }

  return {
    of: (model) => now().list.of(model),
    all: () => now().list.all,
    state,
    async refresh(signal) {
      if (offline) throw new Failure("prices.offline", { address });
      fetching ??= fetched().finally(() => {
        fetching = undefined;
      });
      return unlessAborted(fetching, signal);
    },
  };
}

/** Whoever gives up waits no longer; the fetch itself, which others may wait for too, goes on to its end. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
