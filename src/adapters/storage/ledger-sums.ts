/** What was spent, summed up by what is asked for. SQLite adds whole numbers exactly, or says that they are too large. */
import type { Database } from "better-sqlite3";
import { usd } from "../../domain/money.ts";
import type { Spent, SpentQuery } from "../../ports/ledger.ts";

// biome-ignore format: read by column
const NAMES: Record<SpentQuery["by"], string> = {
  model:   "coalesce(served, model)",
  persona: "persona",
  day:     "day",
  run:     "run",
  phase:   "coalesce(phase, '')",
  all:     "'all'",
};

interface Row {
  name: string;
  calls: bigint;
  amount: bigint;
  estimated: bigint;
  unknown: bigint;
  input: bigint;
  output: bigint;
  cached: bigint;
  written: bigint;
  reasoning: bigint;
}

const statementOf = ({ by, run }: SpentQuery): string => `
  SELECT ${NAMES[by]} AS name, count(*) AS calls, coalesce(sum(amount), 0) AS amount,
    coalesce(sum(CASE estimated WHEN 1 THEN amount END), 0) AS estimated, count(*) - count(amount) AS unknown,
    sum(input_tokens) AS input, sum(output_tokens) AS output, sum(cached_tokens) AS cached,
    sum(cache_write_tokens) AS written, sum(reasoning_tokens) AS reasoning
  FROM spending
  WHERE reserved IS NULL ${run === undefined ? "" : "AND run = :run"} AND at >= :since AND at < :until
  GROUP BY 1 ORDER BY 1`;

export function ledgerSums(database: Database): (query: SpentQuery) => Spent[] {
  return (query) =>
    database
      .prepare<[{ run?: string; since: number; until: number }], Row>(statementOf(query))
      .safeIntegers()
      .all({ since: 0, until: Number.MAX_SAFE_INTEGER, ...query })
      .map(({ name, calls, amount, estimated, unknown, ...tokens }) => ({
        name,
        calls: Number(calls),
        usage: {
          inputTokens: Number(tokens.input),
          outputTokens: Number(tokens.output),
          cachedTokens: Number(tokens.cached),
          cacheWriteTokens: Number(tokens.written),
          reasoningTokens: Number(tokens.reasoning),
          costUsd: usd(amount),
          estimated: estimated > 0n,
        },
        amount,
        estimated,
        unknown: Number(unknown),
      }));
}
