/** Runs git: always told where it is, never with the daemon's own environment, never with a hook or a monitor. */
import { execa } from "execa";
import { Failure } from "../../domain/failure.ts";
import { shortage } from "../../domain/system-problem.ts";
import { mustHaveFiles } from "../system/spare-files.ts";

/** The directories that git works on. Only a user's own checkout may be discovered: then none is given. */
export interface Directories {
  /** The one that all worktrees of the repository share. */
  gitDir: string;
  workTree?: string;
}

export interface GitCall {
  /** Where git runs; it discovers the repository from here when `at` is absent. */
  cwd: string;
  at?: Directories;
  env?: Readonly<Record<string, string>>;
  input?: string;
}

export interface GitAnswer {
  code: number;
  out: string;
  err: string;
  /** There was more output than is kept. */
  cut: boolean;
}

/** More is no diff that anybody reads, and would fill the daemon's memory. */
const OUTPUT_LIMIT_BYTES = 32 * 1024 * 1024;

/** What git, its filters and its lazy fetches need from the daemon's environment. */
const PASSED = ["PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "SSH_AUTH_SOCK"];

/** What a repository's or a user's settings must not change about our calls; programs first. */
const SETTINGS = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.safecrlf", "false"],
  ["core.quotePath", "false"],
  ["core.splitIndex", "false"],
  ["commit.gpgSign", "false"],
  ["submodule.recurse", "false"],
  ["worktree.useRelativePaths", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
].flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/** Runs git and gives what came of it, whatever its exit code. Throws `Failure` `git.missing`. */
export async function git(args: readonly string[], { cwd, at, env, input }: GitCall): Promise<GitAnswer> {
  mustHaveFiles();
  const result = await execa("git", [...SETTINGS, "-C", cwd, ...args], {
    cwd: "/", // the daemon's own may be gone
    env: { ...environment(), ...directories(at), ...env },
    extendEnv: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    reject: false,
    stripFinalNewline: false,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  if (result.exitCode === undefined && !result.isMaxBuffer) {
    if (result.code === "ENOENT") throw new Failure("git.missing");
    if (result.signal === "SIGXFSZ") throw new Failure("machine.file_limit");
    const short = shortage(result);
    if (short) throw short;
    throw failed(args, cwd, result.originalMessage ?? String(result.signal));
  }
  return { code: result.exitCode ?? 0, out: result.stdout, err: result.stderr, cut: result.isMaxBuffer };
}

/** Runs git where nothing but success will do. Throws `Failure` `git.failed`. */
export async function gitOk(args: readonly string[], call: GitCall): Promise<GitAnswer> {
  const answer = await git(args, call);
  if (answer.code !== 0) throw failed(args, call.cwd, problem(answer.err) || `exit code ${answer.code}`);
  return answer;
}

export const gitText = async (args: readonly string[], call: GitCall): Promise<string> => (await gitOk(args, call)).out;

/** One value, such as a path: without the newline that git ends it with (a path may have newlines of its own). */
export const gitLine = async (args: readonly string[], call: GitCall): Promise<string> =>
  (await gitText(args, call)).replace(/\n$/, "");

/** A commit by any of its names; undefined when there is none. */
export async function commitOf(name: string, call: GitCall): Promise<string | undefined> {
  const { code, out } = await git(["rev-parse", "--verify", "--quiet", `${name}^{commit}`], call);
  return code === 0 ? out.trim() : undefined;
}

/** The part of git's complaint that says what is wrong, on one line. */
export const problem = (err: string): string =>
  (err.match(/(?:fatal|error): .+/g) ?? [err.trim()]).map((line) => line.replace(/^(?:fatal|error): /, "")).join("; ");

const failed = (args: readonly string[], path: string, problem: string) =>
  new Failure("git.failed", { command: args[0] ?? "", problem, path });

function environment(): Record<string, string> {
  const passed = PASSED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Reading a user's checkout must not write to it: without optional locks git leaves even its index alone.
  return { ...Object.fromEntries(passed), LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };
}

const directories = (at: Directories | undefined): Record<string, string> => ({
  ...(at && { GIT_DIR: at.gitDir }),
  ...(at?.workTree !== undefined && { GIT_WORK_TREE: at.workTree }),
});
