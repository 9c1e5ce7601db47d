/** The table of events: one row an event, its JSON stored once. */
import type { Database } from "better-sqlite3";
import { damaged } from "../../domain/damage.ts";
import { RunEvent, type StoredEvent } from "../../domain/event.ts";
import type { RunId } from "../../domain/ids.ts";
import { jsonOf } from "../../domain/json-text.ts";
import { advance, unknown } from "../../domain/run-row.ts";
import type { Asked } from "./append-rules.ts";
import type { Place } from "./follow.ts";
import { freshEvents } from "./fresh-events.ts";
import type { Known, Span } from "./standings.ts";

interface Row {
  cursor: number;
  run: string;
  position: number;
  at: number;
  event: string;
}

export interface EventRows {
  insert(asked: Asked): StoredEvent[];
  head(): number;
  ofRun(run: RunId, from: number, limit?: number): StoredEvent[];
  /** Folds a run, and finds the keys that it has taken. */
  known(run: RunId): Known;
  beginning(run: RunId): StoredEvent[];
  page(after: Place, limit: number, run?: RunId): StoredEvent[];
  /** Every run that has an event. */
  allRuns(): RunId[];
}

const NUMBER = "(SELECT number FROM run_numbers WHERE run_numbers.run = ?)";
const COLUMNS =
  "SELECT cursor, run_numbers.run, position, at, event FROM events JOIN run_numbers ON number = events.run";

export function eventRows(database: Database, file: string): EventRows {
  const enrol = database.prepare<[string]>("INSERT INTO run_numbers (run) VALUES (?)");
  const insert = database.prepare<[string, number, number, string | null, number | null, string]>(
    `INSERT INTO events (run, position, at, key, count, event) VALUES (${NUMBER}, ?, ?, ?, ?, ?)`,
  );
  const head = database.prepare<[], number | null>("SELECT max(cursor) FROM events").pluck();
  const ofRun = database.prepare<[string, number, number], Row>(
    `${COLUMNS} WHERE events.run = ${NUMBER} AND position >= ? ORDER BY position LIMIT ?`,
  );
  const keys = database.prepare<[string], { key: string } & Span>(
    `SELECT key, position AS "from", count FROM events WHERE run = ${NUMBER} AND key IS NOT NULL`,
  );
  const first = database
    .prepare<[string], number>(`SELECT count FROM events WHERE run = ${NUMBER} AND position = 1`)
    .pluck();
  const page = database.prepare<[number, number], Row>(`${COLUMNS} WHERE cursor > ? ORDER BY cursor LIMIT ?`);
  // The cursor is in the index too: a page of one run costs what it holds, not what the other runs did meanwhile.
  const pageOfRun = database.prepare<[string, number, number, number], Row>(
    `${COLUMNS} WHERE events.run = ${NUMBER} AND position > ? AND cursor > ? ORDER BY position LIMIT ?`,
  );
  const allRuns = database.prepare<[], RunId>("SELECT run FROM run_numbers").pluck();

  const fresh = freshEvents();
  const stored = (row: Row): StoredEvent => ({
    ...row,
    event: fresh.has(row.cursor, row.event) ? (JSON.parse(row.event) as RunEvent) : decode(row, file),
  });
  const range = (run: RunId, from: number, limit: number) => ofRun.all(run, from, limit).map(stored);

  return {
    insert({ run, expected, events, key, at }) {
      if (expected === 0 && events.length > 0) enrol.run(run);
      return events.map((event, index) => {
        const position = expected + 1 + index;
        const [itsKey, count] = index === 0 ? [key ?? null, events.length] : [null, null];
        const text = JSON.stringify(event);
        const cursor = Number(insert.run(run, position, at, itsKey, count, text).lastInsertRowid);
        fresh.keep(cursor, text);
        return { cursor, run, position, at, event };
      });
    },
    head: () => head.get() ?? 0,
    ofRun: (run, from, limit = -1) => range(run, from, limit),
    known: (run) => ({
      standing: range(run, 1, -1).reduce((standing, { event, at }) => advance(standing, event, at), unknown),
      keys: new Map(keys.all(run).map(({ key, from, count }) => [key, { from, count }])),
    }),
    beginning: (run) => range(run, 1, first.get(run) ?? 0),
    page: ({ cursor, position }, limit, run) =>
      (run === undefined ? page.all(cursor, limit) : pageOfRun.all(run, position, cursor, limit)).map(stored),
    allRuns: () => allRuns.all(),
  };
}

/** What is on the disk is input: parsing gives an old event the defaults of fields that came later (E3). */
function decode({ cursor, event }: Row, path: string): RunEvent {
  const parsed = RunEvent.safeParse(jsonOf(event));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw damaged(path, `event ${cursor} ${where}: ${issue?.message ?? "not JSON"}`);
}
