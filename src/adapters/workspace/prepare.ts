/**
 * Makes a run's worktree, or finishes one that was begun.
 *
 * The record is written last: a worktree without one has never been handed out. What git left half made then is made
 * anew; what cannot be told apart from somebody's work is moved aside, never deleted.
 */
import { readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import type { Repository, Workspace } from "../../ports/workspace.ts";
import { makeDevflowFolder } from "./devflow-folder.ts";
import { commitOf, type GitCall, git, problem } from "./git.ts";
import { headOf } from "./head.ts";
import { copyIncluded } from "./included-files.ts";
import { commonDirOf } from "./inspect.ts";
import {
  branchOf,
  exists,
  readRecord,
  realFolder,
  registrationOf,
  type WorktreeRecord,
  writeRecord,
} from "./record.ts";

export async function prepare(folder: string, run: RunId, repository: Repository): Promise<Workspace> {
  const worktrees = await realFolder(folder);
  const record = await readRecord(worktrees, run);
  if (record && (await exists(record.path)) && (await exists(record.gitDir))) {
    await makeDevflowFolder(run, record.path);
    return workspaceOf(record);
  }
  const made = await make(join(worktrees, run), run, repository);
  await makeDevflowFolder(run, made.path);
  await copyIncluded(repository.root, made.path);
  await writeRecord(worktrees, run, made);
  return workspaceOf(made);
}

const workspaceOf = async (record: WorktreeRecord): Promise<Workspace> => ({
  path: record.path,
  branch: record.branch,
  commit: await headOf(record),
});

async function make(path: string, run: RunId, { root, baseCommit }: Repository): Promise<WorktreeRecord> {
  const commonDir = await commonDirOf(root);
  const branch = branchOf(run);
  const begun = await registrationOf(commonDir, path);
  if (begun === undefined || !(await exists(join(path, ".git"))) || (await isHalfMade(begun))) {
    if (begun !== undefined && (await isHalfMade(begun))) await rm(path, { recursive: true, force: true });
    await moveAside(path);
    await addWorktree(path, branch, baseCommit, { cwd: root, at: { gitDir: commonDir } });
  }
  const gitDir = await registrationOf(commonDir, path);
  if (gitDir === undefined) throw new Failure("worktree.failed", { problem: "git does not know it", path });
  return { version: 1, path, branch, root, commonDir, gitDir };
}

/** Git reads the other worktrees' files while their own git still writes them, and has no lock for it: the next try finds them whole. */
const READ_TOO_EARLY = /failed to read .*\/commondir/;
const TRIES = 5;

async function addWorktree(path: string, branch: string, baseCommit: string, call: GitCall): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    // A branch that is there has an earlier worktree's commits: it is taken up, never set back.
    const there = (await commitOf(`refs/heads/${branch}`, call)) !== undefined;
    // Twice forced: a registration whose folder is missing is replaced, also one that git left locked. Others' are not
    // touched, as `git worktree prune` would.
    const add = ["worktree", "add", "--force", "--force", "--quiet"];
    const what = there ? [path, branch] : ["--no-track", "-b", branch, path, baseCommit];
    const { code, err } = await git([...add, ...what], call);
    if (code === 0) return;
    if (READ_TOO_EARLY.test(err) && left > 0) continue;
    if (/No space left|Disk quota exceeded/.test(err)) throw new Failure("storage.full", { path });
    throw new Failure("worktree.failed", { problem: problem(err), path });
  }
}

/** Git locks a worktree with this word while it makes it. */
const isHalfMade = async (gitDir: string): Promise<boolean> =>
  (await readFile(join(gitDir, "locked"), "utf8").catch(() => "")).trim() === "initializing";

/** A folder that git does not know may hold work: it gets out of the way, and stays. */
async function moveAside(path: string): Promise<void> {
  const content = await readdir(path).catch(() => undefined);
  if (content === undefined) return;
  if (content.length === 0) return rmdir(path);
  for (let number = 1; ; number++) {
    const aside = `${path}.aside-${number}`;
    if (!(await exists(aside))) return rename(path, aside);
  }
}
