/** A phase's own command: what it gets, what is kept of it, and that nothing of it stays behind. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { commandMark } from "../../../src/adapters/commands/command-mark.ts";
import { localCommands } from "../../../src/adapters/commands/local-commands.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import type { CommandSpec } from "../../../src/ports/commands.ts";
import { isAlive } from "../../contract/terminal-host.ts";
import { runId } from "../../support/run-events.ts";
import { tempDirectory } from "../../support/temp.ts";

const FAMILY = fileURLToPath(new URL("../../../fixtures/terminal/family.mjs", import.meta.url));
const RUN = runId(1);
const NEVER = new AbortController().signal;
/** Longer than any test: what ends before it was ended by something else. */
const LONG_MS = 600_000;

const commands = (env: Record<string, string> = {}, graceMs = 5_000) =>
  localCommands({ env: { PATH: process.env.PATH, HOME: "/home/me", ...env }, endProcesses, graceMs });

function spec(argv: CommandSpec["argv"], more: Partial<CommandSpec> = {}): CommandSpec {
  return { run: RUN, phase: "tests", argv, cwd: tempDirectory(), timeoutMs: LONG_MS, ...more };
}
const node = (script: string, ...args: string[]) => [process.execPath, "-e", script, ...args] as const;
const sh = (script: string, ...args: string[]) => ["sh", "-c", script, "sh", ...args] as const;

/** The pids that `family.mjs` writes, once it has. */
async function familyIn(file: string): Promise<number[]> {
  const pids = await vi.waitFor(() => JSON.parse(readFileSync(file, "utf8")) as number[], { timeout: 60_000 });
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
  });
  return pids;
}

describe("a command", () => {
  it("gives its exit code and both outputs", async () => {
    const result = await commands().run(spec(sh("echo out; echo 오류 >&2; exit 3")), NEVER);
    expect(result).toEqual({
      exitCode: 3,
      signal: null,
      timedOut: false,
      durationMs: expect.any(Number),
      stdout: "out\n",
      stderr: "오류\n",
      truncated: false,
    });
  });

  it("gives the signal that ended it", async () => {
    const result = await commands().run(spec(sh("kill -9 $$")), NEVER);
    expect(result).toMatchObject({ exitCode: null, signal: "SIGKILL", timedOut: false });
  });

  it("gets its arguments as they are: there is no shell", async () => {
    const odd = ["$HOME", "a b", "; exit 9", "'\"\\", "", "새\n줄", "*"];
    const { stdout } = await commands().run(
      spec(node("process.stdout.write(JSON.stringify(process.argv.slice(1)))", "--", ...odd)),
      NEVER,
    );
    expect(JSON.parse(stdout)).toEqual(odd);
  });

  it("runs in its folder, with no input, and may be a program of that folder", async () => {
    const cwd = tempDirectory();
    writeFileSync(join(cwd, "check.sh"), "#!/bin/sh\npwd; wc -c\n");
    chmodSync(join(cwd, "check.sh"), 0o755);
    const { stdout } = await commands().run(spec(["./check.sh"], { cwd }), NEVER);
    expect(stdout).toMatch(new RegExp(`^${cwd}\n *0\n$`));
  });

  it("gets none of the daemon's secrets, and is told where it runs", async () => {
    const env = { OPENROUTER_API_KEY: "secret", LANG: "ko_KR.UTF-8", DEVFLOW_HOME: "/x", NODE_OPTIONS: "--bad" };
    const { stdout } = await commands(env).run(spec(node("console.log(JSON.stringify(process.env))")), NEVER);
    expect(JSON.parse(stdout)).toEqual({
      PATH: process.env.PATH,
      HOME: "/home/me",
      LANG: "ko_KR.UTF-8",
      CI: "1",
      DEVFLOW_RUN: RUN,
      DEVFLOW_SESSION: commandMark(RUN, "tests"),
    });
  });

  it("that floods its output is kept to the last 64 KiB of each, in whole characters", async () => {
    const flood = "for (const out of [process.stdout, process.stderr]) out.write('가'.repeat(400_000) + 'end')";
    const { stdout, stderr, truncated } = await commands().run(spec(node(flood)), NEVER);
    for (const text of [stdout, stderr]) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
      expect(Buffer.byteLength(text)).toBeGreaterThan(64 * 1024 - 4);
      expect(text).toMatch(/^가+end$/);
    }
    expect(truncated).toBe(true);
  });

  it("has its output kept to the last byte when it is exactly 64 KiB", async () => {
    const { stdout, truncated } = await commands().run(spec(node("process.stdout.write('x'.repeat(65536))")), NEVER);
    expect([stdout.length, truncated]).toEqual([65536, false]);
  });

  it("that prints bytes which are no text gives text within the limit all the same", async () => {
    const binary = "process.stdout.write(Buffer.alloc(50_000, 0xff))";
    const { stdout, truncated } = await commands().run(spec(node(binary)), NEVER);
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(64 * 1024);
    expect(stdout).toMatch(/^�+$/);
    expect(truncated).toBe(true);
  });

  it.each([
    ["is not on PATH", "no-such-program", "there is no such program on PATH"],
    ["is not in its folder", "./no-such-program", "there is no such program"],
    ["may not be executed", "./plain", "it may not be executed"],
    ["is a folder", "/", "it may not be executed"],
  ])("whose program %s is refused by name", async (_, program, problem) => {
    const cwd = tempDirectory();
    writeFileSync(join(cwd, "plain"), "text");
    chmodSync(join(cwd, "plain"), 0o644);
    await expect(commands().run(spec([program, "x"], { cwd }), NEVER)).rejects.toMatchObject({
      code: "command.failed_to_start",
      params: { phase: "tests", command: program, problem },
    });
  });

  it.each([
    ["whose folder is gone", { cwd: "/nowhere/at/all" }, /no folder/],
    ["with an argument too long for the system", { argv: ["true", "x".repeat(4_000_000)] as const }, /too long/],
    ["with a zero byte in an argument", { argv: ["true", "a\0b"] as const }, /null/],
  ])("%s is refused by name", async (_, more, message) => {
    const refused = commands().run({ ...spec(["true"]), ...more }, NEVER);
    await expect(refused).rejects.toMatchObject({ code: "command.failed_to_start", message });
  });
});

