/** Workspaces as git worktrees (`src/ports/workspace.ts`): one folder per run, beside it a record that no agent writes. */
import { join } from "node:path";
import type { Workspaces } from "../../ports/workspace.ts";
import { writeInto } from "./devflow-folder.ts";
import { diff, diffStat } from "./diff.ts";
import { inspect } from "./inspect.ts";
import { prepare } from "./prepare.ts";
import { remove } from "./remove.ts";

export interface GitWorkspacesOptions {
  /** The directory that holds the worktrees, one folder per run id. */
  worktrees: string;
}

export function gitWorkspaces({ worktrees }: GitWorkspacesOptions): Workspaces {
  const pathOf = (run: string) => join(worktrees, run);
  return {
    inspect,
    prepare: (run, repository) => prepare(worktrees, run, repository),
    pathOf,
    write: (run, relative, text) => writeInto(run, pathOf(run), relative, text),
    diffStat: (run, repository) => diffStat(worktrees, run, repository),
    diff: (run, repository) => diff(worktrees, run, repository),
    remove: (run, repository) => remove(worktrees, run, repository),
  };
}
