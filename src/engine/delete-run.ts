/**
 * Deleting a run: its worktree first, where work could be lost and is saved; then its files; then the event that says so. Cut
 * off anywhere, it is asked for again and finishes: each part is harmless to repeat.
 */
import { Failure } from "../domain/failure.ts";
import type { RunId } from "../domain/ids.ts";
import { isTidy, statusOf } from "../domain/run-state.ts";
import type { Leavings } from "../ports/leavings.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { Drive } from "./run-loop.ts";

export interface DeleteDeps {
  workspaces: Workspaces;
  leavings: Leavings;
}

export async function deleteRun(
  run: RunId,
  by: string,
  drive: Drive,
  { workspaces, leavings }: DeleteDeps,
): Promise<{ wip: string | undefined }> {
  const state = drive.state();
  const { started, sessions } = state;
  if (!started || state.deleted) throw new Failure("run.not_found", { run });
  if (!isTidy(state)) throw new Failure("run.not_deletable", { run, state: statusOf(state) });
  const { repo: root, base, baseCommit } = started;
  // Also where the log knows of no worktree: a daemon that was killed may have made one, or a part of it.
  const { wip } = await workspaces.remove(run, { root, base, baseCommit });
  await leavings.remove(run, Object.keys(sessions));
  await drive.tell({ kind: "deleted", by, ...(wip !== undefined && { wip }) });
  return { wip };
}
