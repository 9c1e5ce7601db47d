/** Spending and the engine together: runs whose agents call models, against budgets that do not suffice. */
import { describe, expect, test, vi } from "vitest";
import { type FakeTurn, fakeAgents } from "../../src/adapters/agents/fake-agent.ts";
import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemIds } from "../../src/adapters/system/ids.ts";
import type { Policy } from "../../src/domain/budget.ts";
import type { RunId } from "../../src/domain/ids.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type EngineSpending, spending } from "../../src/engine/spending.ts";
import type { AgentSession } from "../../src/ports/agent.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import type { Grant } from "../../src/ports/spending.ts";
import { silent } from "../support/fakes.ts";
import { template } from "../support/made.ts";
import { money, usage } from "../support/spending.ts";
import { stage } from "../support/stage.ts";

const clock = systemClock();
const line = template({ specify: {}, review: { needs: ["specify"] } });

/** Spending for the engine that there will be. */
const accountant = (ledger: Ledger, engine: () => Engine): EngineSpending =>
  spending({
    ledger,
    clock,
    ids: systemIds(),
    journal: silent,
    prices: {
      of: (model) => ({ model, input: "0.001", output: "0.01", source: "shipped", at: 0 }),
      all: () => [],
      state: () => ({ address: "", fetchedAt: 0, stale: false, lastError: undefined, models: 1, skipped: 0 }),
      refresh: () => Promise.reject(new Error("there is no catalogue")),
    },
    runs: { state: (run) => engine().state(run), learn: (run, outcome) => engine().learn(run, outcome) },
  });

/** Agents that make three calls a turn; at worst 0.2 USD each, and that is what they come to. */
function market(policy: Policy, runUsd: string) {
  const ledger = memoryLedger();
  const grants: Grant[] = [];
  async function plays({ spec, prompt, artifact }: FakeTurn): Promise<void> {
    for (let nth = 1; nth <= 3; nth++) {
      const call = `${prompt.key}/${nth}`;
      const grant = await spends.ask(
        {
          call,
          run: spec.run,
          session: spec.session,
          persona: "deep-coder@1",
          account: "https://models.example KEY",
          model: "house/large",
          inputTokens: 100,
          maxOutputTokens: 10,
        },
        new AbortController().signal,
        () => {},
      );
      grants.push(grant);
      if (grant.kind === "refused") return;
      await spends.settle(call, { kind: "used", usage: usage(100, 10, { costUsd: "0.2" }) });
    }
    on.files.put(artifact, JSON.stringify({ note: artifact }));
  }
  const on = stage({
    template: line,
    clock,
    script: plays,
    more: { budget: { policy, runUsd }, moved: () => spends.reconsider() },
  });
  const spends = accountant(ledger, () => on.engine);
  const status = (run: RunId, wanted: string) => vi.waitFor(() => expect(on.status(run)).toBe(wanted), 10_000);
  const booked = (run: RunId) => ledger.standing({ kind: "run", name: run }).booked;
  const question = (run: RunId) => on.engine.state(run).escalations[0]?.escalation;
  const reported = (run: RunId) => vi.waitFor(() => expect(on.events(run).at(-1)).toBe("report.written"));
  const view = (run: RunId) => viewOf(on.log.read(run));
  return { ...on, on, ledger, grants, wait: status, booked, question, reported, view };
}

