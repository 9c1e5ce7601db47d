/** Whether this process may write files of any size (`ulimit -f`): SQLite tells a write beyond that as any other that failed. */
import { readFileSync } from "node:fs";

const UNLIMITED = /^Max file size\s+unlimited/m;

/** False where the system does not tell: only Linux does. */
export function filesAreLimited(): boolean {
  try {
    return !UNLIMITED.test(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return false;
  }
}
