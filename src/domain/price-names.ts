/**
 * Which price a model has, by a name that may be more or less than the one in the price list.
 *
 * N1. The name itself comes first, whatever its source; then without its routing (`:nitro`, `:free`); then without its date;
 *     then without what stands before a slash (`openrouter/`); last by what stands behind the last slash, if only one model ends so.
 * N2. Capitals do not count, and `4.5` is `4-5`: providers do not agree on either.
 * N3. Nothing is taken to be free by its name: `:free` without a row of its own has the price of the model, as an upper bound.
 */
import type { Price } from "./price.ts";

export interface PriceList {
  of(model: string): Price | undefined;
  /** One for each model, by name. */
  all: readonly Price[];
}

/** Of two prices of one model the later one in the list counts. */
export function priceList(prices: readonly Price[]): PriceList {
  const models = new Map<string, Price>();
  for (const price of prices) models.set(plain(price.model), price);

  const names = new Map<string, Price>();
  for (const price of models.values()) {
    for (const alias of price.aliases ?? []) if (!models.has(plain(alias))) names.set(plain(alias), price);
  }
  for (const [name, price] of models) names.set(name, price);

  const tails = new Map<string, Price | "several">();
  for (const [name, price] of names) {
    const tail = lastPart(name);
    const known = tails.get(tail);
    tails.set(tail, known === undefined || known === price ? price : "several");
  }

  return {
    of(model) {
      for (const name of namesOf(model)) {
        const found = names.get(name);
        if (found) return found;
      }
      for (const name of namesOf(model)) {
        const found = tails.get(lastPart(name));
        if (found && found !== "several") return found;
      }
      return undefined;
    },
    all: [...models.values()].sort((one, other) => (one.model < other.model ? -1 : 1)),
  };
}

/** N2 */
const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/(\d)\.(?=\d)/g, "$1-");

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `-20250929`, `-2024-08-06`, `@20250929` and `-latest`. Four digits are a version of some models, no date. */
const DATE = /(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2})|-latest)$/;

/** N1, without its last step. */
function namesOf(model: string): string[] {
  const name = plain(model);
  const routed = name.replace(/:[^/:]*$/, "");
  const undated = routed.replace(DATE, "");
  const parts = undated.split("/");
  const shorter = parts.slice(1).map((_, index) => parts.slice(index + 1).join("/"));
  return [...new Set([name, routed, undated, ...shorter])].filter((one) => one !== "");
}
