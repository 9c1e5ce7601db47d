/**
 * Usage: the tokens of one model call, or of what an agent reports at once.
 *
 * U1. Cached and cache-written tokens are part of the input; reasoning is part of the output. None is ever added to them.
 * U2. The cost is what the provider said; without it, it is worked out from a price and marked `estimated`, or not known.
 *     Not known is `undefined`, never 0.
 */
import { z } from "zod";
import { Usd } from "./money.ts";

const Tokens = z.int().nonnegative();

export const Usage = z.strictObject({
  inputTokens: Tokens,
  outputTokens: Tokens,
  cachedTokens: Tokens.default(0),
  cacheWriteTokens: Tokens.default(0),
  reasoningTokens: Tokens.default(0),
  costUsd: Usd.optional(),
  estimated: z.boolean().default(false).describe("The cost is devflow's own, from a price and the tokens"),
});
export type Usage = z.infer<typeof Usage>;

/** What a provider says of one call; `undefined` when it says nothing of worth. */
export function usageFromProvider(json: unknown): Usage | undefined {
  const told = json as Record<string, unknown> & { prompt_tokens_details?: { cached_tokens?: number } };
  if (typeof told?.prompt_tokens !== "number" || typeof told.completion_tokens !== "number") return undefined;
  return Usage.parse({
    inputTokens: told.prompt_tokens,
    outputTokens: told.completion_tokens,
    cachedTokens: told.prompt_tokens_details?.cached_tokens ?? 0,
    ...(typeof told.cost === "number" && { costUsd: String(told.cost) }),
  });
}
