/** tmux hangs, its control client is killed, a pane is flooded: the daemon answers, says what is wrong, and goes on. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { begin, type LiveRun, tmux } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { linkTo, problems, untilNone, untilProblem } from "../../support/status.ts";
import { type World, world } from "../../support/world.ts";

const GATE = [{ gate: "go" }, { write: "whole" }];
/** `DEVFLOW_FLOOD_MB=100` for the whole figure, which keeps a busy machine busy for a minute. */
const FLOOD_MB = Number(process.env.DEVFLOW_FLOOD_MB ?? "30");
/** Far above what the daemon takes for an ordinary run, and far below the flood. */
const MOST_MB = 250;

const worlds: World[] = [];
const stopped = new Set<number>();
afterAll(async () => {
  for (const pid of stopped) goOn(pid);
  for (const w of worlds) await w.close();
}, 120_000);

function goOn(pid: number): void {
  process.kill(pid, "SIGCONT");
  stopped.delete(pid);
}

/** The world's own server, and nobody else's. */
function stop(w: World): number {
  const pid = Number(tmux(w, "display-message", "-p", "#{pid}"));
  stopped.add(pid);
  process.kill(pid, "SIGSTOP");
  return pid;
}

function enter(phases: unknown): World {
  const made = world({ host: "tmux", scenario: { phases } });
  worlds.push(made);
  addTemplate(made, "line", { work: {} });
  addTemplate(made, "flood", { flood: {} });
  return made;
}

async function open(run: LiveRun): Promise<void> {
  writeFileSync(join((await run.event("workspace.ready")).path, "go"), "");
}

// Side by side: most of their time is waiting for a tmux that does not answer.
describe.runIf(hasTmux).concurrent("a tmux", () => {
  test("that hangs is said to, holds up only what needs it, and is gone on with", async () => {
    const w = enter({ work: GATE });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    const link = await linkTo(w);
    const server = stop(w);
    await untilProblem(link, "terminal.unresponsive");
    expect((await w.devflow("ctl", "status")).out).toContain("tmux does not answer");
    const other = await begin(w, "line", "--goal", "y", "--base", "HEAD~0");
    await other.event("session.opening");
    // What an agent does in its pane counts, whether or not tmux answers.
    await open(run);
    await run.reaches("completed");
    expect(other.of("session.opened")).toEqual([]);
    expect(other.of("phase.failed")).toEqual([]);
    goOn(server);
    await untilNone(link);
    link.close();
    await open(other);
    await other.ends("completed");
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(2);
    expect(other.of("session.recovery")).toEqual([]);
  }, 90_000);

  test("that hangs while the daemon starts keeps it from nothing but its panes", async () => {
    const w = enter({ work: GATE });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    const server = stop(w);
    process.kill(w.daemonPid(), "SIGKILL");
    expect(await w.devflowd("start")).toMatchObject({ code: 0 });
    const link = await linkTo(w);
    await untilProblem(link, "terminal.unresponsive");
    await run.event("run.resumed");
    goOn(server);
    await untilNone(link);
    link.close();
    await open(run);
    await run.ends("completed");
    expect(run.of("session.recovery")).toEqual([]);
    expect(run.of("session.opened")).toHaveLength(1);
    expect(run.of("prompt.sending").map(({ purpose }) => purpose)).toEqual(["work"]);
    expect(await w.prompts()).toHaveLength(1);
  }, 90_000);

  test("whose control client is killed gets another one, and nobody notices", async () => {
    const w = enter({ work: GATE });
    const run = await begin(w, "line", "--goal", "x");
    for (const moment of ["session.opening", "prompt.sending", "prompt.delivered"] as const) {
      await run.event(moment);
      const before = await vi.waitFor(() => client(w), 20_000);
      process.kill(before, "SIGKILL");
      await vi.waitFor(() => expect(client(w)).not.toBe(before), 20_000);
    }
    await open(run);
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(1);
    expect(run.of("session.recovery")).toEqual([]);
  }, 60_000);
});

describe.runIf(hasTmux)("a pane", () => {
  test(`that prints ${FLOOD_MB} MB: the daemon answers and stays small, and other sessions go on`, async () => {
    const w = enter({ work: [{ write: "whole" }], flood: [{ flood: FLOOD_MB }, { write: "whole" }] });
    const flooding = await begin(w, "flood", "--goal", "x");
    await flooding.event("prompt.delivered");
    const link = await linkTo(w);
    const seen: number[] = [];
    const watching = new AbortController();
    const sampling = (async () => {
      while (!watching.signal.aborted) {
        seen.push((await link.call("daemon.status", {}, 10_000)).memoryMb);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const other = await begin(w, "line", "--goal", "y", "--base", "HEAD~0");
    await other.ends("completed");
    await vi.waitFor(() => expect(flooding.status()).toBe("completed"), { timeout: 200_000, interval: 200 });
    await flooding.ends("completed");
    watching.abort();
    await sampling;
    expect(await problems(link)).toEqual([]);
    link.close();
    expect(Math.max(...seen)).toBeLessThan(MOST_MB);
    console.log(`${FLOOD_MB} MB in one pane: the daemon took ${Math.max(...seen)} MB at most`);
    expect(await w.prompts()).toHaveLength(2);
  }, 300_000);
});

/** The pid of the daemon's control client. */
function client(w: World): number {
  const clients = tmux(w, "list-clients", "-F", "#{client_control_mode} #{client_pid}");
  const [, pid] = /^1 (\d+)$/m.exec(clients) ?? [];
  if (pid === undefined) throw new Error(`no control client:\n${clients}`);
  return Number(pid);
}
