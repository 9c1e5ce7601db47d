/** The event log as it lies on the disk, read past the daemon that writes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { StoredEvent } from "../../src/domain/event.ts";

export const databaseOf = (home: string): string => join(home, "data", "devflow.db");

/** Events of all runs behind a cursor, as they were stored; none while there is no database. */
export function eventsAfter(home: string, cursor: number): StoredEvent[] {
  const file = databaseOf(home);
  if (!existsSync(file)) return [];
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare<[number], Omit<StoredEvent, "event"> & { event: string }>(
        "SELECT cursor, run_numbers.run, position, at, event FROM events JOIN run_numbers ON number = events.run WHERE cursor > ? ORDER BY cursor",
      )
      .all(cursor)
      .map((row) => ({ ...row, event: JSON.parse(row.event) }));
  } finally {
    database.close();
  }
}
