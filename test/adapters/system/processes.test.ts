/** Ending a session's processes: all that belong to it, wherever they went, and nobody else. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { isAlive } from "../../contract/terminal-host.ts";

const FAMILY = fileURLToPath(new URL("../../../fixtures/terminal/family.mjs", import.meta.url));
let dir: string;
let started: ChildProcess[];
let pids: number[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "devflow processes "));
  started = [];
  pids = [];
});
afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
  await rm(dir, { recursive: true });
});

const run = (args: string[], env: Record<string, string>) => {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, ...env },
  });
  started.push(child);
  return child;
};
async function family(session: string, ...args: string[]): Promise<number[]> {
  const file = join(dir, ulid());
  run([FAMILY, file, ...args], { DEVFLOW_SESSION: session });
  const members = await vi.waitFor(async () => JSON.parse(await readFile(file, "utf8")) as number[], {
    timeout: 60_000,
  });
  pids.push(...members);
  return members;
}
const session = () => SessionId.parse(ulid());

describe("ending a session's processes", () => {
  it("ends the tree and the daemonised helper, and leaves another session's family alone", async () => {
    const id = session();
    const mine = await family(id);
    const other = await family(session());
    expect(await endProcesses({ session: id, root: mine[0] }, 5_000)).toEqual([]);
    expect(mine.filter(isAlive)).toEqual([]);
    expect(other.filter(isAlive)).toEqual(other);
  });

  it("kills those that do not want to go", async () => {
    const id = session();
    const mine = await family(id, "stubborn");
    expect(await endProcesses({ session: id, root: mine[0] }, 100)).toEqual([]);
    expect(mine.filter(isAlive)).toEqual([]);
  });

  it("ends a stopped process too", async () => {
    const id = session();
    const [first, child] = (await family(id)) as [number, number, number];
    process.kill(child, "SIGSTOP");
    expect(await endProcesses({ session: id, root: first }, 5_000)).toEqual([]);
    expect(isAlive(child)).toBe(false);
  });

  it.runIf(process.platform === "linux")("finds a helper whose parents are long dead by its mark", async () => {
    const id = session();
    const [first, child, away] = (await family(id)) as [number, number, number];
    process.kill(first, "SIGKILL");
    process.kill(child, "SIGKILL");
    await vi.waitFor(() => expect([first, child].filter(isAlive)).toEqual([]));
    expect(isAlive(away)).toBe(true);
    expect(await endProcesses({ session: id }, 5_000)).toEqual([]);
    expect(isAlive(away)).toBe(false);
  });

  it.runIf(process.platform === "linux")("does not touch a process on the word of a pid alone", async () => {
    const stranger = run(["-e", "console.log('up'); setInterval(() => {}, 1e6)"], {});
    await new Promise((resolve) => stranger.stdout?.once("data", resolve));
    expect(await endProcesses({ session: session(), root: stranger.pid }, 100)).toEqual([]);
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  });

  it.runIf(process.platform === "linux")(
    "ends a child that has dropped the mark, and spares one with another mark",
    async () => {
      const id = session();
      const script = `
      const { spawn } = require("node:child_process");
      const idle = ["-e", "setInterval(() => {}, 1e6)"];
      const bare = spawn(process.execPath, idle, { stdio: "ignore", env: {} });
      const foreign = spawn(process.execPath, idle, { stdio: "ignore", env: { DEVFLOW_SESSION: "other" } });
      console.log(JSON.stringify([bare.pid, foreign.pid])); setInterval(() => {}, 1e6);`;
      const parent = run(["-e", script], { DEVFLOW_SESSION: id });
      const said = await new Promise<string>((resolve) =>
        parent.stdout?.once("data", (bytes) => resolve(String(bytes))),
      );
      const [bare, foreign] = JSON.parse(said) as [number, number];
      pids.push(bare, foreign);
      expect(await endProcesses({ session: id, root: parent.pid }, 5_000)).toEqual([]);
      expect([isAlive(bare), isAlive(foreign)]).toEqual([false, true]);
    },
  );

  it("has nothing to do for a session without processes", async () => {
    expect(await endProcesses({ session: session() }, 1_000)).toEqual([]);
  });
});
