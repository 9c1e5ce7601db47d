/**
 * Prices out of what others write: the model list of OpenRouter and of servers that speak like it, and a person's own settings.
 * A row that cannot be read is passed over and counted; keys that nobody knows are passed over too.
 */
import { z } from "zod";
import { ceilDivide, parseUsd, Usd, usd, usdFromJson } from "./money.ts";
import { Price, SpecialPrice } from "./price.ts";

export interface PriceRows {
  prices: Price[];
  /** Rows without a price that can be understood. A router that picks a model says -1: it is one of them. */
  skipped: number;
}

/** `undefined` when this is no list of models at all. */
export function pricesIn(json: unknown, from: Pick<Price, "source" | "at">): PriceRows | undefined {
  const { data } = record(json);
  if (!Array.isArray(data)) return undefined;
  const prices = data.flatMap((row) => priceIn(row, from) ?? []);
  return { prices, skipped: data.length - prices.length };
}

function priceIn(json: unknown, from: Pick<Price, "source" | "at">): Price | undefined {
  const row = record(json);
  const pricing = record(row.pricing);
  const alias = text(row.canonical_slug);
  const discount = usdFromJson(pricing.discount);
  const special = Array.isArray(pricing.overrides) ? pricing.overrides.flatMap((one) => specialIn(one) ?? []) : [];
  const found = Price.safeParse({
    model: row.id,
    ...present({
      title: text(row.name),
      aliases: alias === undefined || alias === row.id ? undefined : [alias],
      ...ratesIn(pricing),
      request: usdFromJson(pricing.request),
      discount: discount === "0" ? undefined : discount,
      special: special.length === 0 ? undefined : special,
      contextTokens: count(row.context_length),
      maxOutputTokens: count(record(row.top_provider).max_completion_tokens),
    }),
    ...from,
  });
  return found.success ? found.data : undefined;
}

const ratesIn = (pricing: Record<string, unknown>) =>
  present({
    input: usdFromJson(pricing.prompt),
    output: usdFromJson(pricing.completion),
    cacheRead: usdFromJson(pricing.input_cache_read),
    cacheWrite: usdFromJson(pricing.input_cache_write),
    cacheWrite1h: usdFromJson(pricing.input_cache_write_1h),
    reasoning: usdFromJson(pricing.internal_reasoning),
  });

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const CONDITIONS = ["min_prompt_tokens", "utc_start", "utc_end", "utc_days"];

/** Any other key with a price in it is of no interest; any other key without one may be a condition. */
function specialIn(json: unknown): SpecialPrice | undefined {
  const row = record(json);
  const days = Array.isArray(row.utc_days) ? row.utc_days.map((day) => DAYS.indexOf(String(day))) : undefined;
  const strange = Object.entries(row).some(
    ([key, value]) => !CONDITIONS.includes(key) && value !== null && typeof value !== "string",
  );
  const rates = ratesIn(row);
  if (Object.keys(rates).length === 0) return undefined;
  const conditions = {
    over: row.min_prompt_tokens ?? undefined,
    from: row.utc_start ?? undefined,
    until: row.utc_end ?? undefined,
    days,
  };
  const found = SpecialPrice.safeParse({ ...present(conditions), ...rates });
  return found.success && !strange ? found.data : { unclear: true, ...rates };
}

/** A person writes prices as price lists do: for a million tokens. */
const PER = 1_000_000n;
const PerMillion = z.union([Usd, z.number().nonnegative()]);

export const OwnPrice = z.strictObject({
  input: PerMillion.describe("US dollars for a million input tokens"),
  output: PerMillion.describe("US dollars for a million output tokens"),
  cacheRead: PerMillion.optional().describe("For a million tokens from the provider's cache; as input otherwise"),
  cacheWrite: PerMillion.optional().describe("For a million tokens written to it; as input otherwise"),
  request: PerMillion.optional().describe("US dollars for each call"),
  contextTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
});
export type OwnPrice = z.infer<typeof OwnPrice>;

export function ownPrice(model: string, own: OwnPrice, from: Pick<Price, "source" | "at">): Price {
  const { input, output, cacheRead, cacheWrite, request, ...sizes } = own;
  return {
    model,
    input: perToken(input),
    output: perToken(output),
    ...(cacheRead !== undefined && { cacheRead: perToken(cacheRead) }),
    ...(cacheWrite !== undefined && { cacheWrite: perToken(cacheWrite) }),
    ...(request !== undefined && { request: usdFromJson(request) ?? "0" }),
    ...sizes,
    ...from,
  };
}

const perToken = (million: string | number): string => usd(ceilDivide(parseUsd(usdFromJson(million) ?? "") ?? 0n, PER));

/** The other way round, for people to read. */
export const perMillion = (token: string): string => usd((parseUsd(token) ?? 0n) * PER);

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value.length <= 200 ? value : undefined;

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Without what is not there: a schema tells an absent key from one that is `undefined`. */
const present = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;