describe("a run with a budget of a third of what it would cost", () => {
  test("is blocked before the call that would cross it; given more and resumed, it completes", async () => {
    const here = market("block", "0.4");
    const run = await here.start();
    await here.wait(run, "failed");
    expect(here.booked(run)).toBe(money("0.4"));
    expect(here.grants.map(({ kind }) => kind)).toEqual(["granted", "granted", "refused"]);
    expect(here.view(run)).toMatchObject({
      failure: { code: "budget.exhausted" },
      budget: { usd: "0.4", policy: "block" },
      crossings: [{ scope: "run", limitUsd: "0.4", wouldUsd: "0.6", policy: "block", phase: "specify" }],
    });
    await here.reported(run);

    await here.engine.setBudget(run, { usd: "5", policy: "block" }, "ann");
    await here.engine.resume(run, "ann");
    await here.wait(run, "completed");
    expect(here.booked(run)).toBe(money("1.6"));
  });

  test("is warned once and completes", async () => {
    const here = market("warn_continue", "0.4");
    const run = await here.start();
    await here.wait(run, "completed");
    expect(here.booked(run)).toBe(money("1.2"));
    expect(here.events(run).filter((event) => event.startsWith("budget."))).toEqual(["budget.crossed specify"]);
  });

  test("asks, goes on as far as it is allowed, and asks again", async () => {
    const here = market("prompt", "0.4");
    const run = await here.start();
    await here.wait(run, "waiting");
    const first = here.question(run);
    if (first) await here.engine.answer(run, first, "allow", "ann");
    await vi.waitFor(() => expect(here.question(run)).not.toBe(first));
    await here.wait(run, "waiting");
    expect(here.booked(run)).toBe(money("0.8"));
    const second = here.question(run);
    if (second) await here.engine.answer(run, second, "allow", "ann");
    await here.wait(run, "completed");
    expect(here.booked(run)).toBe(money("1.2"));
    expect(here.view(run)?.crossings.map(({ limitUsd }) => limitUsd)).toEqual(["0.4", "0.8"]);
  });

  test("asks, and fails when a person stops it; no other word is an answer", async () => {
    const here = market("prompt", "0.4");
    const run = await here.start();
    await here.wait(run, "waiting");
    const asking = here.question(run);
    if (!asking) throw new Error("it asks nothing");
    await expect(here.engine.answer(run, asking, "retry", "ann")).rejects.toThrow(/one of: allow, stop/);
    await here.engine.answer(run, asking, "stop", "ann");
    await here.wait(run, "failed");
    await vi.waitFor(() => expect(here.grants.at(-1)?.kind).toBe("refused"));
    expect(here.booked(run)).toBe(money("0.4"));
    await expect(here.engine.answer(run, asking, "allow", "ann")).rejects.toThrow(/settled already/);
  });

  test("asks, and goes on when its budget is raised instead", async () => {
    const here = market("prompt", "0.4");
    const run = await here.start();
    await here.wait(run, "waiting");
    await here.engine.setBudget(run, { usd: "5", policy: "prompt" }, "ann");
    await here.wait(run, "completed");
    expect(here.events(run).filter((event) => event.startsWith("escalation."))).toEqual([
      "escalation.raised specify",
      "escalation.settled",
    ]);
  });
});

describe("agents that tell afterwards what they have used", () => {
  /** Each turn comes to 0.3 USD, told with its end. */
  function reporters(policy: Policy, runUsd: string) {
    const on = stage({
      template: line,
      clock,
      script: ({ spec, artifact, count }) => {
        on.files.put(artifact, JSON.stringify({ note: artifact }));
        const who = { run: spec.run, session: spec.session, persona: "fake@1", phase: spec.role, model: "fake" };
        spends.report(who, count, usage(10, 1, { costUsd: "0.3" }));
      },
      more: {
        budget: { policy, runUsd },
        moved: () => spends.reconsider(),
        affords: {
          begin: (by, signal) => spends.begin(by, signal),
          beginsNow: (by) => spends.beginsNow(by),
        },
      },
    });
    const ledger = memoryLedger();
    const spends = accountant(ledger, () => on.engine);
    const status = (run: RunId, wanted: string) => vi.waitFor(() => expect(on.status(run)).toBe(wanted), 10_000);
    return { ...on, ledger, wait: status };
  }

  test("keep what they have made; what would come after it is not begun once the budget is passed", async () => {
    const here = reporters("block", "0.2");
    const run = await here.start();
    await here.wait(run, "failed");
    expect(here.told).toEqual(["specify#1 work"]);
    expect(here.events(run)).toContain("phase.accepted specify");
    expect(here.engine.state(run).ended?.failure).toMatchObject({
      code: "budget.exhausted",
      details: { would: "0.3" },
    });
    await vi.waitFor(() => expect(here.events(run).at(-1)).toBe("report.written"));
    await here.engine.setBudget(run, { usd: "1", policy: "block" }, "ann");
    await here.engine.resume(run, "ann");
    await here.wait(run, "completed");
    expect(here.told).toEqual(["specify#1 work", "review#2 work"]);
  });

  test("wait for a person before they are given more, and go on when one allows it", async () => {
    const here = reporters("prompt", "0.2");
    const run = await here.start();
    await here.wait(run, "waiting");
    const [asking] = here.engine.state(run).escalations;
    if (asking) await here.engine.answer(run, asking.escalation, "allow", "ann");
    await here.wait(run, "completed");
    expect(here.told).toEqual(["specify#1 work", "review#1 work"]);
  });

  test("are only told about with warn_continue", async () => {
    const here = reporters("warn_continue", "0.2");
    const run = await here.start();
    await here.wait(run, "completed");
    expect(here.events(run).filter((event) => event.startsWith("budget."))).toEqual(["budget.crossed review"]);
  });
});

