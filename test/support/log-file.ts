/** The event log as it lies on the disk, read past the daemon that writes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { StoredEvent } from "../../src/domain/event.ts";

export const databaseOf = (home: string): string => join(home, "data", "devflow.db");

type Row = Omit<StoredEvent, "event"> & { event: string };

export interface LogFile {
  /** Events of all runs behind a cursor, as they were stored; none while there is no database. */
  after(cursor: number): StoredEvent[];
  close(): void;
}

/** Stays open, for whoever looks often. */
export function logFile(home: string): LogFile {
  const file = databaseOf(home);
  let database: Database.Database | undefined;
  let query: Database.Statement<[number], Row> | undefined;
  return {
    after(cursor) {
      if (!database && !existsSync(file)) return [];
      database ??= new Database(file, { readonly: true });
      query ??= database.prepare(
        "SELECT cursor, run_numbers.run, position, at, event FROM events JOIN run_numbers ON number = events.run WHERE cursor > ? ORDER BY cursor",
      );
      return query.all(cursor).map((row) => ({ ...row, event: JSON.parse(row.event) }));
    },
    close: () => database?.close(),
  };
}

export function eventsAfter(home: string, cursor: number): StoredEvent[] {
  const log = logFile(home);
  try {
    return log.after(cursor);
  } finally {
    log.close();
  }
}
