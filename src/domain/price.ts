/** Price: what a model's tokens cost, where that is known from, and what follows from it for a call. */
import { z } from "zod";
import { type Money, parseUsd, Usd } from "./money.ts";
import type { Usage } from "./usage.ts";

export const Price = z.strictObject({
  model: z.string().min(1).max(200),
  input: Usd.describe("For each input token"),
  output: Usd.describe("For each output token, reasoning included"),
  cacheRead: Usd.optional().describe("For each input token that came from the provider's cache; as input otherwise"),
  cacheWrite: Usd.optional().describe("For each input token that was written to it; as input otherwise"),
  request: Usd.optional().describe("For each call"),
  source: z.enum(["override", "catalogue", "shipped"]),
  at: z.number().describe("When this was so, in milliseconds since 1970"),
  contextTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
});
export type Price = z.infer<typeof Price>;

const amount = (text: string | undefined): Money => (text === undefined ? 0n : (parseUsd(text) ?? 0n));

/** What these tokens cost at this price. */
export function costOf(
  price: Price,
  usage: Pick<Usage, "inputTokens" | "outputTokens" | "cachedTokens" | "cacheWriteTokens">,
): Money {
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens } = usage;
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens);
  return (
    BigInt(plain) * amount(price.input) +
    BigInt(cachedTokens) * amount(price.cacheRead ?? price.input) +
    BigInt(cacheWriteTokens) * amount(price.cacheWrite ?? price.input) +
    BigInt(outputTokens) * amount(price.output) +
    amount(price.request)
  );
}

/** What an input token costs at most: writing it to the cache may cost more than reading it. */
function dearest({ input, cacheWrite }: Price): Money {
  const plain = amount(input);
  const written = amount(cacheWrite);
  if (written > plain) return written;
  return plain;
}

/** The most that a call can cost: nothing of it cached, everything of it written to the cache where that costs more. */
export function worstCase(price: Price, tokens: { inputTokens: number; maxOutputTokens: number }): Money {
  return (
    BigInt(tokens.inputTokens) * dearest(price) +
    BigInt(tokens.maxOutputTokens) * amount(price.output) +
    amount(price.request)
  );
}
