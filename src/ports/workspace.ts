/**
 * Where a run works: a git worktree of its own on a branch of its own. The user's checkout is never touched.
 *
 * W1. `prepare` is idempotent by run: asked again it gives the worktree that is there, or finishes a half-made one.
 * W2. `remove` never loses work: what is not committed is first written to `refs/devflow/wip/<run>`.
 * W3. Nothing is discovered from inside the worktree: git is told its directories from devflow's own records.
 */
import type { RunId } from "../domain/ids.ts";

export interface Repository {
  /** The absolute, real path of the checkout's top directory. */
  root: string;
  base: string;
  baseCommit: string;
}

export interface Workspace {
  path: string;
  branch: string;
  commit: string;
}

export interface DiffStat {
  files: number;
  insertions: number;
  deletions: number;
  /** Paths that are changed but not committed in the worktree, at most 100. */
  uncommitted: readonly string[];
  commits: number;
}

export interface Workspaces {
  /** Throws `Failure` repo.not_git, repo.bare, repo.no_commits, repo.no_base. */
  inspect(directory: string, base: string | undefined): Promise<Repository>;
  prepare(run: RunId, repository: Repository): Promise<Workspace>;
  /** Where `prepare` puts, or has put, a run's worktree. */
  pathOf(run: RunId): string;
  /** Throws `Failure` worktree.gone, repo.gone when a run that has a worktree cannot go on in it. */
  check(run: RunId): Promise<void>;
  /** Does a `check`, then writes a file under the worktree's `.devflow/`, whole or not at all; gives its absolute path. */
  write(run: RunId, relative: string, text: string): Promise<string>;
  /** Remembers under a name what the worktree holds now; a name that is taken keeps what it has. */
  mark(run: RunId, name: string): Promise<void>;
  /**
   * Puts the worktree back from one mark to another; gives how many files that changed. Throws `Failure` talk.cannot_undo when
   * it holds something else than `from` by now, or when that would take back a commit.
   */
  rewind(run: RunId, from: string, to: string): Promise<number>;
  /** Forgets every mark of a run. */
  unmark(run: RunId): Promise<void>;
  diffStat(run: RunId, repository: Repository): Promise<DiffStat>;
  /** A unified diff from the base commit to the worktree as it is now, uncommitted changes included. */
  diff(run: RunId, repository: Repository): Promise<string>;
  /** Removes the worktree, or what there is of it; the branch stays. Gives the ref that holds what was not committed, if anything was. */
  remove(run: RunId, repository: Repository): Promise<{ wip: string | undefined }>;
}
