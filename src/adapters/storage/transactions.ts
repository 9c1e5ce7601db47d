/** Transactions of everybody who writes to the database: each says itself whether it has to be on the disk. */
import type { Database } from "better-sqlite3";

/** What each connection was told last: the log and the ledger share one. */
const told = new WeakMap<Database, boolean>();

/** Runs work in one transaction, which is on the disk when `durable` asks for it. */
export function transactions(database: Database): <T>(durable: boolean, work: () => T) => T {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const end = database.prepare("COMMIT");
  return (durable, work) => {
    // A second connection for what is durable would throw away the other's cached pages instead.
    if (told.get(database) !== durable) database.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    told.set(database, durable);
    begin.run();
    try {
      const result = work();
      end.run();
      return result;
    } catch (error) {
      // SQLite may have undone it by itself: a full disk does.
      if (database.inTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
}
