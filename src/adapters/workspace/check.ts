/** Whether a run's worktree, and the repository behind it, are still what they were when they were handed out. */
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { FOLDER } from "./devflow-folder.ts";
import { exists, readRecord, type WorktreeRecord } from "./record.ts";

/** Asked for each file that is written for an agent: what a record says is read once, since nobody else writes it. */
export function checks(worktrees: string) {
  const records = new Map<RunId, WorktreeRecord>();
  /** Files that are written side by side are one question. */
  const asked = new Map<RunId, Promise<void>>();

  async function look(run: RunId): Promise<void> {
    const record = records.get(run) ?? (await readRecord(worktrees, run));
    if (!record) return;
    records.set(run, record);
    await mustHaveRepository(run, record);
    if (!(await stands(record))) throw new Failure("worktree.gone", { run, path: record.path });
  }

  return {
    check(run: RunId): Promise<void> {
      const now = asked.get(run) ?? look(run).finally(() => asked.delete(run));
      asked.set(run, now);
      return now;
    },
    forget: (run: RunId): void => void records.delete(run),
  };
}

export async function mustHaveRepository(run: RunId, { commonDir, root, path }: WorktreeRecord): Promise<void> {
  if (!(await exists(commonDir))) throw new Failure("repo.gone", { run, repo: root, path });
}

/**
 * A folder at the worktree's path is not yet the worktree: an agent whose folder was deleted under it makes it anew when it
 * writes. Without git's file and ours, everything in it would look as if the run had deleted it.
 */
export const stands = async ({ path }: WorktreeRecord): Promise<boolean> =>
  (await exists(join(path, ".git"))) || (await exists(join(path, FOLDER, ".gitignore")));
