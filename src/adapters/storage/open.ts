/** Opens the database: makes it when there is none, refuses it when it is damaged or newer, sets it up for one writer. */
import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import SQLite, { type Database } from "better-sqlite3";
import { damaged } from "../../domain/damage.ts";
import { Failure } from "../../domain/failure.ts";
import { keepAside } from "./keep-aside.ts";
import { migrate } from "./schema/migrations.ts";
import { guarded, storageFailure } from "./storage-failure.ts";

/** Checking reads the whole file, at 0.6 ms a megabyte when it is cached: a start must not take seconds for it. */
const CHECKED_UP_TO_BYTES = 256 * 1024 * 1024;

/** In KiB, as SQLite wants it. Appends touch the ends of a few tables; the system's cache holds the rest. */
const PAGE_CACHE_KIB = 8 * 1024;

/** Pages of the write-ahead log after which it is copied into the file, which waits for the disk; 16 MB, four times what SQLite does by itself. */
const CHECKPOINT_PAGES = 4_000;

/** At the start somebody may be just reading a backup out of it. */
const OPEN_WAIT_MS = 5_000;
/** Afterwards the whole daemon stands still while SQLite waits: what could not be written is tried again instead. */
const LOCKED_WAIT_MS = 100;

export function openDatabase(file: string): Database {
  return guarded(file, () => {
    make(file);
    const database = new SQLite(file, { timeout: OPEN_WAIT_MS });
    try {
      database.pragma("journal_mode = WAL");
      database.pragma(`cache_size = -${PAGE_CACHE_KIB}`);
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      database.pragma("trusted_schema = OFF");
      check(database, file);
      migrate(database, file);
      database.pragma(`busy_timeout = ${LOCKED_WAIT_MS}`);
      return database;
    } catch (error) {
      // Before it is closed: that writes to the file.
      const failure = aside(storageFailure(error, file), file);
      database.close();
      throw failure;
    }
  });
}

/** Goals and prompts are nobody else's to read. SQLite gives the files beside it the same mode. */
function make(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Only a file that is not there is opened here: closing one that SQLite has open would drop its locks.
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function check(database: Database, file: string): void {
  if (statSync(file).size > CHECKED_UP_TO_BYTES) return;
  const found = String(database.pragma("quick_check(1)", { simple: true }));
  if (found !== "ok") throw damaged(file, found.replace(/\s+/g, " "));
}

function aside(failure: unknown, file: string): unknown {
  if (!(failure instanceof Failure) || failure.code !== "storage.damaged") return failure;
  return damaged(file, String(failure.params.problem), keepAside(file), failure.cause);
}
