/** Removes a run's worktree once nothing in it can be lost; its branch stays. */
import { chmod, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunId } from "../../domain/ids.ts";
import type { Repository } from "../../ports/workspace.ts";
import { errorCode } from "../system/whole-file.ts";
import { git } from "./git.ts";
import { commonDirOf } from "./inspect.ts";
import {
  branchOf,
  exists,
  forgetRecord,
  readRecord,
  realFolder,
  registrationOf,
  type WorktreeRecord,
} from "./record.ts";
import { saveUncommitted } from "./wip.ts";

export async function remove(folder: string, run: RunId, { root }: Repository): Promise<{ wip: string | undefined }> {
  const worktrees = await realFolder(folder);
  const path = join(worktrees, run);
  const record = (await readRecord(worktrees, run)) ?? (await recordOf(path, run, root).catch(() => undefined));
  if (!record) {
    // The repository is gone, and with it the only one who could tell. No agent was ever in what is left.
    await removeFolder(path);
    return { wip: undefined };
  }
  const wip = (await exists(record.path)) ? await saveUncommitted(run, record) : undefined;
  await removeFolder(record.path);
  // With its folder gone this only strikes the worktree off git's list; it fails when it is not on it.
  await git(["worktree", "remove", "--force", "--force", record.path], {
    cwd: record.commonDir,
    at: { gitDir: record.commonDir },
  });
  await forgetRecord(worktrees, run);
  return { wip };
}

/** A worktree that was never made to its end has no record. */
async function recordOf(path: string, run: RunId, root: string): Promise<WorktreeRecord> {
  const commonDir = await commonDirOf(root);
  const gitDir = (await registrationOf(commonDir, path)) ?? commonDir;
  return { version: 1, path, branch: branchOf(run), root, commonDir, gitDir };
}

/** Out of the way first: a folder that is half deleted must not look like a worktree in which files were deleted. */
async function removeFolder(path: string): Promise<void> {
  const doomed = `${path}.removing`;
  await removeAll(doomed);
  if (!(await exists(path))) return;
  await rename(path, doomed);
  await removeAll(doomed);
}

async function removeAll(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) !== "EACCES" && errorCode(error) !== "EPERM") throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Some tools write-protect the folders of their caches, and nothing can be removed from those. */
async function makeWritable(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
}
