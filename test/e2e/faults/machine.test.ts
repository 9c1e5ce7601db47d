/** The machine runs out of something: what that is called, and that the daemon lives, loses nothing and goes on. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Link } from "../../../src/protocol/link.ts";
import { canLimit, limit } from "../../support/limits.ts";
import { begin, type LiveRun } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { linkTo, untilNone, untilProblem } from "../../support/status.ts";
import { type World, world } from "../../support/world.ts";

let here: World | undefined;
let giveBack = (): void => {};
afterEach(async () => {
  giveBack();
  giveBack = () => {};
  await here?.close();
  here = undefined;
}, 60_000);

describe.skipIf(!canLimit)("without any more open files", () => {
  test("the daemon answers, says so by name, loses nothing, and goes on when there are some again", async () => {
    const { w, run, link } = await betweenTwoPhases();
    giveBack = limit(w.daemonPid(), "nofile", 1);
    open(w, run);
    await untilProblem(link, "machine.out_of_files");
    const asked = link.call("run.preview", { template: "two", goal: "x", repo: w.repo }, 20_000);
    await expect(asked).rejects.toMatchObject({ code: "machine.out_of_files" });
    giveBack();
    await untilNone(link);
    link.close();
    await wentOn(w, run);
  }, 90_000);
});

describe("without any more processes", () => {
  test("the daemon says so by name, loses nothing, and goes on when it may start some again", async () => {
    const preload = new URL("../../support/no-forks.mjs", import.meta.url).href;
    const { w, run, link } = await betweenTwoPhases((folder) => ({
      NODE_OPTIONS: `--import=${preload}`,
      NO_FORKS: join(folder, "no-forks"),
    }));
    writeFileSync(join(w.folder, "no-forks"), "");
    open(w, run);
    await untilProblem(link, "machine.no_processes");
    const asked = link.call("run.preview", { template: "two", goal: "x", repo: w.repo }, 20_000);
    await expect(asked).rejects.toMatchObject({ code: "machine.no_processes" });
    rmSync(join(w.folder, "no-forks"));
    await untilNone(link);
    link.close();
    await wentOn(w, run);
  }, 90_000);
});

describe.skipIf(!canLimit)("where a file may not grow any more", () => {
  test("the daemon lives, says so by name, loses nothing, and goes on when files may be larger again", async () => {
    const { w, run, link } = await betweenTwoPhases();
    const pid = w.daemonPid();
    giveBack = limit(pid, "fsize", 1);
    open(w, run);
    await untilProblem(link, "machine.file_limit");
    giveBack();
    await untilNone(link);
    link.close();
    expect(w.daemonPid()).toBe(pid);
    await wentOn(w, run);
  }, 90_000);
});

/** To its end, each agent told once and no phase given up. */
async function wentOn(w: World, run: LiveRun): Promise<void> {
  await run.ends("completed");
  expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["first", "second"]);
  expect(run.of("phase.failed")).toEqual([]);
}

/** A run whose first agent is about to write, and whose next phase needs a program and an agent to be started. */
async function betweenTwoPhases(
  env: (folder: string) => Record<string, string> = () => ({}),
): Promise<{ w: World; run: LiveRun; link: Link }> {
  const w = world({ host: "pty", scenario: { phases: { first: [{ gate: "go" }, { write: "whole" }] } } });
  here = w;
  Object.assign(w.env, env(w.folder));
  addTemplate(w, "two", {
    first: {},
    tests: { run: ["node", "--version"], needs: ["first"], produces: { schema: "command-result@1" } },
    second: { needs: ["tests"] },
  });
  const run = await begin(w, "two", "--goal", "x");
  await run.event("prompt.delivered");
  return { w, run, link: await linkTo(w) };
}

function open(w: World, run: LiveRun): void {
  writeFileSync(join(run.of("workspace.ready")[0]?.path ?? w.repo, "go"), "");
}
