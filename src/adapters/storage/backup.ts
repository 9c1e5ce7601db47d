/**
 * A backup while the daemon runs: the database as it is at one moment, copied by SQLite itself, and beside it the files that
 * it names, in one compressed archive. Kept artifacts and reports are never changed once they are there, so copying them after
 * the database misses none that it names.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Database } from "better-sqlite3";
import { Failure } from "../../domain/failure.ts";
import { isDiskFull, systemProblem } from "../../domain/system-problem.ts";

export interface BackupOptions {
  database: Database;
  /** The data directory, and what of it is named by the database. */
  data: string;
  folders: readonly string[];
}

/** Throws `Failure` backup.exists, backup.failed, storage.full; nothing is left behind then. */
export async function backup(target: string, { database, data, folders }: BackupOptions): Promise<{ bytes: number }> {
  if (existsSync(target)) throw new Failure("backup.exists", { path: target });
  let staged: string | undefined;
  try {
    staged = mkdtempSync(join(dirname(target), ".devflow-backup-"));
    const [copy, archive] = [join(staged, "devflow.db"), join(staged, "archive")];
    await database.backup(copy);
    const there = folders.filter((folder) => existsSync(join(data, folder)));
    // Every system that devflow runs on has tar, and a person can look into what it makes.
    await promisify(execFile)("tar", ["-czf", archive, "-C", staged, basename(copy), "-C", data, ...there]);
    renameSync(archive, target);
    return { bytes: statSync(target).size };
  } catch (error) {
    if (isDiskFull(error)) throw new Failure("storage.full", { path: dirname(target) }, { cause: error });
    throw new Failure("backup.failed", { path: target, problem: systemProblem(error) }, { cause: error });
  } finally {
    if (staged) rmSync(staged, { recursive: true, force: true });
  }
}
