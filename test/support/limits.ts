/** Takes something away from a process that runs, and gives it back: what `ulimit` does, from outside, as any user may. */
import { execFileSync, spawnSync } from "node:child_process";

export const canLimit = process.platform === "linux" && spawnSync("prlimit", ["--version"]).status === 0;

/** Sets the soft limit alone; the returned function gives it back. */
export function limit(pid: number, what: "nofile" | "fsize", most: number): () => void {
  const prlimit = (...args: string[]): string =>
    execFileSync("prlimit", ["--pid", String(pid), ...args], { encoding: "utf8" });
  const before = prlimit(`--${what}`, "--raw", "--noheadings", "--output", "SOFT").trim();
  prlimit(`--${what}=${most}:`);
  return () => void prlimit(`--${what}=${before}:`);
}
