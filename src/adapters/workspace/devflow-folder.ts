/** A worktree's `.devflow/`: prompts and artifacts, kept out of every commit by a `.gitignore` of its own. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { writeWhole } from "../system/whole-file.ts";
import { plainFolder } from "./plain-folder.ts";

export const FOLDER = ".devflow";

/** Everything, itself included: neither the user's `.gitignore` nor `info/exclude` is touched. */
const IGNORE_ALL = "*\n";

export async function makeDevflowFolder(run: RunId, worktree: string): Promise<void> {
  await writeInto(run, worktree, ".gitignore", IGNORE_ALL);
}

/** Gives the absolute path. Throws `Failure` worktree.gone, worktree.unsafe, storage.full. */
export async function writeInto(run: RunId, worktree: string, relative: string, text: string): Promise<string> {
  const parts = relative.split("/");
  const name = parts.pop() ?? "";
  const unsafe = (problem: string) =>
    new Failure("worktree.unsafe", { run, path: join(worktree, FOLDER, relative), problem });
  if ([...parts, name].some((part) => part === "" || part === "." || part === ".." || part.includes("\0")))
    throw unsafe("the path leaves the folder");
  const top = await lstat(worktree).catch(() => undefined);
  if (!top) throw new Failure("worktree.gone", { run, path: worktree });
  if (!top.isDirectory()) throw unsafe(`${worktree} is not a plain folder`);
  const folder = await plainFolder(worktree, [FOLDER, ...parts]);
  if (folder === undefined) throw unsafe("a symlink or a file is where a folder should be");
  const path = join(folder, name);
  if ((await lstat(path).catch(() => undefined))?.isDirectory()) throw unsafe("a folder is where the file should be");
  await writeWhole(path, text, { mode: 0o644 });
  return path;
}
