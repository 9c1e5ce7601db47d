/** Kills what a process has started, the way the kernel does when memory is short: no signal that could be answered. */
import { execFileSync } from "node:child_process";

/** Everything below `root`, the lowest first; `root` itself is left. */
export function killBelow(root: number): void {
  if (root <= 1) throw new Error(`there is no process ${root} to kill below`);
  const children = childrenOf();
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [...below(child), child]);
  for (const pid of below(root)) process.kill(pid, "SIGKILL");
}

function childrenOf(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const row of execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n")) {
    const [pid = 0, parent = 0] = row.trim().split(/\s+/).map(Number);
    found.set(parent, [...(found.get(parent) ?? []), pid]);
  }
  return found;
}
