/** Looks at a user's repository, touching nothing: its top directory, the base that a run branches off, its git directory. */
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { Failure } from "../../domain/failure.ts";
import type { Repository } from "../../ports/workspace.ts";
import { errorCode } from "../system/whole-file.ts";
import { commitOf, git, gitLine, problem } from "./git.ts";

/** A refusal names this many branches; who has more knows them. */
const NAMED_BRANCHES = 20;

export async function inspect(directory: string, base: string | undefined): Promise<Repository> {
  await mustBeReadable(directory);
  const call = { cwd: directory };
  const { code, out, err } = await git(["rev-parse", "--is-bare-repository", "--is-inside-work-tree"], call);
  if (code !== 0) throw notUsable(directory, err);
  const [bare, inside] = out.split("\n");
  if (bare === "true") throw new Failure("repo.bare", { repo: directory });
  if (inside !== "true") throw new Failure("repo.not_git", { repo: directory });
  const [top, resolved] = await Promise.all([
    gitLine(["rev-parse", "--show-toplevel"], call),
    baseOf(directory, base?.trim()),
  ]);
  return { root: await realpath(top), ...resolved };
}

/** The directory that all worktrees of a user's repository share. */
export const commonDirOf = async (root: string): Promise<string> =>
  realpath(await gitLine(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: root }));

async function baseOf(directory: string, asked: string | undefined): Promise<Omit<Repository, "root">> {
  const call = { cwd: directory };
  if (asked === undefined || asked === "HEAD" || asked === "@") {
    const [branch, baseCommit] = await Promise.all([
      git(["symbolic-ref", "--quiet", "HEAD"], call),
      commitOf("HEAD", call),
    ]);
    const base = branch.code === 0 ? shortName(branch.out.trim()) : "HEAD";
    if (baseCommit === undefined) throw await noBase(directory, base);
    return { base, baseCommit };
  }
  // A branch before a tag of its name; then whatever git knows by it, such as origin/main or a commit.
  const name = shortName(asked);
  const branch = isSayable(name) ? await commitOf(`refs/heads/${name}`, call) : undefined;
  if (branch !== undefined) return { base: name, baseCommit: branch };
  const commit = isSayable(asked) ? await commitOf(asked, call) : undefined;
  if (commit === undefined) throw await noBase(directory, asked);
  return { base: asked, baseCommit: commit };
}

const shortName = (ref: string): string => ref.replace(/^refs\/heads\//, "");

/** Git has no names that begin with a dash: it would take them for options. */
const isSayable = (name: string): boolean => name !== "" && !name.startsWith("-") && !name.includes("\0");

async function noBase(directory: string, base: string): Promise<Failure> {
  const list = ["for-each-ref", `--count=${NAMED_BRANCHES}`, "--sort=-committerdate", "--format=%(refname:lstrip=2)"];
  const { out } = await git([...list, "refs/heads"], { cwd: directory });
  const branches = out.trim().split("\n").filter(Boolean);
  if (branches.length > 0) return new Failure("repo.no_base", { repo: directory, base, branches: branches.join(", ") });
  const anything = await git(["rev-list", "--all", "--max-count=1"], { cwd: directory });
  return anything.out.trim() === ""
    ? new Failure("repo.no_commits", { repo: directory })
    : new Failure("repo.no_base", { repo: directory, base, branches: "none" });
}

async function mustBeReadable(directory: string): Promise<void> {
  try {
    if (!(await stat(directory)).isDirectory())
      throw new Failure("repo.unreadable", { repo: directory, problem: "it is not a directory" });
    await access(directory, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = errorCode(error);
    if (code === "EACCES" || code === "EPERM")
      throw new Failure("repo.unreadable", { repo: directory, problem: "permission denied" }, { cause: error });
    throw new Failure("repo.missing", { repo: directory }, { cause: error });
  }
}

/** Git refuses for many reasons; only one of them is that there is no repository. */
function notUsable(directory: string, err: string): Failure {
  if (/not a git repository/i.test(err)) return new Failure("repo.not_git", { repo: directory });
  return new Failure("repo.unreadable", { repo: directory, problem: problem(err) });
}
