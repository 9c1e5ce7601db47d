/** What calls came to: as the provider told, else from prices, else as bad as it can have been. */
import { type Money, parseUsd, usd } from "../domain/money.ts";
import { costOf } from "../domain/price.ts";
import type { Usage } from "../domain/usage.ts";
import type { Clock } from "../ports/clock.ts";
import type { Booking, OpenReservation } from "../ports/ledger.ts";
import type { Prices } from "../ports/prices.ts";
import type { CallEnd, GenerationCost } from "../ports/spending.ts";

export interface SettlingDeps {
  prices: Prices;
  clock: Clock;
  /** Absent: no provider keeps records. */
  generationCost?: GenerationCost | undefined;
}

/** A provider's record of a call is there some seconds after it: waits between looks, in milliseconds. */
const RECORD_LOOKS_MS = [0, 2_000, 5_000] as const;

type Used = Omit<Extract<CallEnd, { kind: "used" }>, "kind" | "generation">;

/** A cost that was told is that; a free one is nothing; else the price of the model that served decides, if it has one. */
export function priced(
  { usage, served, provider }: Used,
  { model, free = false }: { model: string; free?: boolean },
  { prices, clock }: SettlingDeps,
): Booking {
  const about = {
    ...(served !== undefined && { served }),
    ...(provider !== undefined && { provider }),
    at: clock.now(),
  };
  if (usage.costUsd !== undefined) return { usage, amount: parseUsd(usage.costUsd), ...about };
  const price = free ? undefined : (prices.of(served ?? model) ?? prices.of(model));
  const amount = free ? 0n : price && costOf(price, usage);
  return { usage: withCost(usage, amount, !free), amount, ...about };
}

export function withCost(usage: Usage, amount: Money | undefined, estimated: boolean): Usage {
  return amount === undefined ? usage : { ...usage, costUsd: usd(amount), estimated: usage.estimated || estimated };
}

/** A call whose end nobody heard: as its provider has it in its records, else all that was reserved for it. */
export async function cutOff(
  reservation: OpenReservation,
  told: string | undefined,
  deps: SettlingDeps,
): Promise<Booking> {
  const { account, generation = told } = reservation;
  if (account !== undefined && generation !== undefined && deps.generationCost) {
    for (const waitMs of RECORD_LOOKS_MS) {
      await deps.clock.sleep(waitMs);
      const record = await deps.generationCost(account, generation).catch(() => undefined);
      if (record) return priced(record, reservation, deps);
    }
  }
  return atWorst(reservation, deps);
}

function atWorst({ amount, free, tokens, model }: OpenReservation, { prices, clock }: SettlingDeps): Booking {
  const usage: Usage = {
    inputTokens: tokens?.inputTokens ?? 0,
    outputTokens: tokens?.maxOutputTokens ?? 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimated: true,
  };
  // Reserved without a price: then nobody knows, and nothing is not what it cost.
  const known = free || amount > 0n || prices.of(model) !== undefined;
  return {
    usage: known ? { ...usage, costUsd: usd(amount) } : usage,
    amount: known ? amount : undefined,
    at: clock.now(),
  };
}
