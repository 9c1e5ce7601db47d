/**
 * One instance at a time: an EXCLUSIVE SQLite lock on a tiny database, held for life.
 *
 * The system lets go of it when the process dies, however it dies, and at no other time: a stopped or busy holder keeps
 * it, and no clock is asked. The holder's pid is in a file beside it: nobody can read a database that is locked, and the
 * holder must never open the lock's file itself, as closing it would drop the lock.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import SQLite from "better-sqlite3";
import { Failure } from "../../domain/failure.ts";
import { isDiskFull } from "../../domain/system-problem.ts";
import { notForThisNode } from "./native-package.ts";

export interface InstanceLock {
  release(): void;
}

const pidFile = (file: string): string => `${file}.pid`;

/** Those who race for the lock stand in each other's way for an instant: who came first must outwait the others' look. */
const RACE_MS = 200;

/** The lock, or `undefined` while another process, or this one, holds it. */
export function takeInstanceLock(file: string): InstanceLock | undefined {
  const database = exclusive(file);
  if (!database) return undefined;
  writePid(file);
  return {
    release() {
      if (!database.open) return;
      rmSync(pidFile(file), { force: true });
      database.close();
    },
  };
}

function exclusive(file: string): SQLite.Database | undefined {
  let database: SQLite.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    database = new SQLite(file, { timeout: RACE_MS });
    database.pragma("locking_mode = EXCLUSIVE");
    // In this mode what a transaction has locked stays locked after it.
    database.exec("BEGIN EXCLUSIVE; COMMIT");
    return database;
  } catch (error) {
    database?.close();
    if (codeOf(error).startsWith("SQLITE_BUSY")) return undefined;
    const other = notForThisNode(error);
    if (other) throw other;
    const problem = error instanceof Error ? error.message : String(error);
    throw new Failure("storage.unusable", { path: file, problem }, { cause: error });
  }
}

/** Who holds the lock, for people; `undefined` when the last holder is gone or the new one has not said yet. */
export function instanceHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(file), "utf8"));
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** By rename: a reader sees all of it or none. It is for people: where there is no room for it, the lock holds without. */
function writePid(file: string): void {
  const fresh = `${pidFile(file)}.new`;
  try {
    writeFileSync(fresh, `${process.pid}\n`, { mode: 0o600 });
    renameSync(fresh, pidFile(file));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
