/**
 * The money of a world, where there is any: limits that are too small, a provider that keeps its own records, and the ledger.
 * All of it outlives each life of the daemon.
 */
import { memoryLedger } from "../src/adapters/storage/memory-ledger.ts";
import { type Limit, Policy } from "../src/domain/budget.ts";
import { costOf, type Price } from "../src/domain/price.ts";
import type { Usage } from "../src/domain/usage.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { Prices } from "../src/ports/prices.ts";
import { accounting } from "./accounting.ts";
import type { Dice } from "./dice.ts";

/** One world in so many has money: what it draws from takes time, and most of what goes wrong has nothing to do with it. */
const WORLDS = 8;

/** The most that a call can be, and so 0.2 dollars. */
export const MOST = { inputTokens: 100, maxOutputTokens: 10 } as const;
const PRICE: Omit<Price, "model"> = { input: "0.001", output: "0.01", source: "shipped", at: 0 };

/** Of a run some calls, of a day some turns. */
const AMOUNTS = ["0.3", "0.6", "1.2", "2.5"];

/** A call at the provider, which does not know what devflow's ledger has of it. */
interface Made {
  entry: string;
  usage: Usage;
}

export interface Money {
  ledger: Ledger;
  prices: Prices;
  /** The setting for runs. */
  setting: { policy: Policy; runUsd: string };
  /** Whether who takes this role calls models through devflow; others report what they have used. */
  calls(role: string): boolean;
  /** A call is made; answers with the provider's id of it. */
  make(call: string, usage: Usage): string;
  /** The provider's records of it. */
  record(generation: string): Usage | undefined;
  /** An agent tells of this, once in its life; the daemon has heard it. */
  tells(entry: string): void;
  heard(entry: string): void;
  /** The daemon is gone, and with it what it had only heard. */
  forgets(): void;
  /** What is reserved for a run that has not been settled. */
  reserved(run: string): string[];
  /** What cannot be any more once nothing stirs. */
  close(): void;
}

export interface MoneyOptions {
  dice: Dice;
  /** There is money in this world, whatever the dice say. */
  always: boolean;
  breaks(rule: string): void;
}

export function money({ dice, always, breaks }: MoneyOptions): Money | undefined {
  if (dice.pick("money", WORLDS) !== 0 && !always) return undefined;
  const pick = <T>(what: string, all: readonly T[]): T => all[dice.pick(what, all.length)] as T;
  const policy = pick("run policy", Policy.options);
  const limit = (kind: string): Limit | undefined => {
    const amount = pick(`${kind} limit`, [undefined, undefined, ...AMOUNTS]);
    return amount === undefined ? undefined : { usd: amount, policy: pick(`${kind} policy`, Policy.options) };
  };
  const [day, persona] = [limit("day"), limit("persona-day")];
  const kept = memoryLedger({ ...(day && { day }), ...(persona && { "persona-day": persona }) });
  const account = accounting(kept, breaks);
  const records = new Map<string, Made>();
  const price = (model: string): Price => ({ model, ...PRICE });
  return {
    ...account,
    setting: { policy, runUsd: pick("run limit", AMOUNTS) },
    prices: {
      of: price,
      all: () => [],
      state: () => ({ address: "", fetchedAt: 0, stale: false, lastError: undefined, models: 1, skipped: 0 }),
      refresh: () => Promise.reject(new Error("there is no catalogue")),
    },
    calls: (role) => dice.pick(`${role} calls`, 3) > 0,
    make(call, usage) {
      const generation = `generation ${records.size + 1}`;
      records.set(generation, { entry: account.paidBy(call, costOf(price(""), usage)), usage });
      return generation;
    },
    record: (generation) => records.get(generation)?.usage,
  };
}

/** What an agent says that it used, in a call or at once. */
export const usedTokens = (outputTokens: number): Usage => ({
  inputTokens: MOST.inputTokens,
  outputTokens,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  estimated: false,
});