describe("nothing of a command stays behind", () => {
  it("when its time is up, and its output so far is kept", async () => {
    const result = await commands().run(spec(sh("echo $$; sleep 600 & sleep 600"), { timeoutMs: 1_500 }), NEVER);
    expect(result).toMatchObject({ exitCode: null, signal: "SIGTERM", timedOut: true });
    expect(Number(result.stdout)).toBeGreaterThan(1);
    expect(isAlive(Number(result.stdout))).toBe(false);
  });

  it.each([
    ["", [], 5_000, "SIGTERM"],
    [" and it does not want to go", ["stubborn"], 200, "SIGKILL"],
  ])("when the run is cancelled%s: neither its tree nor what it has daemonised", async (_, more, graceMs, by) => {
    const cwd = tempDirectory();
    const file = join(cwd, "pids");
    const cancel = new AbortController();
    const argv = [process.execPath, FAMILY, file, ...more] as const;
    const running = commands({}, graceMs).run(spec(argv, { cwd }), cancel.signal);
    const pids = await familyIn(file);
    cancel.abort();
    expect(await running).toMatchObject({ exitCode: null, signal: by, timedOut: false });
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("when it ends by itself and has left a server running that holds its output open", async () => {
    const cwd = tempDirectory();
    const leave = `echo started; "$1" -e 'require("fs").writeFileSync("pids", JSON.stringify([process.pid])); setInterval(() => {}, 60000)' & while [ ! -s pids ]; do sleep 0.02; done; echo done`;
    const result = await commands().run(spec(sh(leave, process.execPath), { cwd }), NEVER);
    expect(result).toMatchObject({ exitCode: 0, timedOut: false, stdout: "started\ndone\n" });
    expect((await familyIn(join(cwd, "pids"))).filter(isAlive)).toEqual([]);
  });

  it("when it was cancelled before it began: it does not begin", async () => {
    const cwd = tempDirectory();
    const result = await commands().run(spec(sh("touch began"), { cwd }), AbortSignal.abort());
    expect(result.exitCode).toBeNull();
    expect(existsSync(join(cwd, "began"))).toBe(false);
  });

  it("of an earlier daemon's try of the same phase, when it starts again; other phases' commands go on", async () => {
    const cwd = tempDirectory();
    const left = (phase: string) => {
      const file = join(cwd, phase);
      const env = { PATH: process.env.PATH, DEVFLOW_SESSION: commandMark(RUN, phase) };
      const child = spawn(process.execPath, [FAMILY, file], { stdio: "ignore", env });
      onTestFinished(() => void child.kill("SIGKILL"));
      return familyIn(file);
    };
    const [same, other] = await Promise.all([left("tests"), left("lint")]);
    const { exitCode } = await commands().run(spec(["true"], { cwd }), NEVER);
    expect(exitCode).toBe(0);
    expect(same.filter(isAlive)).toEqual([]);
    expect(other.filter(isAlive)).toEqual(other);
  });

  it("of an earlier daemon, when nobody waits for it any more; that there is none is fine", async () => {
    const file = join(tempDirectory(), "left");
    const env = { PATH: process.env.PATH, DEVFLOW_SESSION: commandMark(RUN, "tests") };
    const child = spawn(process.execPath, [FAMILY, file], { stdio: "ignore", env });
    onTestFinished(() => void child.kill("SIGKILL"));
    const left = await familyIn(file);
    await commands().end(RUN, "lint");
    expect(left.filter(isAlive)).toEqual(left);
    await commands().end(RUN, "tests");
    expect(left.filter(isAlive)).toEqual([]);
    await commands().end(RUN, "tests");
  });

  it("even if its processes cannot be told by their mark", async () => {
    const blind = localCommands({ env: process.env, endProcesses: async () => [], graceMs: 100 });
    const result = await blind.run(spec(["sleep", "600"], { timeoutMs: 100 }), NEVER);
    expect(result).toMatchObject({ signal: "SIGKILL", timedOut: true });
  });
});

describe("the mark of a command", () => {
  it("is the same in every daemon, and another for another run or phase", () => {
    expect(commandMark(RUN, "tests")).toBe(commandMark(RUN, "tests"));
    const marks = [commandMark(RUN, "tests"), commandMark(RUN, "lint"), commandMark(runId(2), "tests")];
    expect(new Set(marks).size).toBe(3);
  });
});
