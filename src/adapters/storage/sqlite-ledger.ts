/** The ledger in SQLite, over the database of the event log: one file, one process that writes. */
import type { Database } from "better-sqlite3";
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
import type { Ledger } from "../../ports/ledger.ts";
import { ledgerRows } from "./ledger-rows.ts";
import { ledgerSums } from "./ledger-sums.ts";
import { storageFailure } from "./storage-failure.ts";
import { transactions } from "./transactions.ts";

/** Limits that count where the ledger itself has none. */
export type DefaultLimits = Partial<Record<ScopeKind, Limit>>;

/** `file` is for what is said when something is wrong with it; whoever opened the database closes it. */
export function sqliteLedger(database: Database, file: string, defaults: DefaultLimits = {}): Ledger {
  const rows = ledgerRows(database);
  const sums = ledgerSums(database);
  const transaction = transactions(database);

  function guarded<T>(work: () => T): T {
    if (!database.open) throw new Failure("daemon.stopping");
    try {
      return work();
    } catch (error) {
      throw tooLarge(error) ?? storageFailure(error, file);
    }
  }
  const written = <T>(durable: boolean, work: () => T): T => guarded(() => transaction(durable, work));

  function standing(scope: Scope): Standing {
    const limit = limitNames(scope)
      .map((name) => rows.limit(scope.kind, name))
      .find((found) => found !== undefined);
    const counted = limit ?? amountOf(defaults[scope.kind]);
    return { scope, ...rows.counted(scope), ...(counted && { limit: counted }) };
  }

  const add = (spender: Parameters<typeof scopesOf>[0], change: { booked: Money; reserved: Money }): void => {
    for (const scope of scopesOf(spender)) rows.add(scope, change);
  };

  return {
    reserve: (call, spender, amount, over = []) =>
      written(true, () => {
        if (rows.find(call)) return []; // K2
        const inTheWay = spender.free ? [] : crossings(scopesOf(spender).map(standing), fitting(amount));
        const left = inTheWay.filter(({ scope }) => !over.includes(scope.kind));
        if (left.length > 0) return left;
        rows.insert(call, spender, amount);
        add(spender, { booked: 0n, reserved: amount });
        return [];
      }),
    // Not waited for on the disk: what a power failure takes of it is a reservation that is found open (K4).
    book: (call, booking) =>
      written(false, () => {
        const found = rows.find(call);
        if (!found) throw new Failure("internal", { problem: `call ${call} was never reserved` });
        if (found.kind === "booked") return;
        rows.book(call, booking);
        add(found.reservation, { booked: fitting(booking.amount ?? 0n), reserved: -found.reservation.amount });
      }),
    note: (call, generation) => written(false, () => rows.note(call, generation)),
    release: (call) =>
      written(false, () => {
        const found = rows.find(call);
        if (found?.kind !== "open") return;
        rows.remove(call);
        add(found.reservation, { booked: 0n, reserved: -found.reservation.amount });
      }),
    report: (entry, spender, booking) =>
      written(false, () => {
        if (rows.find(entry)) return;
        rows.insert(entry, spender, 0n);
        rows.book(entry, booking);
        add(spender, { booked: fitting(booking.amount ?? 0n), reserved: 0n });
      }),
    find: (entry) => guarded(() => rows.find(entry)),
    open: () => guarded(rows.open),
    standing: (scope) => guarded(() => standing(scope)),
    spent: (query) => guarded(() => sums(query)),
    setLimit: (kind, name, limit) => written(true, () => rows.setLimit(kind, name, amountOf(limit))),
    limits: () => guarded(rows.limits),
  };
}

const amountOf = (limit: Limit | undefined) =>
  limit && { amount: fitting(parseUsd(limit.usd) ?? 0n), policy: limit.policy };

function fitting(amount: Money): Money {
  if (amount > MOST_MONEY) throw new Failure("budget.too_large", { usd: usd(amount) });
  return amount;
}

/** SQLite makes a float of a sum that no whole number holds; a column of whole numbers does not take it. */
const tooLarge = (error: unknown): Failure | undefined => {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code !== "SQLITE_CONSTRAINT_DATATYPE") return undefined;
  return new Failure("budget.too_large", { usd: `more than ${usd(MOST_MONEY)}` }, { cause: error });
};
