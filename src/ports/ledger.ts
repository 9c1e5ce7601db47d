/**
 * The ledger: money that is reserved and booked, for each call of a model and each report of an agent.
 *
 * K1. `reserve` looks at every scope and writes the reservation in one transaction: however many ask at once, no limit is passed.
 * K2. A call has one entry, under its id: reserving or booking it again changes nothing.
 * K3. `book` takes the reservation away and adds what it really cost, in one transaction.
 * K4. Everything is synchronous and in the file when the call returns; a reservation survives a crash, and a power failure
 *     too, and is found by `open`. A booking that a power failure takes leaves its reservation open.
 * K5. Totals are counted, never summed up anew: `reserve` costs the same after a million calls.
 * Throws `Failure` `storage.full` and its like, and `budget.too_large` for what no column holds.
 */
import type { Crossing, Limit, Scope, ScopeKind, Standing } from "../domain/budget.ts";
import type { Money } from "../domain/money.ts";
import type { Usage } from "../domain/usage.ts";

/** Who spends, and on what. */
export interface Spender {
  run: string;
  session: string;
  persona: string;
  phase?: string;
  /** The model asked for. */
  model: string;
  /** Milliseconds since 1970, and the day in local time that this is booked on. */
  at: number;
  day: string;
  /** What shares a limit or an outage: where a call's generation can be asked for. */
  account?: string;
  /** The provider takes no money: the cost is 0, and known. */
  free?: boolean;
  /** The most that the call can use. */
  tokens?: { inputTokens: number; maxOutputTokens: number };
}

export interface Booking {
  usage: Usage;
  /** Not known: no cost was told and there is no price. */
  amount: Money | undefined;
  /** The model that really served. */
  served?: string;
  provider?: string;
  at: number;
}

export interface OpenReservation extends Spender {
  call: string;
  amount: Money;
  /** The provider's own id of the call, when it was heard in time. */
  generation?: string;
}

export type Entry = { kind: "open"; reservation: OpenReservation } | { kind: "booked"; usage: Usage };

/** One line of what was spent, summed up by what was asked for. */
export interface Spent {
  name: string;
  calls: number;
  usage: Usage;
  amount: Money;
  /** Part of `amount` that devflow worked out itself. */
  estimated: Money;
  /** Entries whose cost is not known. */
  unknown: number;
}

export interface SpentQuery {
  by: "model" | "persona" | "day" | "run" | "phase" | "all";
  run?: string;
  /** Milliseconds since 1970. */
  since?: number;
  until?: number;
}

export interface Ledger {
  /**
   * Writes the reservation, or writes nothing and answers with the limits in its way; `over` names scopes that may be passed.
   * What is free passes no limit.
   */
  reserve(call: string, spender: Spender, amount: Money, over?: readonly ScopeKind[]): Crossing[];
  book(call: string, booking: Booking): void;
  /** The provider's id of a call that is under way: after a crash it can be asked for. */
  note(call: string, generation: string): void;
  /** A call that was never made: its reservation goes without a trace. */
  release(call: string): void;
  /** What an agent reports by itself, without a reservation; `entry` is its idempotency key. */
  report(entry: string, spender: Spender, booking: Booking): void;
  /** The entry of a call or a report; `usage` is as it was booked, its cost included. */
  find(entry: string): Entry | undefined;
  open(): readonly OpenReservation[];
  standing(scope: Scope): Standing;
  spent(query: SpentQuery): readonly Spent[];
  /**
   * A limit of one scope, or of every scope of a kind that has none of its own (`name` absent); of each day of a persona by its
   * name, with or without a version. `undefined` takes it away: the setting counts again, if there is one.
   */
  setLimit(kind: ScopeKind, name: string | undefined, limit: Limit | undefined): void;
  limits(): readonly { kind: ScopeKind; name: string | undefined; limit: Limit }[];
}
