/** Whether a process is there; one that has ended and is not waited for yet is not. */
import { readFileSync } from "node:fs";

export function isThere(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
