/**
 * What the ledger takes for a call: reserved durably, then booked, each in its own transaction, as `spending` does it.
 *
 * Against two bare commits of one row each, the first waited for on the disk: both sides take turns in short rounds, so that
 * other work on the machine hits both. The rate itself is a bar too, since a daemon has to keep up with its agents.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { openDatabase } from "../src/adapters/storage/open.ts";
import { sqliteLedger } from "../src/adapters/storage/sqlite-ledger.ts";
import type { Ledger, Spender } from "../src/ports/ledger.ts";
import { type Figure, median } from "./figure.ts";

const ROUNDS = 41;
/** Pairs of a round: enough for a rate, few enough that a round sees one mood of the machine. */
const PAIRS = 50;
/** Calls that were booked before: cost must not depend on them (K5). */
const EARLIER = 20_000;

const PAIRS_A_SECOND = 2_000;
const LEAST_RATIO = 0.3;

export async function ledgerBench(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "devflow-bench-"));
  try {
    const file = join(folder, "devflow.db");
    const database = openDatabase(file);
    const ledger = sqliteLedger(database, file, { day: { usd: "1000", policy: "block" } });
    const bare = bareCommits(join(folder, "bare.db"));
    for (let n = 0; n < EARLIER; n++) ledger.report(`earlier-${n}`, spender, booking);
    pairs(ledger, "warm");
    const rounds = Array.from({ length: ROUNDS }, (_, round) => ({
      ours: rate(() => pairs(ledger, `round-${round}`)),
      bare: rate(bare.pairs),
    }));
    bare.close();
    database.close();
    const ours = median(rounds.map((round) => round.ours));
    const ratio = median(rounds.map((round) => round.ours / round.bare));
    return [
      {
        figure: "ledger, reserve + book pairs a second",
        value: Math.round(ours),
        bar: `≥ ${PAIRS_A_SECOND}`,
        ok: ours >= PAIRS_A_SECOND,
        detail: `after ${EARLIER} calls before, reserved durably`,
      },
      {
        figure: "ledger, reserve + book / two bare commits",
        value: ratio,
        bar: `≥ ${LEAST_RATIO}`,
        ok: ratio >= LEAST_RATIO,
        detail: `${Math.round(ours)}/s over ${Math.round(median(rounds.map((round) => round.bare)))}/s`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const spender: Spender = {
  run: "01JZ8N3V000000QK5RTXW9YB4M",
  session: "01JZ8N3V0000S0QK5RTXW9YB4M",
  persona: "deep-coder@1",
  phase: "implement",
  model: "house/large",
  at: 1,
  day: "2026-11-21",
  account: "https://models.example/api/v1 MODEL_KEY",
  tokens: { inputTokens: 20_000, maxOutputTokens: 4_000 },
};

const booking = {
  usage: {
    inputTokens: 20_000,
    outputTokens: 700,
    cachedTokens: 15_000,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimated: false,
  },
  amount: 7_123_456_789n,
  served: "house/large-2",
  provider: "House",
  at: 2,
};

function pairs(ledger: Ledger, name: string): void {
  for (let n = 0; n < PAIRS; n++) {
    const call = `01JZ8N3V0000S0QK5RTXW9YB4M/${name}/${n}`;
    const crossed = ledger.reserve(call, spender, 20_000_000_000n);
    if (crossed.length > 0) throw new Error("the bench's own limit was passed");
    ledger.book(call, booking);
  }
}

function bareCommits(file: string): { pairs(): void; close(): void } {
  const database = new SQLite(file);
  database.pragma("journal_mode = WAL");
  database.exec("CREATE TABLE calls (number INTEGER PRIMARY KEY, call TEXT UNIQUE, reserved INTEGER, amount INTEGER)");
  const insert = database.prepare("INSERT INTO calls (call, reserved) VALUES (?, ?)");
  const update = database.prepare("UPDATE calls SET reserved = NULL, amount = ? WHERE call = ?");
  let calls = 0;
  return {
    pairs() {
      for (let n = 0; n < PAIRS; n++) {
        calls += 1;
        const call = `01JZ8N3V0000S0QK5RTXW9YB4M/bare/${calls}`;
        database.exec("PRAGMA synchronous = FULL");
        insert.run(call, 20_000_000_000n);
        database.exec("PRAGMA synchronous = NORMAL");
        update.run(7_123_456_789n, call);
      }
    },
    close: () => void database.close(),
  };
}

/** Pairs a second. */
function rate(work: () => void): number {
  const from = process.hrtime.bigint();
  work();
  return (PAIRS * 1e9) / Number(process.hrtime.bigint() - from);
}
