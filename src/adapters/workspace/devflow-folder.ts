/** A worktree's `.devflow/`: prompts and artifacts, kept out of every commit by a `.gitignore` of its own. */
import { closeSync, constants, lstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { writeNew, writeWhole } from "../system/whole-file.ts";
import { plainFolder } from "./plain-folder.ts";

export const FOLDER = ".devflow";

/**
 * Everything, itself included: neither the user's `.gitignore` nor `info/exclude` is touched. Not as `*`: Gemini CLI and Qwen Code read no file
 * that git ignores, as they read a `.gitignore`, and what lies here is for them to read. They know no classes of characters; git does.
 */
const IGNORE_ALL = "[^[:cntrl:]]*\n[[:cntrl:]]*\n";

/** An agent may put a link or a FIFO there in the meantime: nothing is followed, nothing waited for. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export async function makeDevflowFolder(run: RunId, worktree: string): Promise<void> {
  await writeInto(run, worktree, ".gitignore", IGNORE_ALL);
}

/**
 * Gives the absolute path. Throws `Failure` worktree.gone, worktree.unsafe, storage.full.
 *
 * All of it is synchronous but what `writeWhole` flushes, and that is nothing here: between two phases every millisecond is
 * somebody's waiting, and what is lost to a power failure is written again with the prompt that names it.
 */
export async function writeInto(run: RunId, worktree: string, relative: string, text: string): Promise<string> {
  const parts = relative.split("/");
  const name = parts.pop() ?? "";
  const unsafe = (problem: string) =>
    new Failure("worktree.unsafe", { run, path: join(worktree, FOLDER, relative), problem });
  if ([...parts, name].some((part) => part === "" || part === "." || part === ".." || part.includes("\0")))
    throw unsafe("the path leaves the folder");
  const top = lstatSync(worktree, { throwIfNoEntry: false });
  if (!top) throw new Failure("worktree.gone", { run, path: worktree });
  if (!top.isDirectory()) throw unsafe(`${worktree} is not a plain folder`);
  const folder = plainFolder(worktree, [FOLDER, ...parts]);
  if (folder === undefined) throw unsafe("a symlink or a file is where a folder should be");
  const path = join(folder, name);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw unsafe("a folder is where the file should be");
  // The goal and the schemas are the same for every prompt of a run.
  if (there?.isFile() && there.size === Buffer.byteLength(text) && holds(path, text)) return path;
  if (!writeNew(path, text, 0o644)) await writeWhole(path, text, { mode: 0o644, flush: false });
  return path;
}

function holds(path: string, text: string): boolean {
  try {
    const file = openSync(path, READ);
    try {
      return readFileSync(file, "utf8") === text;
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // gone in this instant, or not readable: it is written
  }
}
