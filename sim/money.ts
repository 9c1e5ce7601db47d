/**
 * The money of a world, where there is any: limits that are too small, a provider that keeps its own records, and the ledger.
 * All of it outlives each life of the daemon. Whatever is written into the ledger is added up here once more, and must come to the same.
 */
import { memoryLedger } from "../src/adapters/storage/memory-ledger.ts";
import { type Limit, Policy, type Scope, scopesOf } from "../src/domain/budget.ts";
import { type Money as Amount, usd } from "../src/domain/money.ts";
import { costOf, type Price } from "../src/domain/price.ts";
import type { Usage } from "../src/domain/usage.ts";
import type { Ledger, Spender } from "../src/ports/ledger.ts";
import type { Prices } from "../src/ports/prices.ts";
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

interface Kept {
  spender: Spender;
  reserved: Amount;
  amount?: Amount | undefined;
  end?: "booked" | "released";
  made?: Amount;
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

const keyOf = ({ kind, name }: Scope): string => `${kind} ${name}`;

/** The ledger, and beside it what it must hold: a rule is broken at the write that breaks it. */
function accounting(kept: Ledger, breaks: (rule: string) => void) {
  const entries = new Map<string, Kept>();
  /** Open entries, and those whose end is to be looked at. */
  const open = new Set<string>();
  const sums = new Map<string, Amount>();
  const told = new Set<string>();
  const owed = new Set<string>();

  function add(spender: Spender, change: Amount): void {
    for (const scope of scopesOf(spender)) {
      const key = keyOf(scope);
      const sum = (sums.get(key) ?? 0n) + change;
      sums.set(key, sum);
      const { booked, reserved } = kept.standing(scope);
      if (booked + reserved !== sum)
        breaks(`the ledger has ${usd(booked + reserved)} for ${key}, and it came to ${usd(sum)}`);
    }
  }

  /** M1 of the budget. What agents report by themselves, and limits that a person makes smaller, nobody can hold back. */
  function within(spender: Spender): void {
    for (const scope of scopesOf(spender)) {
      const { limit } = kept.standing(scope);
      const sum = sums.get(keyOf(scope)) ?? 0n;
      if (limit && limit.policy !== "warn_continue" && sum > limit.amount)
        breaks(`a reservation brings ${keyOf(scope)} to ${usd(sum)}, past its limit of ${usd(limit.amount)}`);
    }
  }

  function ends(call: string, end: Kept["end"], amount?: Amount): void {
    const entry = entries.get(call);
    if (!entry || entry.end || !end) return;
    Object.assign(entry, { end, amount });
    open.delete(call);
    add(entry.spender, (amount ?? 0n) - entry.reserved);
    if (end === "released" && entry.made !== undefined) breaks(`a call that was made is not booked: ${call}`);
    const fits = amount === undefined || amount === entry.reserved || amount === entry.made;
    if (!fits) breaks(`${call} is booked with ${usd(amount)}, and came to ${usd(entry.made ?? 0n)}`);
  }

  const ledger: Ledger = {
    ...kept,
    reserve(call, spender, amount, over) {
      const crossed = kept.reserve(call, spender, amount, over);
      if (crossed.length > 0 || entries.has(call)) return crossed;
      entries.set(call, { spender, reserved: amount });
      open.add(call);
      add(spender, amount);
      within(spender);
      return crossed;
    },
    book(call, booking) {
      kept.book(call, booking);
      ends(call, "booked", booking.amount);
    },
    release(call) {
      kept.release(call);
      ends(call, "released");
      entries.delete(call);
    },
    report(entry, spender, booking) {
      kept.report(entry, spender, booking);
      if (!told.has(entry)) breaks(`${entry} is booked, and nobody has made it or told it`);
      owed.delete(entry);
      if (entries.has(entry)) return;
      entries.set(entry, { spender, reserved: 0n, end: "booked", amount: booking.amount });
      add(spender, booking.amount ?? 0n);
    },
  };

  return {
    ledger,
    /** The entry that a call is reserved under, which is paid for now. */
    paidBy(call: string, cost: Amount): string {
      const name = [...open].findLast((one) => one === call || nth(one, call));
      const entry = name === undefined ? undefined : entries.get(name);
      if (!entry || name === undefined) {
        breaks(`a call is made without a reservation: ${call}`);
        return call;
      }
      if (entry.made !== undefined) breaks(`a call is made twice under one reservation: ${call}`);
      entry.made = cost;
      return name;
    },
    tells: (entry: string): void => void told.add(entry),
    heard: (entry: string): void => void (entries.has(entry) || owed.add(entry)),
    forgets: (): void => owed.clear(),
    reserved: (run: string): string[] => [...open].filter((call) => entries.get(call)?.spender.run === run),
    close(): void {
      for (const call of open) breaks(`a reservation is left: ${call}`);
      for (const entry of owed) breaks(`it was heard what an agent has used, and it is not booked: ${entry}`);
    },
  };
}

/** Made again after it was settled, a call has another entry. */
const nth = (entry: string, call: string): boolean =>
  entry.startsWith(`${call}/`) && /^\d+$/.test(entry.slice(call.length + 1));

/** What an agent says that it used, in a call or at once. */
export const usedTokens = (outputTokens: number): Usage => ({
  inputTokens: MOST.inputTokens,
  outputTokens,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  estimated: false,
});
