/** Who else has locked a database, for people: the system knows it on Linux. */
import { readFileSync, statSync } from "node:fs";
import { DATABASE_FILES } from "../../domain/damage.ts";

/** ` (pid 7, sqlite3)`, or nothing where it cannot be told. */
export function lockHolder(database: string): string {
  try {
    const inodes = DATABASE_FILES.map((end) => statSync(`${database}${end}`, { throwIfNoEntry: false })?.ino);
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const [, pid, inode] = /^\d+: \S+\s+\S+\s+\S+\s+(\d+)\s+\w+:\w+:(\d+)\s/.exec(line) ?? [];
      if (pid === undefined || Number(pid) === process.pid || !inodes.includes(Number(inode))) continue;
      return ` (pid ${pid}, ${readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`;
    }
  } catch {
    // Not Linux, or it has gone meanwhile.
  }
  return "";
}
