/** A worktree as it is now, through an index of our own: the agent's index, and so what it has staged, is untouched. */
import { copyFile, mkdtemp, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FOLDER } from "./devflow-folder.ts";
import { type GitCall, git, gitText } from "./git.ts";
import { directoriesOf, type WorktreeRecord } from "./record.ts";

export interface SnapshotOptions {
  /** Keep what is found in the repository; otherwise it goes with the snapshot. */
  lasting: boolean;
}

/** Gives `use` a git call whose index holds the worktree, untracked files included, without what is ignored. */
export async function snapshot<T>(
  record: WorktreeRecord,
  { lasting }: SnapshotOptions,
  use: (call: GitCall) => Promise<T>,
): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), "devflow-index-"));
  try {
    const at = await directoriesOf(record);
    const index = join(temporary, "index");
    const objects = lasting ? {} : borrowedObjects(record.commonDir, temporary);
    const call = { cwd: record.path, at, env: { GIT_INDEX_FILE: index, ...objects } };
    if (!(await copyIndex(join(at.gitDir, "index"), index, at.commonDir !== undefined)))
      await gitText(["read-tree", at.commonDir === undefined ? record.branch : "HEAD"], call);
    const add = ["add", "--all", "--", ":(top)", `:(top,exclude)${FOLDER}`];
    // To look is better than to fail: what cannot be read is left out. What is to be kept must all be there.
    if (lasting) await gitText(add, call);
    else await git([add[0] ?? "", "--ignore-errors", ...add.slice(1)], call);
    return await use(call);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The agent's index knows which files are unchanged; without it each is read. */
async function copyIndex(from: string, to: string, linked: boolean): Promise<boolean> {
  if (!linked) return false; // the index of the user's checkout, which is another place
  try {
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
