/** A whole devflow for a test: the built programs, a home of its own, a real repository, and agents that are really there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { CONSENT_VERSION } from "../../src/domain/consent.ts";
import type { RunView } from "../../src/domain/view.ts";
import { journaled } from "./paper-stage.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface WorldOptions {
  /** What the paper agent plays; a plausible artifact for each phase when left out. */
  scenario?: unknown;
  host?: "auto" | "tmux" | "pty";
  env?: Record<string, string>;
  repo?: string;
  /** Further settings, as YAML. */
  config?: string;
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export type World = ReturnType<typeof world>;

export function world({
  scenario,
  host = "auto",
  env: more = {},
  repo: name = "내 저장소 'x'",
  config = "",
}: WorldOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "df-"));
  const home = join(folder, "home");
  const repo = join(folder, name);
  const journal = join(folder, "journal.jsonl");
  mkdirSync(join(home, "config"), { recursive: true });
  writeFileSync(join(home, "config", "devflow.yaml"), `paper: true\nhost: ${host}\n${config}`);
  mkdirSync(join(home, "state"), { recursive: true, mode: 0o700 });
  const consent = { version: CONSENT_VERSION, at: Date.now(), by: "test", how: "accepted" };
  writeFileSync(join(home, "state", "consent.json"), JSON.stringify(consent), { mode: 0o600 });
  if (scenario !== undefined) writeFileSync(join(folder, "scenario.json"), JSON.stringify(scenario));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: join(folder, "user"),
    LANG: "C.UTF-8",
    DEVFLOW_HOME: home,
    PAPER_PACE: "0",
    PAPER_JOURNAL: journal,
    ...(scenario !== undefined && { PAPER_SCENARIO: join(folder, "scenario.json") }),
    ...more,
  };
  mkdirSync(env.HOME ?? "", { recursive: true });
  makeRepository(repo);

  async function run(program: "devflow" | "devflowd", args: readonly string[], input?: string): Promise<Ran> {
    const options = {
      env,
      extendEnv: false,
      reject: false,
      cwd: repo,
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    };
    const done = await execa(process.execPath, [join(ROOT, "bin", program), ...args], options);
    return { code: done.exitCode ?? -1, out: done.stdout, err: done.stderr };
  }
  const devflow = (...args: string[]): Promise<Ran> => run("devflow", args);
  async function json<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await devflow(...args, "--json");
    if (code !== 0) throw new Error(`devflow ${args.join(" ")} ended with ${code}: ${err}${out}`);
    return JSON.parse(out) as T;
  }

  /** Agents outlive their daemon by design: a test that ends in the middle of a run ends the run first. */
  async function endRuns(): Promise<void> {
    if ((await devflow("ctl", "ping")).code !== 0) return; // it cannot start: then it never ran
    for (const { id } of await json<{ id: string }[]>("runs", "list", "--active")) await devflow("runs", "cancel", id);
    const until = Date.now() + 20_000;
    while ((await json<{ sessions: number }>("ctl", "status")).sessions > 0 && Date.now() < until) await pause(100);
  }

  return {
    folder,
    home,
    repo,
    env,
    devflow,
    devflowd: (...args: string[]) => run("devflowd", args),
    withInput: (input: string, ...args: string[]) => run("devflow", args, input),
    json,
    show: (id: string) => json<RunView>("runs", "show", id),
    latest: async () => (await json<{ id: string; status: string }[]>("runs", "list", "--limit", "1"))[0],
    journal: () => journaled(journal),
    prompts: async () => (await journaled(journal)).filter(({ event }) => event === "prompt"),
    daemonPid: () => Number(/\d+/.exec(readFileSync(join(home, "state", "devflowd.lock.db.pid"), "utf8"))?.[0]),
    git: (...args: string[]) => git(repo, ...args),
    close: async () => {
      await endRuns();
      await run("devflowd", ["stop"]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function git(cwd: string, ...args: string[]): string {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
  return execFileSync("git", [...who, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export function makeRepository(repo: string): void {
  mkdirSync(repo, { recursive: true });
  writeFileSync(join(repo, "README.md"), "# a repository\n");
  writeFileSync(
    join(repo, "package.json"),
    '{ "name": "it", "version": "1.0.0", "scripts": { "test": "node --version" } }\n',
  );
  git(repo, "init", "--quiet", "--initial-branch=main");
  git(repo, "add", ".");
  git(repo, "commit", "--quiet", "-m", "Begin");
}
