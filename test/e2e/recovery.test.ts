/** Agents in trouble, in real panes: what devflow does by itself, when it waits for a person, and how it goes on. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, paneOf, tmux, typeAt } from "../support/live-run.ts";
import { addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);

let here: World | undefined;
const enter = (options?: WorldOptions): World => {
  here = world(options);
  addTemplate(here, "line", { work: {} });
  return here;
};
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

const WHOLE = [{ write: "whole" }];
const start = (w: World): Promise<LiveRun> => begin(w, "line", "--goal", "x");
/** The session that the phase's newest prompt went to. */
const worker = (run: LiveRun): string => run.of("session.opening").at(-1)?.session ?? "";
const counters = (run: LiveRun): string[] =>
  run.of("session.recovery").map(({ counter, used }) => `${counter} ${used}`);
const questions = async (w: World, run: LiveRun): Promise<[string, string | undefined][]> =>
  (await w.show(run.id)).escalations.map(({ failure, answer }) => [failure.code, answer]);

describe.each(HOSTS)("an agent in %s", (host) => {
  test("that starts slowly and asks whether to trust the folder is waited for and told yes", async () => {
    const w = enter({ host, scenario: { start: [{ boot: 1_000 }, { trust: true }] } });
    const run = await start(w);
    await run.ends("completed");
    expect((await w.journal()).filter(({ event }) => event === "trust")).toMatchObject([{ answer: "yes" }]);
    expect(await w.prompts()).toHaveLength(1);
    expect(await questions(w, run)).toEqual([]);
  }, 300_000);

  test("that asks for permission makes the run wait until a person answers in the pane", async () => {
    const acts = [{ permission: { command: "rm -rf build" } }, { wait: 600 }, { write: "whole" }];
    const w = enter({ host, scenario: { phases: { work: acts } } });
    const run = await start(w);
    await run.reaches("waiting");
    expect((await w.devflow("runs", "wait", run.id)).code).toBe(7);
    expect((await w.devflow("sessions", "show", worker(run))).out).toContain("rm -rf build");
    await typeAt(w, worker(run), "1");
    await run.ends("completed");
    expect((await w.journal()).filter(({ event }) => event === "permission")).toMatchObject([{ answer: "yes" }]);
    expect(await questions(w, run)).toEqual([["session.awaits_permission", "seen"]]);
    expect(await w.prompts()).toHaveLength(1);
  }, 300_000);

  test("that crashes is started again and told again, and the report says so", async () => {
    const w = enter({ host, scenario: { phases: { work: { "1": [{ write: "half" }, { crash: 3 }], "2": WHOLE } } } });
    addTemplate(w, "line", { work: { repairs: 0 } });
    const run = await start(w);
    await run.ends("completed");
    expect(counters(run)).toEqual(["restart 1"]);
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["work", "work"]);
    const report = await w.json<{ run: { sessions: { recoveries: object; state: string }[] } }>(
      "runs",
      "report",
      run.id,
    );
    expect(report.run.sessions).toMatchObject([{ state: "lost", recoveries: { restart: 1 } }, { state: "closed" }]);
  }, 300_000);

  test("is not typed over: a person's draft holds the prompt until it is gone", async () => {
    const w = enter({ host });
    const gate = join(w.folder, "gate");
    const untilGate = `const t = setInterval(() => require("fs").existsSync(${JSON.stringify(gate)}) && clearInterval(t), 20)`;
    addTemplate(w, "line", {
      first: { run: ["node", "-e", untilGate], produces: { schema: "command-result@1" } },
      work: { needs: ["first"] },
    });
    const run = await start(w);
    await run.event("session.changed", ({ to }) => to === "ready"); // started ahead of its phase
    await typeAt(w, worker(run), "do not touch this");
    await vi.waitFor(
      async () => expect((await w.devflow("sessions", "show", worker(run))).out).toContain("do not touch this"),
      30_000,
    );
    writeFileSync(gate, "");
    const held = await run.event("prompt.held");
    expect(held.reason).toContain("do not touch this");
    expect((await w.devflow("sessions", "show", worker(run))).out).toContain("do not touch this");
    expect(await w.prompts()).toEqual([]);
    await typeAt(w, worker(run), "C-u");
    await run.ends("completed");
    expect((await w.prompts()).map(({ phase }) => phase)).toEqual(["work"]);
  }, 300_000);
});