test("what an agent reports by itself is booked on its phase, and shown in the run", async () => {
  const ledger = memoryLedger();
  const reports: string[] = [];
  const on = stage({
    template: template({ specify: {} }),
    clock,
    agents: {
      open: async (spec) => {
        const agent = await adapter.open(spec);
        return {
          ...agent,
          watch: (listener) => {
            const stop = agent.watch((news) => {
              const working = news.kind === "verdict" && news.verdict.state === "working";
              if (working) listener({ kind: "usage", usage: usage(50, 5), nth: 1 });
              listener(news);
            });
            return stop;
          },
        };
      },
      adopt: async () => undefined,
    },
    more: {
      metering: {
        report: (by, nth, used) => {
          reports.push(`${by.persona} ${by.model} ${by.phase} ${nth}`);
          ledger.report(
            `${by.session}/${nth}`,
            { ...by, at: 1, day: "2026-11-21" },
            { usage: used, amount: money("0.1"), at: 1 },
          );
          return { ...used, costUsd: "0.1", estimated: true };
        },
        gone: (session) => reports.push(`gone ${session.length}`),
      },
    },
  });
  const adapter = fakeAgents(({ artifact }) => on.files.put(artifact, JSON.stringify({ note: 1 })));
  const run = await on.start();
  await vi.waitFor(() => expect(on.events(run)).toContain("report.written"), 10_000);
  expect(reports).toEqual(["fake-specify@1 fake specify 1", "gone 26"]);
  expect(viewOf(on.log.read(run))?.usage).toMatchObject({
    inputTokens: 50,
    costUsd: "0.1",
    estimatedUsd: "0.1",
    unknown: [],
  });
});

test("what an agent tells while it is closed is booked on the phase that it was at, and is in the report", async () => {
  const on = stage({
    template: template({ specify: {} }),
    clock,
    agents: {
      open: async (spec) => {
        const agent = await adapter.open(spec);
        const listeners: Parameters<AgentSession["watch"]>[0][] = [];
        return {
          ...agent,
          watch: (listener) => {
            listeners.push(listener);
            return agent.watch(listener);
          },
          close: async () => {
            for (const nth of [1, 2, 3])
              for (const tell of listeners) tell({ kind: "usage", usage: usage(50, 5), nth });
            await agent.close();
          },
        };
      },
      adopt: async () => undefined,
    },
  });
  const adapter = fakeAgents(({ artifact }) => on.files.put(artifact, JSON.stringify({ note: 1 })));
  const run = await on.start();
  await vi.waitFor(() => expect(on.events(run)).toContain("report.written"), 10_000);
  const events = on.events(run).filter((event) => /^(?:usage|report)\./.test(event));
  expect(events).toEqual([...Array(3).fill("usage.reported specify"), "report.written"]);
});
