/** The daemon is stopped for longer than any of its limits, and its clock is set: no phase is out of time, nothing happens twice. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { begin, type LiveRun } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { type World, type WorldOptions, world } from "../../support/world.ts";

const HOUR_MS = 3_600_000;
/** What the phases may take: a busy machine starts an agent in much less. */
const LIMIT = "20s";
const STOPPED_MS = 21_000;

const worlds: World[] = [];
let stopped: number | undefined;
afterAll(async () => {
  if (stopped !== undefined) process.kill(stopped, "SIGCONT");
  for (const w of worlds) await w.close();
}, 90_000);

function enter(options: WorldOptions): World {
  const made = world(options);
  worlds.push(made);
  return made;
}

const file = (run: LiveRun, name: string): string => join(run.of("workspace.ready")[0]?.path ?? "", name);

test.concurrent("a daemon that was stopped for longer than a phase may take goes on as if it had not been", async () => {
  const slow = ["node", "-e", "const t = setInterval(() => require('fs').existsSync('go') && clearInterval(t), 20)"];
  const w = enter({ host: "pty", scenario: { phases: { work: [{ gate: "go" }, { write: "whole" }] } } });
  addTemplate(w, "both", {
    tests: { run: slow, timeout: LIMIT, produces: { schema: "command-result@1" } },
    work: { timeout: LIMIT },
  });
  const run = await begin(w, "both", "--goal", "x");
  await run.event("prompt.delivered");
  await run.event("command.starting");
  stopped = w.daemonPid();
  process.kill(stopped, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS)); // there is nothing else to wait for: it does nothing
  process.kill(stopped, "SIGCONT");
  stopped = undefined;
  writeFileSync(file(run, "go"), "");
  await run.ends("completed");
  expect(await w.prompts()).toHaveLength(1);
  expect(run.of("session.recovery")).toEqual([]);
  expect(run.of("phase.started").map(({ attempt }) => attempt)).toEqual([1, 1]);
}, 120_000);

test.concurrent("a clock that is set forwards and backwards by hours moves no limit", async () => {
  const preload = join(import.meta.dirname, "../../support/moved-clock.mjs");
  const acts = [{ gate: "one" }, { say: "One." }, { gate: "two" }, { say: "Two." }, { gate: "go" }, { write: "whole" }];
  const w = enter({
    host: "pty",
    scenario: { phases: { work: acts } },
    env: { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` },
  });
  const clock = join(w.folder, "clock");
  w.env.MOVED_CLOCK = clock;
  mkdirSync(w.folder, { recursive: true });
  addTemplate(w, "line", { work: { timeout: "10m" } });
  const run = await begin(w, "line", "--goal", "x");
  await run.event("prompt.delivered");
  for (const [step, ms] of [
    ["one", 5 * HOUR_MS],
    ["two", -5 * HOUR_MS],
  ] as const) {
    writeFileSync(clock, String(ms));
    writeFileSync(file(run, step), ""); // what the agent says then is looked at with the clock as it is now
    await vi.waitFor(
      async () => {
        const shown = await w.devflow("sessions", "show", run.of("session.opening")[0]?.session ?? "");
        expect(shown.out).toContain(step === "one" ? "One." : "Two.");
      },
      { timeout: 20_000, interval: 100 },
    );
  }
  expect(run.status()).toBe("running");
  writeFileSync(file(run, "go"), "");
  await run.ends("completed");
  expect(await w.prompts()).toHaveLength(1);
  expect(run.of("session.recovery")).toEqual([]);
}, 60_000);
