/** Agents that are gone in the middle of a phase, in real panes and without: the next one goes on with the same conversation. */
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, tmux } from "../support/live-run.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

/** An agent that remembers, unless it must not. */
function enter(work: unknown, { remembers = true, ...options }: WorldOptions & { remembers?: boolean } = {}): World {
  here = world({ ...options, scenario: { phases: { work } } });
  if (remembers) here.env.PAPER_HOME = join(here.folder, "기억 'of' it");
  addTemplate(here, "line", { work: {} });
  return here;
}

const WHOLE = [{ write: "whole" }];
const purposes = (run: LiveRun): string[] => run.of("prompt.sending").map(({ purpose }) => purpose);
/** How many conversations there were, and how much of its own each prompt found there. */
async function talks(w: World): Promise<{ conversations: number; before: unknown[] }> {
  const taken = await w.prompts();
  return { conversations: new Set(taken.map((one) => one.conversation)).size, before: taken.map((one) => one.before) };
}

describe.each(HOSTS)("an agent in %s", (host) => {
  test("that crashes in the middle of a phase goes on with its own conversation, and is told that once", async () => {
    const w = enter({ "1": [{ write: "half" }, { crash: 3 }], "*": [{ wait: 3_000 }, ...WHOLE] }, { host });
    const run = await begin(w, "line", "--goal", "x");
    const { conversation, session } = await run.event("session.opened", (event) => event.conversation !== undefined);
    const shown = await w.devflow("sessions", "show", session);
    expect(shown.out).toContain(conversation);
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "continue"]);
    expect(await talks(w)).toEqual({ conversations: 1, before: [0, 1] });
    const [first, second] = await w.prompts();
    expect(first?.text).toContain("You work on the phase");
    expect(second?.text).toContain("this is your conversation from before");
    expect((await w.devflow("runs", "events", run.id)).out).toContain(`goes on with its conversation ${conversation}`);
  }, 300_000);
});

describe("an agent", () => {
  test.runIf(hasTmux)(
    "whose tmux server is killed goes on with its own conversation",
    async () => {
      const w = enter({ "1": [{ stall: true }], "*": WHOLE }, { host: "tmux" });
      const run = await begin(w, "line", "--goal", "x");
      await run.event("prompt.delivered");
      tmux(w, "kill-server");
      await run.ends("completed");
      expect(purposes(run)).toEqual(["work", "continue"]);
      expect(await talks(w)).toEqual({ conversations: 1, before: [0, 1] });
    },
    300_000,
  );

  test("that crashes while the daemon is away too goes on with its own conversation", async () => {
    const w = enter({ "1": [{ wait: 1_500 }, { crash: 3 }], "*": WHOLE });
    const run = await begin(w, "line", "--goal", "x");
    await run.event("prompt.delivered");
    process.kill(w.daemonPid(), "SIGKILL");
    await expect
      .poll(async () => (await w.journal()).some(({ event }) => event === "crash"), { timeout: 30_000 })
      .toBe(true);
    await w.devflow("runs", "list");
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "continue"]);
    expect(await talks(w)).toEqual({ conversations: 1, before: [0, 1] });
  }, 300_000);

  test("that has no conversation any more begins anew, and is told what is accepted", async () => {
    const w = enter({ "1": [{ crash: 3 }], "*": WHOLE }, { remembers: false });
    addTemplate(w, "line", { before: { role: "other" }, work: { needs: ["before"] } });
    const run = await begin(w, "line", "--goal", "x");
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "work", "work"]);
    const texts = (await w.prompts()).map(({ text }) => text ?? "");
    expect(texts.map((text) => text.includes("## Where this stands"))).toEqual([false, false, true]);
    expect(texts[2]).toMatch(/Accepted so far, and not to be changed:\n- before \(change-summary@1, sha256 /);
  }, 300_000);

  test("whose context is full makes it shorter, and is told to go on", async () => {
    const w = enter({ "1": [{ fail: "the context is full" }], "*": WHOLE });
    const run = await begin(w, "line", "--goal", "x");
    await run.ends("completed");
    expect(run.of("session.recovery").map(({ counter, used }) => `${counter} ${used}`)).toEqual(["compact 1"]);
    expect(purposes(run)).toEqual(["work", "nudge"]);
    expect((await w.journal()).filter(({ event }) => event === "compact")).toHaveLength(1);
    expect(await talks(w)).toEqual({ conversations: 1, before: [0, 0] });
  }, 300_000);

  test("whose context is full again begins anew", async () => {
    const full = [{ fail: "the context is full" }];
    const w = enter({ "1": full, "2": full, "*": WHOLE });
    const run = await begin(w, "line", "--goal", "x");
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "nudge", "work"]);
    expect(await talks(w)).toEqual({ conversations: 2, before: [0, 0, 0] });
  }, 300_000);

  test("that crashes again and again begins anew at its last try", async () => {
    const w = enter({ "4": WHOLE, "*": [{ crash: 1 }] });
    const run = await begin(w, "line", "--goal", "x");
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "continue", "continue", "work"]);
    expect(await talks(w)).toEqual({ conversations: 2, before: [0, 1, 2, 0] });
  }, 300_000);

  test("that a person restarts goes on with its own conversation", async () => {
    const w = enter({ "1": [{ stall: true }], "*": WHOLE });
    const run = await begin(w, "line", "--goal", "x");
    const { session } = await run.event("prompt.delivered");
    await w.devflow("sessions", "restart", session);
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "continue"]);
    expect(await talks(w)).toEqual({ conversations: 1, before: [0, 1] });
  }, 300_000);

  test("without a terminal that crashes in the middle of a turn goes on with its own conversation", async () => {
    const w = enter({ "1": [{ say: "I begin." }, { crash: 3 }], "*": WHOLE });
    addPersona(w, "one-shot", {
      ...{ capabilities: ["implement"], adapter: "headless", agent: "paper", family: "paper" },
    });
    const run = await begin(w, "line", "--goal", "x", "--bind", "work=one-shot");
    await run.ends("completed");
    expect(purposes(run)).toEqual(["work", "continue"]);
    expect(await talks(w)).toEqual({ conversations: 1, before: [0, 1] });
  }, 300_000);
});
