/**
 * How the database comes to have the schema that this version knows: numbered steps, forward only.
 *
 * M1. A step that has been released is never edited; a change is a new step at the end.
 * M2. A step is all or nothing, its number included: a crash in the middle leaves the database as it was before.
 * M3. Each released schema has a stored database in `fixtures/databases` that every later version must open.
 */
import type { Database } from "better-sqlite3";
import { Failure } from "../../../domain/failure.ts";
import { V1 } from "./v1.ts";
import { V2 } from "./v2.ts";
import { V3 } from "./v3.ts";
import { V4 } from "./v4.ts";
import { V5 } from "./v5.ts";
import { V6 } from "./v6.ts";

/** Step n takes a database from schema n - 1 to schema n. */
const STEPS: readonly string[] = [V1, V2, V3, V4, V5, V6];

export const SCHEMA_VERSION = STEPS.length;

/** "dvfw": tells our databases from other programs' by four bytes of the file's header. */
const APPLICATION_ID = 0x64766677;

export function migrate(database: Database, file: string, steps: readonly string[] = STEPS): void {
  const found = Number(database.pragma("user_version", { simple: true }));
  const owner = Number(database.pragma("application_id", { simple: true }));
  const blank = database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
  if (!blank && owner !== APPLICATION_ID) {
    throw new Failure("storage.foreign", { path: file });
  }
  if (found > steps.length) throw new Failure("storage.newer", { path: file, found, known: steps.length });
  for (const [index, sql] of steps.entries()) {
    if (index < found) continue;
    const step = database.transaction(() => {
      database.exec(sql);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${index + 1}`);
    });
    step.immediate();
  }
}
