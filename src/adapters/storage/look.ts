/** Looks at a database without changing it: whether it is whole, and which devflow wrote it. */
import { statSync } from "node:fs";
import SQLite from "better-sqlite3";
import { Failure } from "../../domain/failure.ts";
import { SCHEMA_VERSION } from "./schema/migrations.ts";
import { storageFailure } from "./storage-failure.ts";

export type DatabaseLook =
  | { kind: "none" }
  | { kind: "good"; bytes: number; whole: boolean }
  | { kind: "damaged"; problem: string }
  | { kind: "locked"; holder: string }
  | { kind: "newer"; found: number; known: number };

/** Reading a larger one through takes longer than anybody waits here; the daemon does it when it starts. */
const READ_THROUGH_BYTES = 64 * 1024 * 1024;

export function lookAtDatabase(file: string): DatabaseLook {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return { kind: "none" };
  let database: SQLite.Database | undefined;
  try {
    database = new SQLite(file, { readonly: true, fileMustExist: true, timeout: 500 });
    const found = Number(database.pragma("user_version", { simple: true }));
    if (found > SCHEMA_VERSION) return { kind: "newer", found, known: SCHEMA_VERSION };
    const whole = bytes <= READ_THROUGH_BYTES;
    const problem = whole ? String(database.pragma("quick_check(1)", { simple: true })) : "ok";
    return problem === "ok" ? { kind: "good", bytes, whole } : { kind: "damaged", problem };
  } catch (error) {
    const failure = storageFailure(error, file);
    if (failure instanceof Failure && failure.code === "storage.locked")
      return { kind: "locked", holder: String(failure.params.holder) };
    if (failure instanceof Failure && failure.code === "storage.damaged")
      return { kind: "damaged", problem: String(failure.params.problem) };
    throw failure;
  } finally {
    database?.close();
  }
}
