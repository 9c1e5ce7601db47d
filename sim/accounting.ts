/** What is written into a world's ledger, added up once more beside it: a rule is broken at the write that breaks it. */
import { type Scope, scopesOf } from "../src/domain/budget.ts";
import { type Money as Amount, usd } from "../src/domain/money.ts";
import type { Ledger, Spender } from "../src/ports/ledger.ts";

interface Kept {
  spender: Spender;
  reserved: Amount;
  amount?: Amount | undefined;
  end?: "booked" | "released";
  made?: Amount;
}

const keyOf = ({ kind, name }: Scope): string => `${kind} ${name}`;

export function accounting(kept: Ledger, breaks: (rule: string) => void) {
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
