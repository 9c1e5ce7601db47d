/**
 * A backup while the daemon runs: the database as it is at one moment, copied by SQLite itself, and beside it the files that
 * it names, in one compressed archive. Kept artifacts and reports are never changed once they are there, so copying them after
 * the database misses none that it names.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Database } from "better-sqlite3";
import { Failure } from "../../domain/failure.ts";
import { isDiskFull, systemProblem } from "../../domain/system-problem.ts";
import { type StrayFile, strayFiles } from "../system/stray-files.ts";
import { isUnfinished, unfinished } from "../system/whole-file.ts";

export interface BackupOptions {
  database: Database;
  /** The data directory, and what of it is named by the database. */
  data: string;
  folders: readonly string[];
}

/** A note in the data directory that says where a backup is being made: a killed daemon cannot clean up there. */
const NOTE = "backup";

/** Throws `Failure` backup.exists, backup.failed, storage.full; nothing is left behind then. */
export async function backup(target: string, { database, data, folders }: BackupOptions): Promise<{ bytes: number }> {
  if (existsSync(target)) throw new Failure("backup.exists", { path: target });
  const note = unfinished(join(data, NOTE));
  const staged = unfinished(join(dirname(target), ".devflow-backup"));
  const [copy, archive] = [join(staged, "devflow.db"), join(staged, "archive")];
  try {
    writeFileSync(note, staged, { mode: 0o600 });
    mkdirSync(staged, { mode: 0o700 });
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
    remove(staged, note);
  }
}

/** What daemons before this one had begun of backups, wherever people had wanted them. */
export async function unfinishedBackups(data: string, before: number): Promise<StrayFile[]> {
  const notes = await strayFiles(data, (name) => name.startsWith(`${NOTE}.`) && isUnfinished(name), before);
  return notes.map(({ path: note }) => {
    const staged = readFileSync(note, "utf8");
    return { path: staged, remove: async () => remove(staged, note) };
  });
}

/** The note last: until then it says what is left. */
function remove(staged: string, note: string): void {
  if (isUnfinished(staged)) rmSync(staged, { recursive: true, force: true });
  rmSync(note, { force: true });
}
