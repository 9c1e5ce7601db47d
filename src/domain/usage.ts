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
