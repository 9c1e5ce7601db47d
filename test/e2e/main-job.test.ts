/** The main job as a user has it: the built programs, a real repository, the paper agent in real panes. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Report } from "../../src/domain/report.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { liveRun } from "../support/live-run.ts";
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

describe.each(HOSTS)("the main job in %s", (host) => {
  test("goes through specify, review and verify, leaves the checkout alone, and reports", async () => {
    const w = enter({ host });
    const before = w.git("status", "--porcelain", "--ignored");
    const run = await w.devflow("run", "spec-and-review", "--goal", "안녕 — say hello 👋", "--yes");
    expect(run.err + run.out).toContain("completed");
    expect(run.code).toBe(0);
    const latest = await w.latest();
    const view = await w.show(latest?.id ?? "");
    await liveRun(w, view.id).ends("completed");
    expect(view.phases.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "specify accepted",
      "review accepted",
      "verify accepted",
    ]);
    expect(view.sessions.map(({ host: where, state }) => `${where} ${state}`)).toEqual(Array(3).fill(`${host} closed`));
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["specify", "review", "verify"]);
    expect(w.git("status", "--porcelain", "--ignored")).toBe(before);
    expect(w.git("branch", "--list", "devflow/*").trim()).toContain(latest?.id);
    const markdown = (await w.devflow("runs", "report", view.id)).out;
    expect(markdown).toContain("spec-and-review@1 completed");
    expect(readFileSync(view.report?.markdown ?? "", "utf8").trim()).toBe(markdown.trim());
    const report = Report.parse(await w.json("runs", "report", view.id));
    expect(Report.parse(JSON.parse(readFileSync(view.report?.json ?? "", "utf8")))).toEqual(report);
  }, 300_000);

  test("killed in the middle of a phase and started again, it finishes with no prompt sent twice", async () => {
    const w = enter({ host, scenario: { phases: { "*": [{ wait: 1_500 }, { write: "whole" }] } } });
    await w.devflow("run", "spec-and-review", "--goal", "go on", "--yes", "--detach");
    const id = (await w.latest())?.id ?? "";
    await vi.waitFor(async () => expect((await w.prompts()).length).toBe(2), 30_000);
    process.kill(w.daemonPid(), "SIGKILL");
    await vi.waitFor(async () => expect((await w.show(id)).status).toBe("completed"), {
      timeout: 60_000,
      interval: 200,
    });
    const prompts = await w.prompts();
    expect(prompts.map(({ phase }) => phase)).toEqual(["specify", "review", "verify"]);
    const view = await w.show(id);
    await liveRun(w, id).ends("completed");
    expect(view.interruptions).toHaveLength(1);
    expect(view.sessions).toHaveLength(3);
  }, 300_000);
});