describe("an agent", () => {
  test("that lost the first Enter gets it again, and the prompt once", async () => {
    const w = enter({ scenario: { start: [{ swallowEnter: 1 }] } });
    const run = await start(w);
    await run.ends("completed");
    expect((await w.journal()).filter(({ event }) => event === "swallowed")).toHaveLength(1);
    expect(counters(run)).toEqual(["resubmit 1"]);
    expect(await w.prompts()).toHaveLength(1);
  }, 300_000);

  test("that ends its turn with a question makes the run wait for the answer", async () => {
    const w = enter({
      scenario: { phases: { work: { "1": [{ ask: "Which of the two files?" }], "2": [{ wait: 600 }, ...WHOLE] } } },
    });
    const run = await start(w);
    await run.event("escalation.raised");
    await typeAt(w, worker(run), "the first one", "Enter");
    await run.ends("completed");
    expect(await questions(w, run)).toEqual([["session.awaits_input", "seen"]]);
  }, 300_000);

  test("that needs a login makes the run wait, and is told its prompt once somebody has logged in", async () => {
    const w = enter({ scenario: { start: [{ login: true }] } });
    const run = await start(w);
    await run.event("escalation.raised", ({ failure }) => failure.code === "session.login_required");
    expect(await w.prompts()).toEqual([]);
    await typeAt(w, worker(run), "1");
    await run.ends("completed");
    expect(await questions(w, run)).toEqual([["session.login_required", "seen"]]);
  }, 300_000);

  test("at its usage limit is left alone until the limit ends, and then told to go on", async () => {
    const w = enter({ scenario: { phases: { work: { "1": [{ limit: 3 }], "*": WHOLE } } } });
    const run = await start(w);
    const limited = await run.event("session.changed", ({ to }) => to === "rate_limited");
    expect(limited.evidence.map(({ said }) => said).join()).toContain("usage limit");
    await run.ends("completed");
    expect(counters(run)).toEqual(["backoff 1"]);
    expect(run.of("prompt.sending").map(({ purpose }) => purpose)).toEqual(["work", "nudge"]);
  }, 300_000);

  test("that crashes again and again is given up after three restarts, until a person resumes the run", async () => {
    const w = enter({ scenario: { phases: { work: [{ crash: 1 }] } } });
    const run = await start(w);
    const asked = await run.event("escalation.raised");
    expect(asked.failure).toMatchObject({ code: "session.recovery_exhausted", details: { counter: "restart" } });
    expect(counters(run)).toEqual(["restart 1", "restart 2", "restart 3"]);
    expect(run.status()).toBe("waiting");
    expect(await w.prompts()).toHaveLength(4);
    writeFileSync(join(w.folder, "scenario.json"), JSON.stringify({ phases: { work: WHOLE } }));
    expect((await w.devflow("runs", "resume", run.id)).code).toBe(0);
    await run.ends("completed");
    expect(await w.prompts()).toHaveLength(5);
    expect(await questions(w, run)).toEqual([["session.recovery_exhausted", "retry"]]);
  }, 300_000);
});

describe.runIf(hasTmux)("panes that go away", () => {
  const ONCE = { phases: { work: { "1": [{ stall: true }], "2": WHOLE } } };
  async function working(w: World): Promise<LiveRun> {
    const run = await start(w);
    await run.event("prompt.delivered");
    return run;
  }

  test("one that a person kills is made again, and its agent told again", async () => {
    const w = enter({ host: "tmux", scenario: ONCE });
    const run = await working(w);
    tmux(w, "kill-pane", "-t", paneOf(w, worker(run)));
    await run.ends("completed");
    expect(counters(run)).toEqual(["restart 1"]);
  }, 300_000);

  test("all of them, with their server: a new server takes their place", async () => {
    const both = { needs: ["first"], produces: { schema: "change-summary@1" } };
    const stall = { "1": [{ stall: true }], "2": WHOLE };
    const w = enter({ host: "tmux", scenario: { phases: { left: stall, right: stall } } });
    addTemplate(w, "line", { first: {}, left: both, right: both });
    const run = await start(w);
    await vi.waitFor(() => expect(run.of("prompt.delivered")).toHaveLength(3), 30_000);
    tmux(w, "kill-server");
    await run.ends("completed");
    expect((await w.prompts()).map(({ phase }) => phase).sort()).toEqual(["first", "left", "left", "right", "right"]);
    expect(counters(run)).toEqual(["restart 1", "restart 1"]);
  }, 300_000);
});
