/** The ledger in memory, for tests and simulations: the same rules, nothing on a disk. */
import {
  crossings,
  type Limit,
  limitNames,
  type Scope,
  type ScopeKind,
  type Standing,
  scopesOf,
} from "../../domain/budget.ts";
import { Failure } from "../../domain/failure.ts";
import { MOST_MONEY, type Money, parseUsd, usd } from "../../domain/money.ts";
import type { Usage } from "../../domain/usage.ts";
import type { Booking, Ledger, Spender, Spent, SpentQuery } from "../../ports/ledger.ts";
import type { DefaultLimits } from "./sqlite-ledger.ts";

interface Kept {
  spender: Spender;
  reserved: Money;
  generation?: string;
  booking?: Booking;
}

const keyOf = (kind: ScopeKind, name: string | undefined): string => `${kind} ${name ?? ""}`;

export function memoryLedger(defaults: DefaultLimits = {}): Ledger {
  const entries = new Map<string, Kept>();
  const counts = new Map<string, { booked: Money; reserved: Money }>();
  const limits = new Map<string, { kind: ScopeKind; name: string | undefined; limit: Limit }>();

  const counted = ({ kind, name }: Scope) => counts.get(keyOf(kind, name)) ?? { booked: 0n, reserved: 0n };

  function add(spender: Spender, change: { booked: Money; reserved: Money }): void {
    const next = scopesOf(spender).map((scope) => {
      const before = counted(scope);
      const after = { booked: before.booked + change.booked, reserved: before.reserved + change.reserved };
      fitting(after.booked);
      fitting(after.reserved);
      return [keyOf(scope.kind, scope.name), after] as const;
    });
    for (const [key, after] of next) counts.set(key, after);
  }

  function standing(scope: Scope): Standing {
    const own = limitNames(scope)
      .map((name) => limits.get(keyOf(scope.kind, name))?.limit)
      .find((found) => found !== undefined);
    const limit = own ?? defaults[scope.kind];
    const amount = limit && { amount: parseUsd(limit.usd) ?? 0n, policy: limit.policy };
    return { scope, ...counted(scope), ...(amount && { limit: amount }) };
  }

  return {
    reserve(call, spender, amount, over = []) {
      if (entries.has(call)) return [];
      const inTheWay = spender.free ? [] : crossings(scopesOf(spender).map(standing), fitting(amount));
      const left = inTheWay.filter(({ scope }) => !over.includes(scope.kind));
      if (left.length > 0) return left;
      add(spender, { booked: 0n, reserved: amount });
      entries.set(call, { spender, reserved: amount });
      return [];
    },
    book(call, booking) {
      const found = entries.get(call);
      if (!found) throw new Failure("internal", { problem: `call ${call} was never reserved` });
      if (found.booking) return;
      add(found.spender, { booked: fitting(booking.amount ?? 0n), reserved: -found.reserved });
      found.booking = booking;
    },
    note(call, generation) {
      const found = entries.get(call);
      if (found && !found.booking) found.generation = generation;
    },
    release(call) {
      const found = entries.get(call);
      if (!found || found.booking) return;
      add(found.spender, { booked: 0n, reserved: -found.reserved });
      entries.delete(call);
    },
    report(entry, spender, booking) {
      if (entries.has(entry)) return;
      add(spender, { booked: fitting(booking.amount ?? 0n), reserved: 0n });
      entries.set(entry, { spender, reserved: 0n, booking });
    },
    find(entry) {
      const found = entries.get(entry);
      if (!found) return undefined;
      return found.booking
        ? { kind: "booked", usage: told(found.booking) }
        : { kind: "open", reservation: reservation(entry, found) };
    },
    open: () => [...entries].filter(([, { booking }]) => !booking).map(([call, kept]) => reservation(call, kept)),
    standing,
    spent: (query) => spent([...entries.values()], query),
    setLimit(kind, name, limit) {
      if (limit) fitting(parseUsd(limit.usd) ?? 0n);
      if (limit) limits.set(keyOf(kind, name), { kind, name, limit });
      else limits.delete(keyOf(kind, name));
    },
    limits: () => [...limits].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, kept]) => kept),
  };
}

const reservation = (call: string, { spender, reserved, generation }: Kept) => ({
  ...spender,
  call,
  amount: reserved,
  ...(generation !== undefined && { generation }),
});

function told({ usage, amount }: Booking): Usage {
  const { costUsd: _, ...rest } = usage;
  return { ...rest, ...(amount !== undefined && { costUsd: usd(amount) }) };
}

function fitting(amount: Money): Money {
  if (amount > MOST_MONEY) throw new Failure("budget.too_large", { usd: usd(amount) });
  return amount;
}

const NAMES: Record<SpentQuery["by"], (spender: Spender, booking: Booking) => string> = {
  model: ({ model }, { served }) => served ?? model,
  persona: ({ persona }) => persona,
  day: ({ day }) => day,
  run: ({ run }) => run,
  phase: ({ phase }) => phase ?? "",
  all: () => "all",
};

function spent(entries: readonly Kept[], { by, run, since = 0, until = Infinity }: SpentQuery): Spent[] {
  const sums = new Map<string, Spent>();
  for (const { spender, booking } of entries) {
    if (!booking || (run !== undefined && spender.run !== run) || spender.at < since || spender.at >= until) continue;
    const name = NAMES[by](spender, booking);
    sums.set(
      name,
      plus(sums.get(name) ?? { name, calls: 0, usage: NOTHING, amount: 0n, estimated: 0n, unknown: 0 }, booking),
    );
  }
  return [...sums.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

const NOTHING: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  estimated: false,
};

function plus(sum: Spent, { usage, amount }: Booking): Spent {
  const total = sum.amount + (amount ?? 0n);
  const estimated = sum.estimated + (usage.estimated ? (amount ?? 0n) : 0n);
  return {
    name: sum.name,
    calls: sum.calls + 1,
    usage: {
      inputTokens: sum.usage.inputTokens + usage.inputTokens,
      outputTokens: sum.usage.outputTokens + usage.outputTokens,
      cachedTokens: sum.usage.cachedTokens + usage.cachedTokens,
      cacheWriteTokens: sum.usage.cacheWriteTokens + usage.cacheWriteTokens,
      reasoningTokens: sum.usage.reasoningTokens + usage.reasoningTokens,
      costUsd: usd(total),
      estimated: estimated > 0n,
    },
    amount: total,
    estimated,
    unknown: sum.unknown + (amount === undefined ? 1 : 0),
  };
}
