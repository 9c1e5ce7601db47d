/**
 * What a worktree held at some moments, under names: commits at `refs/devflow/marks/<run>/<name>`, out of the way of branches.
 *
 * A mark's parent is the commit that was checked out then. Ignored files are in none, and stay as they are.
 */
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { commitOf, type GitCall, gitLine, gitText } from "./git.ts";
import { callFor } from "./head.ts";
import { readRecord, realFolder, type WorktreeRecord } from "./record.ts";
import { snapshot } from "./snapshot.ts";
import { AUTHOR } from "./wip.ts";

const folderOf = (run: RunId): string => `refs/devflow/marks/${run}`;
const refOf = (run: RunId, name: string): string => `${folderOf(run)}/${name}`;

async function recordOf(worktrees: string, run: RunId): Promise<WorktreeRecord> {
  const folder = await realFolder(worktrees);
  const record = await readRecord(folder, run);
  if (!record) throw new Failure("worktree.gone", { run, path: `${folder}/${run}` });
  return record;
}

export async function mark(worktrees: string, run: RunId, name: string): Promise<void> {
  const record = await recordOf(worktrees, run);
  if (await commitOf(refOf(run, name), callFor(record))) return;
  await snapshot(record, { lasting: true }, async (call, head) => {
    const tree = await gitLine(["write-tree"], call);
    const args = ["commit-tree", "--no-gpg-sign", "-p", head, "-m", `Worktree of run ${run}: ${name}`, tree];
    const commit = await gitLine(args, { ...call, env: { ...call.env, ...AUTHOR } });
    await gitText(["update-ref", refOf(run, name), commit], call);
  });
}

export async function rewind(worktrees: string, run: RunId, from: string, to: string): Promise<number> {
  const record = await recordOf(worktrees, run);
  const refused = (problem: string) => new Failure("talk.cannot_undo", { problem });
  const [after, before] = await Promise.all([from, to].map((name) => commitOf(refOf(run, name), callFor(record))));
  if (!before) throw refused("there is no snapshot of what was there before it");
  if (!after) throw refused("there is no snapshot of how it ended, so nobody can tell its changes from others");
  return snapshot(record, { lasting: true }, async (call, head) => {
    const [parentAfter, parentBefore] = await Promise.all(
      [after, before].map((one) => gitLine(["rev-parse", `${one}^`], call)),
    );
    if (parentAfter !== parentBefore || head !== parentBefore)
      throw refused("the agent has committed since; git revert, or git reset in its worktree, takes that back");
    if ((await gitLine(["write-tree"], call)) !== (await treeOf(after, call)))
      throw refused("the worktree has changed since that turn");
    const entries = ["diff-tree", "-r", "-z", "--no-renames", "--raw", after, before];
    const changed = (await gitText(entries, call)).split("\0").filter((part) => part.startsWith(":"));
    if (changed.some((line) => line.includes("160000")))
      throw refused("it has made another git repository in the worktree");
    // The index holds what is there now: what was not there before is known to git, and so is removed.
    if (changed.length > 0)
      await gitText(["restore", "--worktree", "--no-overlay", `--source=${before}`, "--", ":(top)"], call);
    return changed.length;
  });
}

export async function unmark(worktrees: string, run: RunId): Promise<void> {
  const record = await recordOf(worktrees, run);
  const call = callFor(record);
  const refs = (await gitText(["for-each-ref", "--format=%(refname)", `${folderOf(run)}/`], call)).split("\n");
  for (const ref of refs.filter((one) => one !== "")) await gitText(["update-ref", "-d", ref], call);
}

const treeOf = (commit: string, call: GitCall): Promise<string> => gitLine(["rev-parse", `${commit}^{tree}`], call);
