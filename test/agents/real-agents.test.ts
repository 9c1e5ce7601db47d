/**
 * Groundwork with real agents: the CLI from npm in a real pane, its model a script on loopback. Each one starts by its profile in a worktree
 * that no configuration knows, takes a prompt exactly once, writes the artifact with its own file tool, and is ready again.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readEvent } from "../../src/domain/agent-events.ts";
import { launchArgs, launchEnv } from "../../src/domain/agent-profile.ts";
import { type Judgement, judge } from "../../src/domain/evidence.ts";
import { type BarePane, barePane, seen } from "../support/bare-tmux.ts";
import { agentOrSkip } from "../support/chosen-agents.ts";
import { profile } from "../support/profiles.ts";
import { configureAgent, type RealAgent } from "../support/real-agents.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

/** Downloading the first time, and starting on a loaded machine, in milliseconds. */
const INSTALL = 600_000;
const TURN = 120_000;

describe.each(["codex", "opencode"] as const)("groundwork: %s", (name) => {
  const { interactive, headless, env: variables } = profile(name);
  let agent: RealAgent;
  let folder: string;
  let tree: string;
  let artifact: string;
  let env: Record<string, string>;
  let model: ScriptedModel;
  let pane: BarePane | undefined;

  const prompt = () => `You work on one phase of a devflow run, in this directory.

Phase: specify
Attempt: 1
Run: 01ARZ3NDEKTSV4RRFFQ69G5FAV

## Goal
인사말을 공손하게 바꾼다: "안녕" 대신 \`안녕하세요\` 👋
	탭으로 시작하는 줄, $HOME 과 \\ 그리고 'quotes'
Write the artifact to: ${artifact}
Schema: ${join(tree, ".devflow", "schemas", "spec@1.json")}
When the file is written, stop.`;

  const judged = (wanted: Partial<Judgement>, typed?: string) =>
    vi.waitFor(
      async () => {
        const found = pane && judge(profile(name), { ...(await seen(pane)), typed });
        expect(found, JSON.stringify(found)).toMatchObject(wanted);
      },
      { timeout: TURN, interval: 100 },
    );

  beforeEach(async (context) => {
    agent = await agentOrSkip(name, context);
    folder = await mkdtemp(join(tmpdir(), `devflow-${name}-`));
    const repo = join(folder, "repo");
    tree = join(folder, "작업 트리's.v1");
    artifact = join(tree, ".devflow", "artifacts", "specify-1", "spec.json");
    await mkdir(repo);
    const git = (...args: string[]) =>
      execa("git", ["-c", "user.name=devflow", "-c", "user.email=devflow@localhost", ...args], { cwd: repo });
    await git("init", "-q", "-b", "main");
    await writeFile(join(repo, "README.md"), "# hello\n");
    await git("add", ".");
    await git("commit", "-q", "-m", "start");
    await git("worktree", "add", "-q", "-b", "devflow/run", tree);
    model = await scriptedModel({
      specify: { artifact: { title: "공손한 인사말" }, files: { [join(tree, "hello.txt")]: "안녕하세요\n" } },
    });
    const home = join(folder, "home");
    await mkdir(home);
    env = {
      PATH: process.env.PATH ?? "",
      LANG: "C.UTF-8",
      ...(await configureAgent(name, home, model.url)),
      ...launchEnv(variables, {}),
    };
  }, INSTALL);

  afterEach(async () => {
    await pane?.close();
    pane = undefined;
    await model.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 30_000);

  it("is the version that the profile was checked with", async () => {
    const { version } = profile(name).binary;
    const { stdout } = await execa(agent.bin, version.args, { env, extendEnv: false });
    expect(profile(name).checked).toContain(new RegExp(version.regex, "u").exec(stdout)?.[1]);
  });

  it("takes a prompt once, byte for byte, writes the files, and is ready again", { timeout: 3 * TURN }, async () => {
    const args = launchArgs(interactive.args, { cwd: tree, model: undefined, args: [] });
    pane = await barePane({ argv: [agent.bin, ...args], cwd: tree, env });
    await judged({ state: "ready" });

    await pane.paste(prompt());
    await judged({ ours: true }, prompt());
    await vi.waitFor(() => expect(model.delivered).toEqual([]));
    await pane.keys(...interactive.submit);
    await vi.waitFor(() => expect(existsSync(artifact)).toBe(true), { timeout: TURN, interval: 100 });
    await judged({ state: "ready", composer: { kind: "empty" } });

    expect(model.delivered.map((one) => one.prompt)).toEqual([prompt()]);
    expect(JSON.parse(await readFile(artifact, "utf8"))).toEqual({ title: "공손한 인사말" });
    expect(await readFile(join(tree, "hello.txt"), "utf8")).toBe("안녕하세요\n");
    expect(readFileSync(pane.raw, "utf8")).toContain("\x1b[?2004h");

    await pane.keys(...interactive.quit);
    await judged({ state: "exited" });
  });

  it("does the same without a terminal", { timeout: TURN }, async () => {
    if (!headless) throw new Error(`${name} has no headless mode`);
    const args = launchArgs(headless.args, { cwd: tree, model: undefined, args: [] });
    const asked = headless.prompt === "stdin" ? { input: prompt() } : { stdin: "ignore" as const };
    const { stdout } = await execa(agent.bin, headless.prompt === "argument" ? [...args, prompt()] : args, {
      cwd: tree,
      env,
      extendEnv: false,
      ...asked,
    });
    const news = stdout
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [readEvent(headless.events, JSON.parse(line))] : []));
    expect(news.find((one) => one.session)?.session).toBeTruthy();
    expect(news.findLast((one) => one.text)?.text).toBe("The artifact of specify is written.");
    expect(news.findLast((one) => one.usage)?.usage?.told).toMatchObject({ inputTokens: expect.any(Number) });
    expect(news.flatMap((one) => one.failed ?? [])).toEqual([]);
    expect(JSON.parse(await readFile(artifact, "utf8"))).toEqual({ title: "공손한 인사말" });
    expect(model.delivered.map((one) => one.prompt)).toEqual([prompt()]);
  });
});
