/** What SQLite reports, as a failure that a person can act on. */
import { damaged } from "../../domain/damage.ts";
import { Failure } from "../../domain/failure.ts";
import { shortage } from "../../domain/system-problem.ts";
import { notForThisNode } from "../system/native-package.ts";
import { filesAreLimited } from "./file-limit.ts";
import { lockHolder } from "./lock-holder.ts";

const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;
/** SHMSIZE: there was no room for the index of the write-ahead log when the database was opened. */
const FULL: ReadonlySet<string> = new Set(["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "ENOSPC", "EDQUOT"]);
const LOCKED = /^SQLITE_(BUSY|LOCKED)/;
/** The disk or the rights are in the way: the database itself may be whole. */
const UNUSABLE = /^SQLITE_(CANTOPEN|READONLY|IOERR|PERM|AUTH|PROTOCOL)/;

const field = (error: unknown, name: "code" | "message"): string => {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
  return typeof value === "string" ? value : "";
};

/** The failure that an error of SQLite or the file system means; an error that is neither stays as it is. */
export function storageFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error;
  const known = shortage(error) ?? notForThisNode(error);
  if (known) return known;
  const code = field(error, "code");
  const problem = field(error, "message");
  if (code === "SQLITE_IOERR_WRITE" && filesAreLimited())
    return new Failure("machine.file_limit", {}, { cause: error });
  if (FULL.has(code)) {
    return new Failure("storage.full", { path }, { cause: error });
  }
  if (LOCKED.test(code)) return new Failure("storage.locked", { path, holder: lockHolder(path) }, { cause: error });
  if (DAMAGED.test(code)) return damaged(path, problem, undefined, error);
  if (UNUSABLE.test(code) || /^E[A-Z]+$/.test(code)) {
    return new Failure("storage.unusable", { path, problem }, { cause: error });
  }
  return error;
}

/** Runs `work`; what SQLite throws in it becomes a failure. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageFailure(error, path);
  }
}
