/** What the daemon answers about money: sums out of a ledger, and beside them what nobody has metered. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import { spendingAnswers } from "../../src/daemon/spending-answers.ts";
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { SessionId } from "../../src/domain/ids.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import type { UsageMarks } from "../../src/ports/usage-marks.ts";
import { phaseStarted, runId, started, workspaceReady } from "../support/run-events.ts";
import { booking, spender } from "../support/spending.ts";

const RUN = runId(1);
const MINUTE = 60_000;
const NOW = 10_000 * MINUTE;

let ledger: Ledger;
let marked: Map<string, number>;
let now: number;

beforeEach(() => {
  ledger = memoryLedger();
  marked = new Map();
  now = NOW;
});

function answers(events: readonly RunEvent[] = []) {
  const log: StoredEvent[] = events.map((event, at) => ({
    cursor: at + 1,
    run: RUN,
    position: at + 1,
    at: at * 1_000,
    event,
  }));
  const marks: UsageMarks = { of: (name) => marked.get(name), set: (name, at) => void marked.set(name, at) };
  return spendingAnswers({
    ledger,
    marks,
    clock: { now: () => now },
    log: { read: () => log, resolve: () => [RUN] },
  });
}

let entries = 0;
function spent(cost: string | undefined, by: Parameters<typeof spender>[0] = {}, estimated = false): void {
  const { usage, ...rest } = booking(cost);
  entries += 1;
  ledger.report(`e${entries}`, spender({ run: RUN, ...by }), { ...rest, usage: { ...usage, estimated } });
}

const session = (digit: string) => SessionId.parse(`01JZ8N3V${digit.repeat(6)}QK5RTXW9YB4M`);
const opening = (id: string, role: string, adapter: string): RunEvent => ({
  type: "session.opening",
  session: SessionId.parse(id),
  role,
  persona: `${adapter}-${role}@1`,
  adapter,
});

describe("stats", () => {
  it("tell exact sums, and what of them is an estimate or missing", async () => {
    spent("0.000000000001", { model: "a" });
    spent("0.3", { model: "a" }, true);
    spent(undefined, { model: "b" });
    const { lines, total } = await answers().stats({ by: "model" });
    expect(lines).toMatchObject([
      { name: "a", calls: 2, costUsd: "0.300000000001", estimatedUsd: "0.3", unknown: 0, inputTokens: 20 },
      { name: "b", calls: 1, unknown: 1, inputTokens: 10 },
    ]);
    expect(lines[1]?.costUsd).toBeUndefined();
    expect(total).toMatchObject({ calls: 3, costUsd: "0.300000000001", unknown: 1, outputTokens: 3 });
  });

  it("begin where they are told to", async () => {
    spent("1", { at: 1 });
    spent("2", { at: 10 });
    expect((await answers().stats({ by: "persona", since: 2 })).total.costUsd).toBe("2");
    expect((await answers().stats({ by: "persona", since: 11 })).lines).toEqual([]);
  });
});

describe("the costs of a run", () => {
  const [author, reviewer] = [session("1"), session("2")];
  const run: RunEvent[] = [
    started(),
    workspaceReady,
    phaseStarted("specify"),
    opening(author, "author", "terminal"),
    phaseStarted("review"),
    opening(reviewer, "reviewer", "agent"),
  ];

  it("are told by phases, and say of an agent that reports nothing that it is unknown, never 0", async () => {
    spent("0.5", { phase: "review" });
    const costs = await answers(run).costs({ run: "x" });
    expect(costs.phases.map(({ name, costUsd, unmetered }) => [name, costUsd, unmetered])).toEqual([
      ["specify", undefined, true],
      ["review", "0.5", false],
    ]);
    expect(costs.unmetered).toEqual([{ session: author, persona: "terminal-author@1", adapter: "terminal" }]);
    expect(costs.total.costUsd).toBe("0.5");
  });

  it.each(["terminal", "headless", "acp"])(
    "are unknown in all when an agent of %s has reported nothing",
    async (one) => {
      const { total, unmetered } = await answers([...run.slice(0, 3), opening(author, "author", one)]).costs({
        run: "x",
      });
      expect(total).toMatchObject({ calls: 0 });
      expect(total.costUsd).toBeUndefined();
      expect(unmetered).toMatchObject([{ adapter: one }]);
    },
  );

  it("are 0 of a model agent that has made no call", async () => {
    const costs = await answers([...run.slice(0, 3), opening(author, "author", "agent")]).costs({ run: "x" });
    expect(costs).toMatchObject({ total: { costUsd: "0" }, phases: [{ costUsd: "0" }], unmetered: [] });
  });

  it("are 0 before any agent was at work", async () => {
    const costs = await answers(run.slice(0, 2)).costs({ run: "x" });
    expect([costs.total.costUsd, costs.phases]).toEqual(["0", []]);
  });

  it("leave nothing out that belongs to no phase", async () => {
    spent("0.1", { phase: "review" });
    spent("0.2");
    const { phases, total } = await answers(run).costs({ run: "x" });
    expect(phases.map(({ name, costUsd }) => [name, costUsd])).toContainEqual(["", "0.2"]);
    expect(total.costUsd).toBe("0.3");
  });

  it("do not take in what another run has spent", async () => {
    spent("7", { run: runId(2), phase: "review" });
    expect((await answers(run).costs({ run: "x" })).total.calls).toBe(0);
  });
});

describe("usage", () => {
  it("has each entry of the window in one of its slots, also the newest", async () => {
    for (const minutes of [61, 59, 30, 1, 0]) spent("1", { at: NOW - minutes * MINUTE });
    const { from, to, slots, total } = await answers().usage({ minutes: 60 });
    expect([from, to]).toEqual([NOW - 60 * MINUTE, NOW]);
    expect(total.calls).toBe(4);
    expect(slots.flatMap(({ calls }, index) => (calls > 0 ? [[index, calls]] : []))).toEqual([
      [0, 1],
      [15, 1],
      [29, 2],
    ]);
  });

  it("begins anew at a reset, and the books stay", async () => {
    spent("1", { at: NOW - 5 * MINUTE });
    const { resetUsage, usage, stats } = answers();
    expect(await resetUsage({})).toEqual({ at: NOW });
    now += MINUTE;
    spent("2", { at: NOW + 1 });
    expect(await usage({ minutes: 60 })).toMatchObject({ from: NOW, resetAt: NOW, total: { calls: 1, costUsd: "2" } });
    expect((await stats({ by: "model" })).total.calls).toBe(2);
    now += 100 * MINUTE;
    expect(await usage({ minutes: 60 })).toMatchObject({ from: now - 60 * MINUTE });
  });

  it("of a clock that was put back does not run backwards", async () => {
    marked.set("usage", NOW + MINUTE);
    expect(await answers().usage({ minutes: 60 })).toMatchObject({ from: NOW, to: NOW });
  });
});
