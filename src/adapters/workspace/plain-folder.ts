/** Makes folders inside a worktree, and goes through no symlink on the way: an agent may have put one there. */
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../system/whole-file.ts";

/** The folder `parts` below `top`, which must exist; undefined when something else than a folder is in the way. */
export async function plainFolder(top: string, parts: readonly string[]): Promise<string | undefined> {
  let path = top;
  for (const part of parts) {
    path = join(path, part);
    try {
      await mkdir(path);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
      if (!(await lstat(path)).isDirectory()) return undefined;
    }
  }
  return path;
}
