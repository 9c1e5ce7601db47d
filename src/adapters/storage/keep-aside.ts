/**
 * Keeps a damaged database: whatever somebody tries next, what could be saved from it is still there.
 *
 * A copy, not the file itself: with the database out of its place the next start would begin with an empty one, as if nothing
 * had ever been. It is made once for each state of the file, however often devflow is started over it.
 */
import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DATABASE_FILES } from "../../domain/damage.ts";
import { unfinished } from "../system/whole-file.ts";

/** The folder with the copy; undefined when there is no room for one. */
export function keepAside(database: string): string | undefined {
  const { mtime } = statSync(database);
  const when = mtime.toISOString().replace(/[-:]|\.\d+/g, "");
  const kept = join(dirname(database), `damaged-${when}`);
  const half = unfinished(kept);
  try {
    if (existsSync(kept)) return kept;
    mkdirSync(half, { mode: 0o700 });
    for (const end of DATABASE_FILES) {
      const file = `${database}${end}`;
      if (existsSync(file)) copyFileSync(file, join(half, basename(file)), constants.COPYFILE_FICLONE);
    }
    renameSync(half, kept);
    return kept;
  } catch {
    rmSync(half, { recursive: true, force: true });
    return undefined;
  }
}
