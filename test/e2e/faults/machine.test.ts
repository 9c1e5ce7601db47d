/** The machine runs out of open files: what that is called, and that the daemon lives and goes on. */
import { writeFileSync } from "node:fs";
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
    await run.ends("completed");
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["first", "second"]);
    expect(run.of("phase.failed")).toEqual([]);
  }, 90_000);
});

/** A run whose first agent is about to write, and whose next phase needs a program and an agent to be started. */
async function betweenTwoPhases(): Promise<{ w: World; run: LiveRun; link: Link }> {
  const w = world({ host: "pty", scenario: { phases: { first: [{ gate: "go" }, { write: "whole" }] } } });
  here = w;
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
