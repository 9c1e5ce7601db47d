/**
 * Usage: the tokens of one model call, or of what an agent reports at once.
 *
 * U1. Cached and cache-written tokens are part of the input; reasoning is part of the output. None is ever added to them.
 * U2. The cost is what the provider said; without it, it is worked out from a price and marked `estimated`, or not known.
 *     Not known is `undefined`, never 0.
 */
import { z } from "zod";
import { parseUsd, Usd, usd, usdFromJson } from "./money.ts";

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

/**
 * What a provider says of one call: the `usage` object of an answer in the shape of OpenAI and OpenRouter. `undefined` when it says
 * nothing of worth: an answer always had an input, so that all zeros are no usage (U2).
 */
export function usageFromProvider(json: unknown): Usage | undefined {
  const told = record(json);
  const prompt = tokenCount(told.prompt_tokens);
  const completion = tokenCount(told.completion_tokens);
  const total = tokenCount(told.total_tokens);
  const costUsd = costTold(told);
  if (!prompt && !completion && !total && (costUsd === undefined || parseUsd(costUsd) === 0n)) return undefined;

  const input = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0));
  const output = completion ?? Math.max(0, (total ?? 0) - input);
  const details = record(told.prompt_tokens_details);
  return usageOf({
    input,
    output,
    cached: tokenCount(details.cached_tokens) ?? tokenCount(told.prompt_cache_hit_tokens),
    cacheWrite: tokenCount(details.cache_write_tokens),
    reasoning: tokenCount(record(told.completion_tokens_details).reasoning_tokens),
    total,
    costUsd,
  });
}

export interface Counts {
  input: number;
  output: number;
  cached?: number | undefined;
  cacheWrite?: number | undefined;
  reasoning?: number | undefined;
  /** Of everything, where that is told: shows what is counted beside what. */
  total?: number | undefined;
  costUsd?: string | undefined;
}

/** Some count cached tokens beside the input, or reasoning beside the output: they are put where they belong (U1). */
export function usageOf({ input, output, cached = 0, cacheWrite = 0, reasoning = 0, total, costUsd }: Counts): Usage {
  const inCache = cached + cacheWrite;
  const cacheIsBeside = inCache > input || (inCache > 0 && total === input + inCache + output);
  const inputTokens = cacheIsBeside ? input + inCache : input;
  const reasoningIsBeside = reasoning > output || (reasoning > 0 && total === inputTokens + output + reasoning);
  return {
    inputTokens,
    outputTokens: reasoningIsBeside ? output + reasoning : output,
    cachedTokens: cached,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: reasoning,
    estimated: false,
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** With a key of one's own at the provider, `cost` is the router's fee alone: the provider's bill comes on top, or is not known. */
function costTold(told: Record<string, unknown>): string | undefined {
  const cost = usdFromJson(told.cost);
  if (told.is_byok !== true) return cost;
  const upstream = usdFromJson(record(told.cost_details).upstream_inference_cost);
  if (upstream === undefined) return undefined;
  return usd((parseUsd(cost ?? "0") ?? 0n) + (parseUsd(upstream) ?? 0n));
}

/** More tokens than this are a mistake of who tells them; sums of such counts stay exact. */
const MAX_TOKENS = 1e12;

/** `undefined` when it is no number of tokens. */
export const tokenCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : undefined;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
