/** The daemon is killed, or stopped, at every kind of moment of a run; it always completes, and nobody is told anything twice. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, typeAt } from "../support/live-run.ts";
import { addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);

let here: World | undefined;
const enter = (options?: WorldOptions): World => {
  here = world(options);
  return here;
};
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

const COMMAND = { produces: { schema: "command-result@1" } };
const node = (code: string): string[] => ["node", "-e", code];
const worker = (run: LiveRun): string => run.of("session.opening").at(-1)?.session ?? "";

/** How a daemon goes away, and comes back. */
const WAYS = {
  killed: async (w: World) => {
    process.kill(w.daemonPid(), "SIGKILL");
    return () => w.devflowd("start");
  },
  stopped: async (w: World) => {
    const began = performance.now();
    const { code, err } = await w.devflowd("stop");
    expect(code, err).toBe(0);
    expect(performance.now() - began).toBeLessThan(15_000); // what only waits does not keep it
    return () => w.devflowd("start");
  },
};

const CASES = HOSTS.flatMap((host, at) => [
  { host, way: "killed" as const },
  ...(at === 0 ? [{ host, way: "stopped" as const }] : []), // a clean stop is the same on both, but for the host's release
]);

describe.each(CASES)("in $host, a daemon that is $way", ({ host, way }) => {
  const gone = WAYS[way];

  test("while a draft holds the prompt, the agent works, and its artifact lies unread", async () => {
    const w = enter({ host, scenario: { phases: { work: [{ wait: 2_500 }, { write: "whole" }] } } });
    const drafted = join(w.folder, "drafted");
    const untilDrafted = `setInterval(() => require("node:fs").existsSync(${JSON.stringify(drafted)}) && process.exit(), 20)`;
    addTemplate(w, "line", {
      first: { run: node(untilDrafted), ...COMMAND },
      work: { needs: ["first"] },
    });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("session.changed", ({ to }) => to === "ready");
    await typeAt(w, worker(run), "mine");
    writeFileSync(drafted, "");
    await run.event("prompt.held");
    await (await gone(w))();
    await run.event("run.resumed");
    await typeAt(w, worker(run), "C-u");
    await run.event("prompt.delivered");
    const back = await gone(w);
    await vi.waitFor(async () => expect((await w.journal()).map(({ event }) => event)).toContain("artifact"), 20_000);
    await back();
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(1);
    expect(run.of("run.interrupted")).toHaveLength(2);
    expect(run.of("session.opened")).toHaveLength(1);
  }, 300_000);

  test("while a command runs, and while an approval waits", async () => {
    const w = enter({ host });
    const slow = node("require('node:fs').appendFileSync('runs.txt', 'x'); setTimeout(() => {}, 1500)");
    addTemplate(w, "line", { tests: { run: slow, ...COMMAND }, work: { needs: ["tests"], approval: "after" } });
    const run = await begin(w, "line", "--goal", "x");
    const worktree = (await run.event("workspace.ready")).path;
    await vi.waitFor(() => expect(existsSync(join(worktree, "runs.txt"))).toBe(true), 20_000);
    await (await gone(w))();
    await run.event("approval.requested");
    await (await gone(w))();
    await run.event("run.resumed");
    expect((await w.devflow("approve", run.id)).code).toBe(0);
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(1);
    expect(run.of("approval.requested")).toHaveLength(1);
    expect(run.of("phase.accepted").map(({ phase }) => phase)).toEqual(["tests", "work"]);
  }, 300_000);
});

test.each(HOSTS)(
  "a daemon in %s that is killed again and again, at no particular moments",
  async (host) => {
    const w = enter({ host, scenario: { phases: { "*": [{ wait: 100 }, { write: "whole" }] } } });
    const phases = ["a", "b", "c", "d", "e"];
    addTemplate(
      w,
      "line",
      Object.fromEntries(
        phases.map((id, at) => [id, { role: at % 2 ? "odd" : "even", needs: phases.slice(at - 1, at) }]),
      ),
    );
    const run = await begin(w, "line", "--goal", "x");
    const delays: number[] = [];
    while (delays.length < 6 && run.status() !== "completed") {
      const delay = Math.round(50 + Math.random() * 900);
      delays.push(delay);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await (await WAYS.killed(w))();
    }
    try {
      await run.ends("completed");
      expect((await w.prompts()).map(({ phase }) => phase)).toEqual(phases);
      expect(run.of("phase.accepted").map(({ phase }) => phase)).toEqual(phases);
      expect(run.of("session.recovery")).toEqual([]);
    } catch (error) {
      throw new Error(`killed after ${delays.join(", ")} ms`, { cause: error });
    }
  },
  120_000,
);
