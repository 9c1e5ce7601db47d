/** Where a person has set a count back to nothing. The books are not touched by it. */
import type { Database } from "better-sqlite3";
import type { UsageMarks } from "../../ports/usage-marks.ts";
import { guarded } from "./storage-failure.ts";

export function usageMarks(database: Database, file: string): UsageMarks {
  const read = database.prepare<[string], number>("SELECT at FROM usage_marks WHERE name = ?").pluck();
  const write = database.prepare(
    "INSERT INTO usage_marks (name, at) VALUES (@name, @at) ON CONFLICT (name) DO UPDATE SET at = @at",
  );
  return {
    of: (name) => guarded(file, () => read.get(name)),
    set: (name, at) => guarded(file, () => void write.run({ name, at })),
  };
}
