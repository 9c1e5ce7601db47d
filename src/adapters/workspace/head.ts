/**
 * Where a worktree stands, read without git's own part of it being believed.
 *
 * An agent can write to `<common>/worktrees/<name>`, and git follows what is there: with GIT_DIR set to it git takes its
 * refs from where the file `commondir` points, whatever GIT_COMMON_DIR says (seen with 2.39). So GIT_DIR is always the
 * shared directory; of the worktree's part only two files are read, as data: `HEAD` here, `index` for a snapshot.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import { commitOf, type GitCall } from "./git.ts";
import type { WorktreeRecord } from "./record.ts";

/** How git is called for a worktree. */
export const callFor = ({ path, commonDir }: WorktreeRecord): GitCall => ({
  cwd: path,
  at: { gitDir: commonDir, workTree: path },
});

/** The commit that is checked out; the run's branch when there is none, or no telling. */
export async function headOf(record: WorktreeRecord): Promise<string> {
  const call = callFor(record);
  const text = (await readFile(join(record.gitDir, "HEAD"), "utf8").catch(() => "")).trim();
  const name = /^(?:ref: (refs\/heads\/.+)|([0-9a-f]{40,64}))$/s.exec(text);
  // Of a worktree that git has forgotten, the record names the shared directory: its HEAD is the user's.
  const own = record.gitDir !== record.commonDir && name ? await commitOf(name[1] ?? name[2] ?? "", call) : undefined;
  const head = own ?? (await commitOf(`refs/heads/${record.branch}`, call));
  if (head === undefined)
    throw new Failure("git.failed", {
      command: "rev-parse",
      problem: `there is no ${record.branch}`,
      path: record.path,
    });
  return head;
}
