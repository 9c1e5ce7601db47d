/** Transactions of everybody who writes to the database: each says itself whether it has to be on the disk. */
import type { Database } from "better-sqlite3";

/** Runs work in one transaction, which is on the disk when `durable` asks for it. */
export function transactions(database: Database): <T>(durable: boolean, work: () => T) => T {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const end = database.prepare("COMMIT");
  return (durable, work) => {
    // Said each time, since the log and the ledger share the connection, and saying it costs half a microsecond; a second
    // connection would throw away the other's cached pages instead.
    database.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
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
