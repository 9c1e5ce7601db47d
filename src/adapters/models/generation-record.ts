/**
 * What a provider's own records say of a call whose end nobody heard: OpenRouter keeps one for each, found by its id some
 * seconds later. A provider that keeps none answers with an error, which means that nothing is known.
 */
import { accountOf, type Provider } from "../../domain/provider.ts";
import { usageFromProvider } from "../../domain/usage.ts";
import type { GenerationCost } from "../../ports/spending.ts";
import { type Fetch, fetchJson } from "./fetch-json.ts";

export interface GenerationOptions {
  providers: Readonly<Record<string, Provider>>;
  secretOf(name: string): Promise<string | undefined>;
  fetch: Fetch;
}

const TIMEOUT_MS = 10_000;
/** A record has some forty fields. */
const MAX_BYTES = 256 * 1024;

interface GenerationData {
  model?: unknown;
  provider_name?: unknown;
  total_cost?: unknown;
  tokens_prompt?: unknown;
  tokens_completion?: unknown;
  native_tokens_prompt?: unknown;
  native_tokens_completion?: unknown;
  native_tokens_cached?: unknown;
  native_tokens_reasoning?: unknown;
}

export function generationRecords({ providers, secretOf, fetch }: GenerationOptions): GenerationCost {
  return async (account, generation) => {
    const provider = Object.values(providers).find((one) => accountOf(one) === account);
    const key = provider?.key === undefined ? undefined : await secretOf(provider.key);
    if (!provider || key === undefined) return undefined;
    const { data } = (await fetchJson(`${provider.baseUrl}/generation?id=${encodeURIComponent(generation)}`, {
      fetch,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      headers: { authorization: `Bearer ${key}` },
    })) as { data?: GenerationData };
    // Native tokens are those that were paid for; the others are counted alike for all models.
    const usage = usageFromProvider({
      prompt_tokens: data?.native_tokens_prompt ?? data?.tokens_prompt,
      completion_tokens: data?.native_tokens_completion ?? data?.tokens_completion,
      prompt_tokens_details: { cached_tokens: data?.native_tokens_cached },
      completion_tokens_details: { reasoning_tokens: data?.native_tokens_reasoning },
      cost: data?.total_cost,
    });
    return (
      usage && {
        usage,
        ...(typeof data?.model === "string" && { served: data.model }),
        ...(typeof data?.provider_name === "string" && { provider: data.provider_name }),
      }
    );
  };
}
