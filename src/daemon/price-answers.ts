/** What the daemon answers about prices. */
import { Failure } from "../domain/failure.ts";
import { referenceOf } from "../domain/names.ts";
import { nearest } from "../domain/nearest.ts";
import type { Persona } from "../domain/persona.ts";
import type { Price } from "../domain/price.ts";
import type { Definitions } from "../ports/definitions.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { Catalogue, Prices } from "../ports/prices.ts";
import type { CatalogueState } from "../protocol/money.ts";
import type { EngineApi } from "./engine-api.ts";

export interface PriceAnswersDeps {
  prices: Prices;
  ledger: Pick<Ledger, "spent">;
  definitions: Pick<Definitions, "personas">;
  /** Whether a persona's provider takes no money. */
  free: (persona: Persona) => boolean;
}

type PriceAnswers = Pick<EngineApi, "price" | "usedPrices" | "models">;

export function priceAnswers({ prices, ledger, definitions, free }: PriceAnswersDeps): PriceAnswers {
  const catalogue = (): CatalogueState => catalogueState(prices.state());
  return {
    price: async ({ model }) => {
      const price = prices.of(model);
      if (price) return { price, catalogue: catalogue() };
      throw new Failure("prices.unknown", { model, suggestion: suggestion(model, prices.all()) });
    },
    usedPrices: async ({ repo }) => {
      const { good } = await definitions.personas.list(repo);
      const used = new Map<string, { personas: Persona[]; calls: number }>();
      const entry = (model: string) => {
        const known = used.get(model) ?? { personas: [], calls: 0 };
        used.set(model, known);
        return known;
      };
      for (const { value } of good) if (value.model !== undefined) entry(value.model).personas.push(value);
      for (const { name, calls } of ledger.spent({ by: "model" })) if (name !== "") entry(name).calls += calls;
      const models = [...used].sort(([one], [other]) => (one < other ? -1 : 1));
      return {
        models: models.map(([model, { personas, calls }]) => {
          const price = prices.of(model);
          const forNothing = personas.length > 0 && personas.every(free);
          return {
            ...{ model, personas: personas.map(referenceOf), calls },
            ...(forNothing && { free: true as const }),
            ...(price && !forNothing && { price }),
          };
        }),
        catalogue: catalogue(),
      };
    },
    models: async ({ search, refresh }) => {
      if (refresh) await prices.refresh();
      const wanted = search?.trim().toLowerCase().split(/\s+/) ?? [];
      const fits = ({ model, title = "" }: Price): boolean => {
        const text = `${model} ${title}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      };
      return { models: prices.all().filter(fits), catalogue: catalogue() };
    },
  };
}

export const catalogueState = ({ fetchedAt, lastError, ...rest }: Catalogue): CatalogueState => ({
  ...rest,
  ...(fetchedAt !== undefined && { fetchedAt }),
  ...(lastError !== undefined && { lastError }),
});

/** A person may leave out the maker: `claude-sonet` means `anthropic/claude-sonnet-4`. */
function suggestion(model: string, all: readonly Price[]): string {
  const names = all.flatMap((price) => [price.model, price.model.slice(price.model.indexOf("/") + 1)]);
  const meant = nearest(model, names);
  return meant === undefined ? "" : ` (did you mean ${meant}?)`;
}
