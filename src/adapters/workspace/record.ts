/** What devflow itself knows of a run's worktree: kept beside it, out of reach of what is written inside. */
import { readFileSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { RunId } from "../../domain/ids.ts";
import { errorCode, writeWhole } from "../system/whole-file.ts";

const WorktreeRecord = z.strictObject({
  version: z.literal(1),
  path: z.string(),
  branch: z.string(),
  root: z.string(),
  commonDir: z.string(),
  /** Git's own part of the worktree. */
  gitDir: z.string(),
});
export type WorktreeRecord = z.infer<typeof WorktreeRecord>;

export const branchOf = (run: RunId): string => `devflow/${run}`;
export const wipRefOf = (run: RunId): string => `refs/devflow/wip/${run}`;

const fileOf = (worktrees: string, run: RunId): string => join(worktrees, `${run}.json`);

/**
 * The record of a worktree that was made to its end; undefined when there is none, or none that can be read. Read at once, as
 * `exists` looks at once: a trip to another thread takes longer, and each file that is written for an agent needs several.
 */
export async function readRecord(worktrees: string, run: RunId): Promise<WorktreeRecord | undefined> {
  try {
    return WorktreeRecord.parse(JSON.parse(readFileSync(fileOf(worktrees, run), "utf8")));
  } catch {
    return undefined;
  }
}

export const writeRecord = (worktrees: string, run: RunId, record: WorktreeRecord): Promise<void> =>
  writeWhole(fileOf(worktrees, run), `${JSON.stringify(record, null, 2)}\n`);

export const forgetRecord = (worktrees: string, run: RunId): Promise<void> =>
  rm(fileOf(worktrees, run), { force: true });

/** Where git keeps its own part of the worktree at `path`: `<common>/worktrees/<name>`; undefined when git knows none there. */
export async function registrationOf(commonDir: string, path: string): Promise<string | undefined> {
  const all = join(commonDir, "worktrees");
  for (const name of await readdir(all).catch(() => [])) {
    const gitDir = join(all, name);
    const link = await readFile(join(gitDir, "gitdir"), "utf8").catch(() => "");
    if (resolve(gitDir, link.replace(/\n$/, "")) === join(path, ".git")) return gitDir;
  }
  return undefined;
}

export async function exists(path: string): Promise<boolean> {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** The folder of all worktrees, by its real path: git writes no other. */
export async function realFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return realpath(path);
}
