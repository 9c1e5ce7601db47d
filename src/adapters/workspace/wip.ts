/** Saves what a worktree has and no commit has: a commit under `refs/devflow/wip/<run>`, out of the way of branches. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunId } from "../../domain/ids.ts";
import { commitOf, type GitCall, git, gitLine, gitText } from "./git.ts";
import { type WorktreeRecord, wipRefOf } from "./record.ts";
import { snapshot } from "./snapshot.ts";

/** Whose commit it is does not depend on the user having told git a name. */
export const AUTHOR = {
  GIT_AUTHOR_NAME: "devflow",
  GIT_AUTHOR_EMAIL: "devflow@localhost",
  GIT_COMMITTER_NAME: "devflow",
  GIT_COMMITTER_EMAIL: "devflow@localhost",
};

/** The ref that holds what was not committed; undefined when everything was. Throws when it cannot be saved. */
export const saveUncommitted = (run: RunId, record: WorktreeRecord): Promise<string | undefined> =>
  snapshot(record, { lasting: true }, async (call, head) => {
    await mustHoldNoRepository(record.path, call);
    const [tree, committed] = await Promise.all([
      gitLine(["write-tree"], call),
      gitLine(["rev-parse", `${head}^{tree}`], call),
    ]);
    if (tree !== committed) return keep(run, call, await commitTree(run, tree, head, call));
    return (await isNamed(head, call)) ? undefined : keep(run, call, head);
  });

/** A later save does not replace an earlier one: it becomes its second parent. */
async function commitTree(run: RunId, tree: string, head: string, call: GitCall): Promise<string> {
  const before = await commitOf(wipRefOf(run), call);
  if (before !== undefined) {
    const same = await gitLine(["log", "-1", "--no-show-signature", "--format=%T %P", before], call);
    const [savedTree, parent] = same.split(" ");
    if (savedTree === tree && parent === head) return before; // saved, but not removed any more
  }
  const parents = [head, ...(before === undefined ? [] : [before])].flatMap((commit) => ["-p", commit]);
  const message = `Uncommitted work of run ${run}`;
  return gitLine(["commit-tree", "--no-gpg-sign", ...parents, "-m", message, tree], {
    ...call,
    env: { ...call.env, ...AUTHOR },
  });
}

async function keep(run: RunId, call: GitCall, commit: string): Promise<string> {
  await gitText(["update-ref", "-m", "devflow: saved before the worktree was removed", wipRefOf(run), commit], call);
  return wipRefOf(run);
}

/** An agent may have committed on a detached HEAD: no branch would lead there. */
async function isNamed(head: string, call: GitCall): Promise<boolean> {
  const { code, out } = await git(["for-each-ref", "--count=1", "--contains", head], call);
  return code === 0 && out !== "";
}

/** Git keeps of a repository in a repository only the name of a commit: its files and its own history would be lost. */
async function mustHoldNoRepository(path: string, call: GitCall): Promise<void> {
  const entries = (await gitText(["ls-files", "--stage", "-z"], call)).split("\0");
  for (const entry of entries.filter((line) => line.startsWith("160000 "))) {
    const nested = entry.slice(entry.indexOf("\t") + 1);
    const content = await readdir(join(path, nested)).catch(() => []);
    if (content.length > 0) throw new Failure("worktree.holds_repository", { path, nested });
  }
}
