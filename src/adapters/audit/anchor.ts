/**
 * Where the audit record had come to, remembered outside of it: in a database of its own, in another directory. Not in the
 * database of the runs: a restored backup of that would take the memory back with it.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import SQLite from "better-sqlite3";
import { CHAIN_START, type Link } from "../../domain/audit.ts";

export interface Anchor {
  read(): Link;
  write(link: Link): void;
  close(): void;
}

export function auditAnchor(file: string): Anchor {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  const database = new SQLite(file);
  database.pragma("journal_mode = WAL");
  database.exec(
    "CREATE TABLE IF NOT EXISTS anchor (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER, hash TEXT) STRICT",
  );
  const read = database.prepare<[], Link>("SELECT seq, hash FROM anchor");
  const write = database.prepare<[number, string]>("INSERT OR REPLACE INTO anchor VALUES (1, ?, ?)");
  return {
    read: () => read.get() ?? CHAIN_START,
    write: ({ seq, hash }) => void write.run(seq, hash),
    close: () => void database.close(),
  };
}
