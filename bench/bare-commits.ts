/**
 * The least that keeps events in SQLite: a table of rows with the one key that no two may share, a commit for each row. What the log
 * and the engine are measured against.
 */
import SQLite from "better-sqlite3";

export interface BareCommits {
  /** One row, one commit; on the disk when `durable`. */
  commit(event: string, durable: boolean): void;
  close(): void;
}

const RUN = "01JZ8N3V000000QK5RTXW9YB4M";

export function bareCommits(file: string): BareCommits {
  const database = new SQLite(file);
  database.pragma("journal_mode = WAL");
  database.exec(
    "CREATE TABLE events (cursor INTEGER PRIMARY KEY, run TEXT, position INTEGER, at INTEGER, event TEXT, UNIQUE (run, position))",
  );
  const insert = database.prepare("INSERT INTO events (run, position, at, event) VALUES (?, ?, ?, ?)");
  let position = 0;
  let synchronous: boolean | undefined;
  return {
    commit(event, durable) {
      if (synchronous !== durable) database.pragma(`synchronous = ${durable ? "FULL" : "NORMAL"}`);
      synchronous = durable;
      position += 1;
      insert.run(RUN, position, Date.now(), event);
    },
    close: () => void database.close(),
  };
}
