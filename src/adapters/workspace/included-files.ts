/**
 * Copies what a fresh worktree needs and git does not bring, such as `.env`: the ignored files of the user's checkout
 * that `.worktreeinclude` at its top names, in the language of `.gitignore`.
 */
import { constants } from "node:fs";
import { cp } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import { errorCode } from "../system/whole-file.ts";
import { git, gitText } from "./git.ts";
import { plainFolder } from "./plain-folder.ts";
import { exists } from "./record.ts";

const LIST = ".worktreeinclude";

export async function copyIncluded(root: string, worktree: string): Promise<void> {
  if (!(await exists(join(root, LIST)))) return;
  for (const path of await included(root)) await copy(root, worktree, path);
}

async function included(root: string): Promise<string[]> {
  const call = { cwd: root };
  const named = await gitText(["ls-files", "--others", "--ignored", `--exclude-from=${LIST}`, "-z"], call);
  if (named === "") return [];
  // An untracked file that is not ignored would become a part of the run's changes.
  const { out } = await git(["check-ignore", "-z", "--stdin"], { ...call, input: named });
  return out.split("\0").filter(Boolean);
}

async function copy(root: string, worktree: string, path: string): Promise<void> {
  const above = dirname(path) === "." ? [] : dirname(path).split("/");
  const folder = plainFolder(worktree, above);
  if (folder === undefined) return; // the base has a symlink or a file there: nothing of this name can be there
  const options = { recursive: true, force: false, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
  try {
    await cp(join(root, path), join(folder, basename(path)), options);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return; // gone in this instant
    throw new Failure("worktree.failed", { problem: `${path} could not be copied`, path: worktree }, { cause: error });
  }
}
