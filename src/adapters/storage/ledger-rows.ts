/** The tables of the ledger: entries, what they come to for each scope, limits. Money is read as `bigint`, never as a float. */
import type { Database } from "better-sqlite3";
import type { Limit, Policy, Scope, ScopeKind } from "../../domain/budget.ts";
import { type Money, usd } from "../../domain/money.ts";
import type { Usage } from "../../domain/usage.ts";
import type { Booking, Entry, OpenReservation, Spender } from "../../ports/ledger.ts";

export interface LedgerRows {
  insert(entry: string, spender: Spender, reserved: Money): void;
  book(entry: string, booking: Booking): void;
  note(entry: string, generation: string): void;
  remove(entry: string): void;
  find(entry: string): Entry | undefined;
  open(): OpenReservation[];
  /** Adds to what a scope comes to. */
  add(scope: Scope, change: { booked: Money; reserved: Money }): void;
  counted(scope: Scope): { booked: Money; reserved: Money };
  limit(kind: ScopeKind, name: string | undefined): { amount: Money; policy: Policy } | undefined;
  setLimit(kind: ScopeKind, name: string | undefined, limit: { amount: Money; policy: Policy } | undefined): void;
  limits(): { kind: ScopeKind; name: string | undefined; limit: Limit }[];
}

/** Whole numbers come as `bigint` from these statements. */
interface Row {
  entry: string;
  run: string;
  session: string;
  persona: string;
  phase: string | null;
  model: string;
  account: string | null;
  free: bigint;
  at: bigint;
  day: string;
  reserved: bigint | null;
  amount: bigint | null;
  estimated: bigint;
  input_tokens: bigint | null;
  output_tokens: bigint | null;
  cached_tokens: bigint | null;
  cache_write_tokens: bigint | null;
  reasoning_tokens: bigint | null;
  generation: string | null;
}

/** What no scope is called: the limit of every scope of a kind. */
const EVERY = "";

/** Limits that were asked for lately: each prompt and each call asks for those of its run, its day and its persona. */
const REMEMBERED = 1_000;

export function ledgerRows(database: Database): LedgerRows {
  const insert = database.prepare(
    `INSERT INTO spending (entry, run, session, persona, phase, model, account, free, at, day, reserved, estimated, input_tokens, output_tokens)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
  );
  const book = database.prepare(
    `UPDATE spending SET reserved = NULL, amount = ?, estimated = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?,
       cache_write_tokens = ?, reasoning_tokens = ?, served = ?, provider = ?, booked_at = ? WHERE entry = ?`,
  );
  const note = database.prepare("UPDATE spending SET generation = ? WHERE entry = ? AND reserved IS NOT NULL");
  const remove = database.prepare("DELETE FROM spending WHERE entry = ?");
  const find = database.prepare<[string], Row>("SELECT * FROM spending WHERE entry = ?").safeIntegers();
  const open = database
    .prepare<[], Row>("SELECT * FROM spending WHERE reserved IS NOT NULL ORDER BY number")
    .safeIntegers();
  const add = database.prepare(
    `INSERT INTO spending_scopes (kind, name, booked, reserved) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, name) DO UPDATE SET booked = booked + excluded.booked, reserved = reserved + excluded.reserved`,
  );
  const counted = database
    .prepare<[string, string], { booked: bigint; reserved: bigint }>(
      "SELECT booked, reserved FROM spending_scopes WHERE kind = ? AND name = ?",
    )
    .safeIntegers();
  const limit = database
    .prepare<[string, string], { amount: bigint; policy: Policy }>(
      "SELECT amount, policy FROM spending_limits WHERE kind = ? AND name = ?",
    )
    .safeIntegers();
  const setLimit = database.prepare(
    "INSERT OR REPLACE INTO spending_limits (kind, name, amount, policy) VALUES (?, ?, ?, ?)",
  );
  const unsetLimit = database.prepare("DELETE FROM spending_limits WHERE kind = ? AND name = ?");
  const limits = database
    .prepare<[], { kind: ScopeKind; name: string; amount: bigint; policy: Policy }>(
      "SELECT kind, name, amount, policy FROM spending_limits ORDER BY kind, name",
    )
    .safeIntegers();
  const remembered = new Map<string, { amount: Money; policy: Policy } | undefined>();

  return {
    insert(entry, { run, session, persona, phase, model, account, free, at, day, tokens }, reserved) {
      const who = [run, session, persona, phase ?? null, model, account ?? null, free ? 1 : 0];
      insert.run(entry, ...who, at, day, reserved, tokens?.inputTokens ?? null, tokens?.maxOutputTokens ?? null);
    },
    book(entry, { usage, amount, served, provider, at }) {
      const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens } = usage;
      const tokens = [inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens];
      book.run(amount ?? null, usage.estimated ? 1 : 0, ...tokens, served ?? null, provider ?? null, at, entry);
    },
    note: (entry, generation) => void note.run(generation, entry),
    remove: (entry) => void remove.run(entry),
    find(entry) {
      const row = find.get(entry);
      if (!row) return undefined;
      return row.reserved === null
        ? { kind: "booked", usage: usageIn(row) }
        : { kind: "open", reservation: openIn(row) };
    },
    open: () => open.all().map(openIn),
    add: ({ kind, name }, { booked, reserved }) => void add.run(kind, name, booked, reserved),
    counted: ({ kind, name }) => counted.get(kind, name) ?? { booked: 0n, reserved: 0n },
    limit(kind, name = EVERY) {
      const key = `${kind}/${name}`;
      if (remembered.size > REMEMBERED) remembered.clear();
      if (!remembered.has(key)) remembered.set(key, limit.get(kind, name));
      return remembered.get(key);
    },
    setLimit(kind, name, wanted) {
      remembered.clear(); // not changed: whether this is committed is not known here
      if (wanted) setLimit.run(kind, name ?? EVERY, wanted.amount, wanted.policy);
      else unsetLimit.run(kind, name ?? EVERY);
    },
    limits: () =>
      limits.all().map(({ kind, name, amount, policy }) => ({
        kind,
        name: name === EVERY ? undefined : name,
        limit: { usd: usd(amount), policy },
      })),
  };
}

function openIn(row: Row): OpenReservation {
  return {
    call: row.entry,
    amount: row.reserved ?? 0n,
    run: row.run,
    session: row.session,
    persona: row.persona,
    ...(row.phase !== null && { phase: row.phase }),
    model: row.model,
    ...(row.account !== null && { account: row.account }),
    ...(row.free === 1n && { free: true }),
    at: Number(row.at),
    day: row.day,
    ...(row.input_tokens !== null && {
      tokens: { inputTokens: Number(row.input_tokens), maxOutputTokens: Number(row.output_tokens) },
    }),
    ...(row.generation !== null && { generation: row.generation }),
  };
}

const usageIn = (row: Row): Usage => ({
  inputTokens: Number(row.input_tokens),
  outputTokens: Number(row.output_tokens),
  cachedTokens: Number(row.cached_tokens),
  cacheWriteTokens: Number(row.cache_write_tokens),
  reasoningTokens: Number(row.reasoning_tokens),
  ...(row.amount !== null && { costUsd: usd(row.amount) }),
  estimated: row.estimated === 1n,
});
