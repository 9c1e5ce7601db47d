/** What phases can do side by side and to each other, in workflows of a repository's own: real programs, real panes. */
import { existsSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isThere } from "../support/alive.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, liveRun } from "../support/live-run.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

let here: World | undefined;
const enter = (options?: WorldOptions): World => {
  here = world(options);
  return here;
};
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

const HOST = hasTmux ? "tmux" : "pty";
describe("phases side by side", () => {
  const FORK = { left: {}, right: {}, join: { needs: ["left", "right"] } };

  test("work in two panes at once, and what needs both starts when both are accepted", async () => {
    const slow = [{ wait: 1_200 }, { write: "whole" }];
    const w = enter({ scenario: { phases: { left: slow, right: slow } } });
    addTemplate(w, "fork", FORK);
    const run = await begin(w, "fork", "--goal", "x");
    await run.ends("completed");
    const told = run.told();
    const first = told.findIndex((line) => line.startsWith("phase.accepted"));
    expect(
      told
        .slice(0, first)
        .filter((line) => line.startsWith("prompt.delivered"))
        .sort(),
    ).toEqual(["prompt.delivered left", "prompt.delivered right"]);
    expect(told.indexOf("phase.started join")).toBeGreaterThan(told.indexOf("phase.accepted left"));
    expect(told.indexOf("phase.started join")).toBeGreaterThan(told.indexOf("phase.accepted right"));
    expect(new Set(run.of("session.opened").map(({ host, key }) => `${host} ${key}`)).size).toBe(3);
    const join = (await w.prompts()).find(({ phase }) => phase === "join");
    expect(join?.text).toContain("- left (change-summary@1");
    expect(join?.text).toContain("- right (change-summary@1");
  }, 300_000);

  test("are ended together when the run is cancelled; the worktree, the branch and a report stay", async () => {
    const edit = { edit: { file: "half.txt", content: "half\n" } };
    const w = enter({ scenario: { phases: { left: [edit, { stall: true }], right: [{ stall: true }] } } });
    addTemplate(w, "fork", FORK);
    const run = await begin(w, "fork", "--goal", "x");
    await vi.waitFor(async () => expect(await w.prompts()).toHaveLength(2), 30_000);
    await vi.waitFor(() => expect(run.of("prompt.delivered")).toHaveLength(2), 30_000);
    const worktree = run.of("workspace.ready")[0]?.path ?? "";
    await vi.waitFor(() => expect(existsSync(`${worktree}/half.txt`)).toBe(true), 30_000);
    const pids = run.of("session.opened").map(({ pid }) => pid);
    expect(pids.filter(isThere).length).toBeGreaterThanOrEqual(2); // that of `join` may be there already
    expect((await w.devflow("runs", "cancel", run.id, "--comment", "enough")).code).toBe(0);
    await run.ends("cancelled");
    expect(pids.filter(isThere)).toEqual([]);
    const view = await w.show(run.id);
    expect(view.cancelled).toMatchObject({ comment: "enough" });
    expect(existsSync(`${view.worktree}/half.txt`)).toBe(true);
    expect(w.git("branch", "--list", view.branch ?? "")).toContain(run.id);
    expect((await w.devflow("runs", "report", run.id)).out).toContain("half.txt");
  }, 300_000);
});

test("a no before a phase ends the run, and no agent was told anything", async () => {
  const w = enter();
  addTemplate(w, "gated", { ship: { approval: "before" } });
  const asked = await w.devflow("run", "gated", "--goal", "x", "--yes");
  expect(asked.code).toBe(7);
  const run = liveRun(w, (await w.latest())?.id ?? "");
  expect((await w.devflow("reject", run.id, "--comment", "not today")).code).toBe(0);
  await run.ends("failed");
  expect(run.of("run.failed")[0]?.failure).toMatchObject({ code: "phase.rejected", details: { comment: "not today" } });
  expect(await w.prompts()).toEqual([]);
  expect((await w.devflow("runs", "wait", run.id)).code).toBe(1);
}, 300_000);

test("a phase that is not done in its time fails the run, which goes on from there when it is resumed", async () => {
  const w = enter({ scenario: { phases: { slow: { "1": [{ stall: true }], "2": [{ write: "whole" }] } } } });
  addTemplate(w, "slow", { first: {}, slow: { needs: ["first"], timeout: "5s" } });
  const ended = await w.devflow("run", "slow", "--goal", "x", "--yes");
  expect(ended.code).toBe(1);
  const run = liveRun(w, (await w.latest())?.id ?? "");
  await run.ends("failed");
  expect(run.of("phase.failed").map(({ phase, failure }) => [phase, failure.code])).toEqual([
    ["slow", "phase.timeout"],
  ]);
  expect((await w.devflow("runs", "resume", run.id)).code).toBe(0);
  await run.ends("completed");
  expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["first", "slow", "slow"]);
  expect(run.of("phase.started").map(({ phase, cause }) => `${phase} ${cause}`)).toEqual([
    "first ready",
    "slow ready",
    "slow resumed",
  ]);
}, 300_000);

test("an agent without a terminal and one in a pane work in one run", async () => {
  const w = enter({ host: HOST });
  addPersona(w, "quiet-author", { capabilities: ["specify"], adapter: "headless", agent: "paper", family: "paper" });
  const ended = await w.devflow("run", "spec-and-review", "--goal", "안녕", "--yes", "--bind", "author=quiet-author");
  expect(ended.code, ended.err).toBe(0);
  const run = liveRun(w, (await w.latest())?.id ?? "");
  await run.ends("completed");
  const view = await w.show(run.id);
  expect(view.sessions.map(({ role, host }) => `${role} ${host}`)).toEqual([
    "author process",
    `reviewer ${HOST}`,
    `verifier ${HOST}`,
  ]);
  expect(view.usage.inputTokens).toBeGreaterThan(0);
  expect(view.usage.unknown).toHaveLength(2);
}, 300_000);
