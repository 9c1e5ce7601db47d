/** The table of runs: a line each, kept in step with the log by whoever appends, and made anew from it when asked. */
import type { Database } from "better-sqlite3";
import type { RunId } from "../../domain/ids.ts";
import { isBeside, type RunRow, rowOf, type Standing } from "../../domain/run-row.ts";
import { isTidy } from "../../domain/run-state.ts";
import type { EventLog } from "../../ports/event-log.ts";

export interface RunList extends Pick<EventLog, "runs" | "run" | "resolve" | "runByKey" | "activeRun" | "unfinished"> {
  /** Inside the transaction of the append that took the run from `before` to `after`. */
  write(id: RunId, before: Standing, after: Standing): void;
  /** Inside a transaction, before every run is written again. */
  clear(): void;
}

/** A row as SQLite gives it: NULL where the port says `undefined`. */
type Line = {
  [Name in keyof RunRow]: undefined extends RunRow[Name] ? Exclude<RunRow[Name], undefined> | null : RunRow[Name];
};

/** When it was updated is said by its newest event: an append that changes nothing else writes no row. */
const LINE = `SELECT id, status, template, repo, base, branch, goal, started_at AS startedAt,
    (SELECT events.at FROM events JOIN run_numbers ON number = events.run WHERE run_numbers.run = id
     ORDER BY position DESC LIMIT 1) AS updatedAt,
    ended_at AS endedAt, runs.at, accepted, phases`;

const rowFrom = (line: Line): RunRow => ({
  ...line,
  branch: line.branch ?? undefined,
  endedAt: line.endedAt ?? undefined,
});

export function runList(database: Database): RunList {
  const writes = writing(database);
  const one = database.prepare<[RunId], Line>(`${LINE} FROM runs JOIN goals ON run = id WHERE id = ?`);
  const list = listing(database);
  const ids = database
    .prepare<{ part: string; limit: number }, RunId>(
      "SELECT id FROM runs WHERE substr(id, 1, length(:part)) = :part OR substr(id, -length(:part)) = :part ORDER BY id DESC LIMIT :limit",
    )
    .pluck();
  const byKey = database.prepare<[string], { run: RunId; requestHash: string | null }>(
    "SELECT id AS run, request_hash AS requestHash FROM runs WHERE idempotency_key = ?",
  );
  const active = database
    .prepare<[string, string], RunId>(
      "SELECT id FROM runs WHERE repo = ? AND base = ? AND ended_at IS NULL AND beside = 0",
    )
    .pluck();
  const unfinished = database.prepare<[], RunId>("SELECT run FROM untidy_runs ORDER BY run").pluck();

  return {
    ...writes,
    runs: (query) => list(query).map(rowFrom),
    run(id) {
      const line = one.get(id);
      return line && rowFrom(line);
    },
    // Ids are upper case; nobody has to type them so.
    resolve: (part, limit) => (part === "" ? [] : ids.all({ part: part.toUpperCase(), limit })),
    runByKey(key) {
      const found = byKey.get(key);
      return found && { run: found.run, requestHash: found.requestHash ?? undefined };
    },
    activeRun: (repo, base) => active.get(repo, base),
    unfinished: () => unfinished.all(),
  };
}

function listing(database: Database): (query: Parameters<EventLog["runs"]>[0]) => Line[] {
  interface Bound {
    limit: number;
    before: string;
    status: string | null;
  }
  // Ids are made of digits and capitals: every one is less than "~".
  const prepare = (index: string, where: string) =>
    database.prepare<Bound, Line>(
      `${LINE} FROM runs ${index} JOIN goals ON run = id WHERE id < :before ${where} ORDER BY id DESC LIMIT :limit`,
    );
  const newest = prepare("", "");
  // Without a named index SQLite would look for the few that are active among all that have ended.
  const active = prepare("INDEXED BY active_runs", "AND ended_at IS NULL AND (:status IS NULL OR status = :status)");
  const withStatus = prepare("INDEXED BY runs_by_status", "AND status = :status");
  const ended = prepare("", "AND ended_at IS NOT NULL AND (:status IS NULL OR status = :status)");
  return ({ limit, before, active: wanted, status }) => {
    const bound: Bound = { limit, before: before ?? "~", status: status ?? null };
    if (wanted === true) return active.all(bound);
    if (wanted === false) return ended.all(bound);
    return (status === undefined ? newest : withStatus).all(bound);
  };
}

function writing(database: Database): Pick<RunList, "write" | "clear"> {
  type Progress = Pick<Line, "id" | "at" | "accepted" | "branch">;
  type Turn = Progress & Pick<Line, "status" | "endedAt">;
  type New = Omit<Line, "goal" | "updatedAt"> & {
    idempotencyKey: string | null;
    requestHash: string | null;
    beside: 0 | 1;
  };
  const insert = database.prepare<New>(
    `INSERT INTO runs VALUES (:id, :status, :template, :repo, :base, :branch, :startedAt, :endedAt, :at,
       :accepted, :phases, :idempotencyKey, :requestHash, :beside)`,
  );
  const goal = database.prepare<[string, string]>("INSERT INTO goals (run, goal) VALUES (?, ?)");
  // Most changes are of no column that an index holds; naming one would write the indexes again.
  const progress = database.prepare<Progress>(
    "UPDATE runs SET at = :at, accepted = :accepted, branch = :branch WHERE id = :id",
  );
  const turn = database.prepare<Turn>(
    "UPDATE runs SET at = :at, accepted = :accepted, branch = :branch, status = :status, ended_at = :endedAt WHERE id = :id",
  );
  const untidy = database.prepare<[string]>("INSERT INTO untidy_runs VALUES (?)");
  const tidied = database.prepare<[string]>("DELETE FROM untidy_runs WHERE run = ?");
  const leaving = ["DELETE FROM runs WHERE id = ?", "DELETE FROM goals WHERE run = ?"].map((sql) =>
    database.prepare<[string]>(sql),
  );
  const clearing = ["runs", "goals", "untidy_runs"].map((table) => database.prepare(`DELETE FROM ${table}`));

  return {
    write(id, before, after) {
      const row = rowOf(id, after);
      const was = rowOf(id, before);
      if (!row) {
        if (was) for (const statement of leaving) statement.run(id);
        return;
      }
      const { at, accepted, status, goal: words, updatedAt: _, ...rest } = row;
      const branch = row.branch ?? null;
      const endedAt = row.endedAt ?? null;
      if (!was) {
        const { idempotencyKey = null, requestHash = null } = after.state.started ?? {};
        const beside = isBeside(after) ? 1 : 0;
        insert.run({ ...rest, at, accepted, status, branch, endedAt, idempotencyKey, requestHash, beside });
        goal.run(id, words);
      } else if (was.status !== status || was.endedAt !== row.endedAt) {
        turn.run({ id, at, accepted, branch, status, endedAt });
      } else if (was.at !== at || was.accepted !== accepted || was.branch !== row.branch) {
        progress.run({ id, at, accepted, branch });
      }
      const tidy = isTidy(after.state);
      if (!was || tidy !== isTidy(before.state)) (tidy ? tidied : untidy).run(id);
    },
    clear() {
      for (const statement of clearing) statement.run();
    },
  };
}
