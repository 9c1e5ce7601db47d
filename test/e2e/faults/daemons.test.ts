/** Two daemons at the same instant, and one that is told to stop while it is at work. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { openLink } from "../../../src/protocol/link.ts";
import { isThere } from "../../support/alive.ts";
import { begin } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { type World, world } from "../../support/world.ts";

const DEVFLOWD = join(import.meta.dirname, "../../../bin/devflowd");
/** `DEVFLOW_RACES=100` for the whole figure; each race costs two starts. */
const RACES = Number(process.env.DEVFLOW_RACES ?? "6");
const ALREADY_RUNNING = 5;

const worlds: World[] = [];
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const w of worlds.splice(0)) await w.close();
}, 90_000);

function enter(...options: Parameters<typeof world>): World {
  const made = world(...options);
  worlds.push(made);
  return made;
}

test(
  `of two daemons that start at the same instant exactly one runs (${RACES} times)`,
  async () => {
    const w = enter({ host: "pty" });
    let exactlyOne = 0;
    for (let race = 0; race < RACES; race += 1) {
      const pair = [0, 1].map(() => {
        const child = spawn(process.execPath, [DEVFLOWD, "start", "--foreground"], { env: w.env, stdio: "ignore" });
        children.push(child);
        return child;
      });
      const [first, code] = await Promise.race(
        pair.map(async (child) => [child, ((await once(child, "exit")) as [number | null])[0]] as const),
      );
      const winner = pair.find((child) => child !== first);
      expect(code).toBe(ALREADY_RUNNING);
      const pid = await vi.waitFor(() => ping(w), { timeout: 20_000, interval: 10 });
      if (pid === winner?.pid) exactlyOne += 1;
      const gone = winner && once(winner, "exit");
      winner?.kill("SIGTERM");
      expect(await gone).toEqual([0, null]);
    }
    console.log(`two daemons at the same instant: exactly one in ${exactlyOne} of ${RACES} races`);
    expect(exactlyOne).toBe(RACES);
  },
  RACES * 10_000,
);

async function ping(w: World): Promise<number> {
  const link = await openLink(join(w.home, "run", "devflowd.sock"));
  try {
    return (await link.call("daemon.ping", {}, 5_000)).pid;
  } finally {
    link.close();
  }
}

/** A command that ends neither by itself nor when it is asked to. */
const STUBBORN = `process.on("SIGTERM", () => {}); require("fs").appendFileSync("runs.txt", process.pid + "\\n"); setInterval(() => {}, 1000)`;
const QUICK = `require("fs").appendFileSync("runs.txt", process.pid + "\\n")`;

/** A run whose command is under way; `pids` are those of its commands so far. */
async function atWork() {
  const w = enter({ host: "pty" });
  const code = join(w.folder, "command.cjs");
  writeFileSync(code, STUBBORN);
  addTemplate(w, "line", {
    tests: { run: ["node", code], produces: { schema: "command-result@1" } },
    work: { needs: ["tests"] },
  });
  const run = await begin(w, "line", "--goal", "x");
  const file = join((await run.event("workspace.ready")).path, "runs.txt");
  const pids = (): number[] => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []);
  await vi.waitFor(() => expect(pids()).toHaveLength(1), { timeout: 20_000, interval: 50 });
  return { w, run, pids, end: () => writeFileSync(code, QUICK) };
}

/** Brings the daemon back: the run goes on by itself, and its command is done again, once. */
async function backAgain({ w, run, pids, end }: Awaited<ReturnType<typeof atWork>>): Promise<void> {
  end();
  expect(await w.devflowd("start")).toMatchObject({ code: 0 });
  await run.ends("completed");
  expect(pids()).toHaveLength(2);
  expect(pids().map(isThere)).toEqual([false, false]);
  expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["work"]);
}

describe.concurrent("a daemon that is told to stop while a command is at work", () => {
  test("waits half a minute for it, then ends it, keeps the run, and nothing of it is left behind", async () => {
    const stage = await atWork();
    const began = performance.now();
    expect((await stage.w.devflowd("stop")).code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(25_000);
    expect(stage.pids().map(isThere)).toEqual([false]);
    expect(stage.run.status()).toBe("interrupted");
    await backAgain(stage);
  }, 180_000);

  test("is ended at once by a second signal, and the next daemon finds everything as it was", async () => {
    const stage = await atWork();
    const pid = stage.w.daemonPid();
    process.kill(pid, "SIGTERM");
    await vi.waitFor(async () => expect((await stage.w.devflowd("logs")).out).toContain("stopping"), {
      timeout: 20_000,
      interval: 50,
    });
    process.kill(pid, "SIGTERM");
    await vi.waitFor(() => expect(isThere(pid)).toBe(false), { timeout: 10_000, interval: 20 });
    await backAgain(stage);
  }, 180_000);
});
