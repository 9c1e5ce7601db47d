/** Workspaces as git worktrees (`src/ports/workspace.ts`): one folder per run, beside it a record that no agent writes. */
import { join } from "node:path";
import type { Workspaces } from "../../ports/workspace.ts";
import { checks } from "./check.ts";
import { writeInto } from "./devflow-folder.ts";
import { diff, diffStat } from "./diff.ts";
import { inspect } from "./inspect.ts";
import { mark, rewind, unmark } from "./marks.ts";
import { prepare } from "./prepare.ts";
import { remove } from "./remove.ts";

export interface GitWorkspacesOptions {
  /** The directory that holds the worktrees, one folder per run id. */
  worktrees: string;
}

export function gitWorkspaces({ worktrees }: GitWorkspacesOptions): Workspaces {
  const pathOf = (run: string) => join(worktrees, run);
  const { check, forget } = checks(worktrees);
  return {
    inspect,
    async prepare(run, repository) {
      forget(run);
      return prepare(worktrees, run, repository);
    },
    pathOf,
    check,
    async write(run, relative, text) {
      await check(run);
      return writeInto(run, pathOf(run), relative, text);
    },
    mark: (run, name) => mark(worktrees, run, name),
    rewind: async (run, from, to) => {
      await check(run);
      return rewind(worktrees, run, from, to);
    },
    unmark: (run) => unmark(worktrees, run),
    diffStat: (run, repository) => diffStat(worktrees, run, repository),
    diff: (run, repository) => diff(worktrees, run, repository),
    async remove(run, repository) {
      forget(run);
      return remove(worktrees, run, repository);
    },
  };
}
