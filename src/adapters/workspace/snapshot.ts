/** A worktree as it is now, through an index of our own: the agent's index, and so what it has staged, is untouched. */
import { copyFile, mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unfinished } from "../system/whole-file.ts";
import { FOLDER } from "./devflow-folder.ts";
import { type GitCall, git, gitText } from "./git.ts";
import { callFor, headOf } from "./head.ts";
import type { WorktreeRecord } from "./record.ts";

export interface SnapshotOptions {
  /** Keep what is found in the repository; otherwise it goes with the snapshot. */
  lasting: boolean;
}

/** Gives `use` the commit that is checked out, and a git call whose index holds the worktree, untracked files included, without what is ignored. */
export async function snapshot<T>(
  record: WorktreeRecord,
  { lasting }: SnapshotOptions,
  use: (call: GitCall, head: string) => Promise<T>,
): Promise<T> {
  const temporary = unfinished(join(dirname(record.path), "index"));
  await mkdir(temporary, { mode: 0o700 });
  try {
    const head = await headOf(record);
    const index = join(temporary, "index");
    const objects = lasting ? {} : borrowedObjects(record.commonDir, temporary);
    const call = { ...callFor(record), env: { GIT_INDEX_FILE: index, ...objects } };
    if (!(await copyIndex(record, index))) await gitText(["read-tree", head], call);
    const add = ["add", "--all", "--", ":(top)", `:(top,exclude)${FOLDER}`];
    // To look is better than to fail: what cannot be read is left out. What is to be kept must all be there.
    if (lasting) await gitText(add, call);
    else await git([add[0] ?? "", "--ignore-errors", ...add.slice(1)], call);
    return await use(call, head);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The agent's index knows which files are unchanged; without it each is read. */
async function copyIndex({ gitDir, commonDir }: WorktreeRecord, to: string): Promise<boolean> {
  if (gitDir === commonDir) return false; // git has forgotten the worktree: what is there belongs to the user's checkout
  const from = join(gitDir, "index");
  try {
    // A split index is but half of it, and the other half is looked for where ours is not.
    if ((await readdir(gitDir)).some((name) => name.startsWith("sharedindex."))) return false;
    const { mtimeMs } = await stat(from);
    await copyFile(from, to);
    // Git reads again what changed in or after the instant in which its index was written. A copy is younger: made
    // older by up to a second, it makes git read more, never less.
    const second = Math.floor(mtimeMs / 1000);
    await utimes(to, second, second);
    return true;
  } catch {
    return false;
  }
}

/** New objects go to the temporary folder, so that looking leaves nothing in the user's repository. */
const borrowedObjects = (commonDir: string, temporary: string) => ({
  GIT_OBJECT_DIRECTORY: temporary,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${join(commonDir, "objects").replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`,
});
