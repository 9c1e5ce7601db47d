/** A whole devflow for a test: the built programs, a home of its own, a real repository, and agents that are really there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { CONSENT_VERSION } from "../../src/domain/consent.ts";
import type { RunView } from "../../src/domain/view.ts";
import { findDaemon } from "../../src/protocol/find-daemon.ts";
import { placesHere } from "../../src/protocol/here.ts";
import type { Link } from "../../src/protocol/link.ts";
import type { RunSummary } from "../../src/protocol/run-methods.ts";
import { journaled } from "./paper-stage.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What a daemon that lives answers within, on the slowest machine. */
const ASKED_MS = 20_000;

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

  /** To the daemon that runs: for what a test asks again and again, where a program each time would be most of its work. */
  const link = async (): Promise<Link | undefined> => (await findDaemon(placesHere(env)).catch(() => undefined))?.link;

  /** As the daemon tells it; where there is none, by the program that starts one. */
  async function show(id: string): Promise<RunView> {
    const daemon = await link();
    if (!daemon) return json<RunView>("runs", "show", id);
    return daemon.call("run.show", { run: id }, ASKED_MS).finally(() => daemon.close());
  }

  async function latest(): Promise<Pick<RunSummary, "id" | "status"> | undefined> {
    const daemon = await link();
    if (!daemon) return (await json<RunSummary[]>("runs", "list", "--limit", "1"))[0];
    const { runs } = await daemon.call("run.list", { limit: 1 }, ASKED_MS).finally(() => daemon.close());
    return runs[0];
  }

  /** Agents outlive their daemon by design: a test that ends in the middle of a run ends the run first. */
  async function endRuns(): Promise<void> {
    const daemon = (await link()) ?? ((await devflow("ctl", "ping")).code === 0 ? await link() : undefined);
    if (!daemon) return; // it cannot start: then it never ran
    const { runs } = await daemon.call("run.list", { active: true, limit: 1_000 }, ASKED_MS);
    for (const { id } of runs) await daemon.call("run.cancel", { run: id, by: "test" }, ASKED_MS).catch(() => {});
    const until = Date.now() + 20_000;
    while ((await daemon.call("daemon.status", {}, ASKED_MS)).sessions > 0 && Date.now() < until) await pause(50);
    daemon.close();
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
    show,
    latest,
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
