/** `run_command` with real programs: what they get, what a model sees of them, and that nothing of them stays behind. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { CommandList } from "../../../src/domain/model-agent.ts";
import { answerText } from "../../../src/domain/tool.ts";
import { isAlive } from "../../contract/terminal-host.ts";
import { repository, writeIn } from "../../support/repository.ts";
import { type TestTools, TOOL_SESSION, testTools } from "../../support/toolbox.ts";

const FAMILY = fileURLToPath(new URL("../../../fixtures/terminal/family.mjs", import.meta.url));

const withCommands = (persona: CommandList, more: Parameters<typeof testTools>[0] = {}): TestTools =>
  testTools({ commands: { persona }, ...more });

/** Programs of the worktree's own, so that the rule about text on the command line is not in the way. */
function script(tools: TestTools, name: string, text: string): void {
  writeIn(tools.root, name, text);
  chmodSync(join(tools.root, name), 0o755);
}

async function familyIn(file: string): Promise<number[]> {
  const pids = await vi.waitFor(() => JSON.parse(readFileSync(file, "utf8")) as number[], { timeout: 60_000 });
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
  });
  return pids;
}

describe("run_command", () => {
  it("runs git in a real worktree and gives its output and exit code", async () => {
    const { root } = repository();
    const { use } = withCommands([["git"]], { root });
    const status = await use("run_command", { argv: ["git", "log", "--oneline", "--format=%s"] });
    expect(status).toMatchObject({
      ok: true,
      exitCode: 0,
      text: expect.stringMatching(/^\[exit code 0, .* s\]\n--- stdout\nFirst$/),
    });
    const missing = await use("run_command", { argv: ["git", "show", "nothing-there"] });
    expect(missing).toMatchObject({ ok: true, exitCode: 128, text: expect.stringContaining("--- stderr\nfatal:") });
  });

  it("runs in the folder that is asked for, with no input and nothing secret around it", async () => {
    const tools = withCommands([["./env.mjs"], ["../env.mjs"]], {
      env: {
        PATH: `${process.env.PATH}:.:`,
        HOME: "/home/me",
        OPENROUTER_API_KEY: "secret",
        NODE_OPTIONS: "--bad",
        SSH_AUTH_SOCK: "/x",
        GIT_DIR: "/x",
      },
    });
    script(
      tools,
      "env.mjs",
      "#!/usr/bin/env node\nimport { readFileSync } from 'node:fs';\nconsole.log(JSON.stringify({ cwd: process.cwd(), input: readFileSync(0, 'utf8'), env: process.env }))",
    );
    writeIn(tools.root, "하위 폴더/x", "");
    const answer = await tools.use("run_command", { argv: ["../env.mjs"], cwd: "하위 폴더" });
    const { cwd, input, env } = JSON.parse(answerText(answer).split("\n")[2] ?? "");
    expect([cwd, input]).toEqual([join(tools.root, "하위 폴더"), ""]);
    expect(env).toEqual({
      PATH: process.env.PATH,
      HOME: "/home/me",
      CI: "1",
      PAGER: "cat",
      GIT_PAGER: "cat",
      EDITOR: "false",
      GIT_EDITOR: "false",
      GIT_TERMINAL_PROMPT: "0",
      DEVFLOW_SESSION: TOOL_SESSION,
      DEVFLOW_CALL: expect.any(String),
    });
  });

  it("does not take a program of the worktree for one of the system", async () => {
    const tools = withCommands([["hidden"]]);
    const withPath = testTools({
      root: tools.root,
      commands: { persona: [["hidden"]] },
      env: { PATH: `${join(tools.root, "bin")}:${process.env.PATH}` },
    });
    script(tools, "bin/hidden", "#!/bin/sh\necho ran\n");
    expect(await withPath.use("run_command", { argv: ["hidden"] })).toMatchObject({ code: "command.not_found" });
  });

  it("needs both lists to allow it, and says what they allow", async () => {
    const commands = { persona: [["git", "status"], ["echo"]], phase: [["git"], ["npm", "test"]] };
    const { use } = testTools({ commands });
    for (const argv of [
      ["echo", "x"],
      ["npm", "test"],
      ["git", "log"],
    ])
      expect(await use("run_command", { argv })).toMatchObject({
        code: "command.not_allowed",
        reason: `${argv.join(" ")} is not among the commands that may be run here. Use one that begins with "git status".`,
      });
    const nothing = testTools({ commands: { persona: [["echo"]], phase: [] } });
    expect(await nothing.use("run_command", { argv: ["echo"] })).toMatchObject({ code: "command.not_allowed" });
    const persona = testTools({ commands: { persona: [["echo"]] } });
    expect(await persona.use("run_command", { argv: ["echo", "$HOME", "; id"] })).toMatchObject({
      text: expect.stringContaining("--- stdout\n$HOME ; id"),
    });
  });

  it("refuses a command as one string, with the hint to give a list", async () => {
    const { use } = withCommands([["git"]]);
    for (const args of [{ argv: "git status" }, { command: "git status" }, { cmd: "git status" }])
      expect(await use("run_command", args)).toMatchObject({ code: "command.string" });
    expect(await use("run_command", { argv: [] })).toMatchObject({ code: "args.invalid" });
    expect(await use("run_command", { argv: ["git"], cwd: ".." })).toMatchObject({ code: "path.outside" });
    expect(await use("run_command", { argv: ["git"], cwd: ".git" })).toMatchObject({ code: "path.git" });
  });

  it("shows the end of a flood, and where all of it can be read", async () => {
    const tools = withCommands([["./flood.mjs"]]);
    script(
      tools,
      "flood.mjs",
      "#!/usr/bin/env node\nfor (let i = 1; i <= 20000; i += 1) console.log('line ' + i + ' 가')",
    );
    const answer = await tools.use("run_command", { argv: ["./flood.mjs"] });
    expect(answer).toMatchObject({ ok: true, cut: true, exitCode: 0 });
    const [, path = ""] =
      /line 20000 가\n\[the output is in (\S+): read it with read_file\]$/.exec(answerText(answer)) ?? [];
    expect(answerText(await tools.use("read_file", { path, limit: 2 }))).toMatch(
      /^line 1 가\nline 2 가\n\[lines 1 to 2 of 20000/,
    );
  });

  it.each(["its time is up", "the session is stopped"])("ends it with all that it has started when %s", async (why) => {
    const tools = withCommands([["node", FAMILY]], { graceMs: 300 });
    const other = join(tools.root, "other.json");
    const bystander = tools.use("run_command", { argv: ["node", FAMILY, "other.json"] }, "bystander");
    const bystanders = await familyIn(other);
    const stop = new AbortController();
    const late = why === "its time is up";
    const answer = tools.use(
      "run_command",
      { argv: ["node", FAMILY, "pids.json", "stubborn"], timeoutSeconds: late ? 6 : 600 },
      "x",
      stop.signal,
    );
    const pids = await familyIn(join(tools.root, "pids.json"));
    if (!late) stop.abort();
    expect(await answer).toMatchObject({
      ok: false,
      code: late ? "command.timed_out" : "command.stopped",
      text: expect.stringContaining("family ready"),
    });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(bystanders.every(isAlive)).toBe(true);
    for (const pid of bystanders) process.kill(pid, "SIGKILL");
    await bystander;
  });
});
