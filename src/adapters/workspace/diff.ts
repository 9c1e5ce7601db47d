/** What a run has changed: from its base commit to its worktree as it is now, or to its branch once the worktree is gone. */
import type { RunId } from "../../domain/ids.ts";
import type { DiffStat, Repository } from "../../ports/workspace.ts";
import { mustHaveRepository, stands } from "./check.ts";
import { FOLDER } from "./devflow-folder.ts";
import { type GitCall, gitOk, gitText } from "./git.ts";
import { commonDirOf } from "./inspect.ts";
import { branchOf, readRecord, realFolder } from "./record.ts";
import { snapshot } from "./snapshot.ts";

const UNCOMMITTED_LIMIT = 100;
/** Plumbing commands mind no `diff.*` setting; what attributes can bring in is ruled out. */
const PLAIN = ["--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--find-renames"];
const WITHOUT_OURS = ["--", ":(top)", `:(top,exclude)${FOLDER}`];

/** How git compares the base with the run's present: the command's first words, and where HEAD is. */
interface Present {
  call: GitCall;
  compare(options: readonly string[]): string[];
  head: string;
  live: boolean;
}

export const diff = (folder: string, run: RunId, repository: Repository): Promise<string> =>
  present(folder, run, repository, async ({ call, compare }) => {
    const { out, cut } = await gitOk(compare(["-p", ...PLAIN]), call);
    return cut ? `${out}\n… the diff is longer; git shows the rest\n` : out;
  });

export const diffStat = (folder: string, run: RunId, repository: Repository): Promise<DiffStat> =>
  present(folder, run, repository, async ({ call, compare, head, live }) => {
    const [numbers, commits, uncommitted] = await Promise.all([
      gitText(compare(["--numstat", "-z", ...PLAIN]), call),
      gitText(["rev-list", "--count", `${repository.baseCommit}..${head}`], call),
      live ? gitText(["diff-index", "--cached", "--name-only", "-z", head, ...WITHOUT_OURS], call) : "",
    ]);
    return {
      ...sum(numbers),
      uncommitted: uncommitted.split("\0").filter(Boolean).slice(0, UNCOMMITTED_LIMIT),
      commits: Number(commits),
    };
  });

async function present<T>(
  folder: string,
  run: RunId,
  { root, baseCommit }: Repository,
  look: (present: Present) => Promise<T>,
): Promise<T> {
  const record = await readRecord(await realFolder(folder), run);
  if (record) await mustHaveRepository(run, record);
  if (record && (await stands(record)))
    return snapshot(record, { lasting: false }, (call, head) => {
      const compare = (options: readonly string[]) => [
        "diff-index",
        "--cached",
        ...options,
        baseCommit,
        ...WITHOUT_OURS,
      ];
      return look({ call, compare, head, live: true });
    });
  const head = `refs/heads/${branchOf(run)}`;
  const gitDir = record?.commonDir ?? (await commonDirOf(root));
  const compare = (options: readonly string[]) => ["diff-tree", "-r", ...options, baseCommit, head, ...WITHOUT_OURS];
  return look({ call: { cwd: gitDir, at: { gitDir } }, compare, head, live: false });
}

/** Of `--numstat -z`: `added TAB deleted TAB path NUL`, and for a rename an empty path with two more names behind it. */
function sum(numbers: string): Pick<DiffStat, "files" | "insertions" | "deletions"> {
  const total = { files: 0, insertions: 0, deletions: 0 };
  const fields = numbers.split("\0");
  for (let at = 0; at < fields.length - 1; at++) {
    const [added = "", deleted = "", ...path] = (fields[at] ?? "").split("\t");
    if (path.join("\t") === "") at += 2;
    total.files += 1;
    total.insertions += Number(added) || 0; // binary files have a dash
    total.deletions += Number(deleted) || 0;
  }
  return total;
}
