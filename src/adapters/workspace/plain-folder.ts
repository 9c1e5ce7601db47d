/** Makes folders inside a worktree, and goes through no symlink on the way: an agent may have put one there. */
import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../system/whole-file.ts";

/** The folder `parts` below `top`, which must exist; undefined when something else than a folder is in the way. */
export function plainFolder(top: string, parts: readonly string[]): string | undefined {
  let path = top;
  for (const part of parts) {
    path = join(path, part);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) continue;
    if (there || !made(path)) return undefined;
  }
  return path;
}

/** Made by us, or in this instant by somebody else as a folder. */
function made(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }
}
