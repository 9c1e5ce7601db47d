/** What is left among the worktrees: the runs that have a folder there, and folders whose deletion was cut off. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RunId } from "../../domain/ids.ts";

const REMOVING = ".removing";

export async function worktreeRuns(worktrees: string): Promise<RunId[]> {
  return (await readdir(worktrees).catch(() => [])).flatMap((name) => RunId.safeParse(name).data ?? []);
}

/** Everything in them was saved before they got this name. What was moved aside may be somebody's work, and stays. */
export async function halfRemoved(worktrees: string): Promise<{ path: string; remove(): Promise<void> }[]> {
  const names = (await readdir(worktrees).catch(() => [])).filter(
    (name) => name.endsWith(REMOVING) && RunId.safeParse(name.slice(0, -REMOVING.length)).success,
  );
  return names.map((name) => {
    const path = join(worktrees, name);
    return { path, remove: () => rm(path, { recursive: true, force: true }) };
  });
}
