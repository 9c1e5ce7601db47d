/** What a run is expected to cost, out of a ledger, prices and the limits that there are. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import { costEstimate } from "../../src/daemon/cost-estimate.ts";
import type { Limit } from "../../src/domain/budget.ts";
import type { RunId } from "../../src/domain/ids.ts";
import { Persona } from "../../src/domain/persona.ts";
import type { Price } from "../../src/domain/price.ts";
import { priceList } from "../../src/domain/price-names.ts";
import type { Plan } from "../../src/engine/start.ts";
import type { RunRow } from "../../src/ports/event-log.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import type { Prices } from "../../src/ports/prices.ts";
import { runId, started, TWO_PHASES } from "../support/run-events.ts";
import { booking, DAY, spender, usage } from "../support/spending.ts";

const NOW = new Date(`${DAY}T12:00:00`).getTime();
const price: Price = { model: "a/b", input: "0.000001", output: "0.00001", source: "catalogue", at: 5 };

let ledger: Ledger;
beforeEach(() => {
  ledger = memoryLedger();
});

const persona = (name: string, adapter: Persona["adapter"], model?: string): Persona =>
  Persona.parse({
    ...{ name, version: 1, description: name, capabilities: ["spec"], adapter, family: "x" },
    ...(model !== undefined && { model }),
    ...(adapter === "agent" && { api: { limits: { maxTokensTotal: 100_000 } } }),
  });
const author = persona("author", "agent", "a/b:nitro");
const reviewer = persona("reviewer", "terminal");

function estimated(options: { past?: RunId[]; budget?: Limit; free?: boolean } = {}) {
  const { past = [], budget, free = false } = options;
  const list = priceList([price]);
  const prices: Prices = {
    of: list.of,
    all: () => list.all,
    state: () => ({ address: "x", fetchedAt: 5, stale: false, lastError: undefined, models: 1, skipped: 0 }),
    refresh: () => Promise.reject(new Error("not here")),
  };
  const rows = past.map((id) => ({ id, template: "spec-and-review@1" }) as RunRow);
  const other = { id: runId(99), template: "other@1" } as RunRow;
  const definition = <T>(value: T) => ({ value, hash: "", source: "", origin: "shipped" as const });
  const plan: Plan = {
    repository: { root: "/r", base: "main", baseCommit: "c" } as Plan["repository"],
    template: definition(TWO_PHASES),
    bindings: {
      author: { definition: definition(author), why: "" },
      reviewer: { definition: definition(reviewer), why: "" },
    },
    goal: { text: "g", removed: 0, bytes: 1 },
    warnings: [],
    event: started(budget ? { budget } : {}),
  };
  const log = { runs: () => [other, ...rows] };
  return costEstimate({ prices, ledger, log, clock: { now: () => NOW }, free: () => free })(plan);
}

let entries = 0;
function used(run: RunId, phase: string, inputTokens: number, cost?: string): void {
  entries += 1;
  const by = spender({ run, phase, at: NOW, persona: "author@1" });
  ledger.report(`e${entries}`, by, booking(cost, { usage: usage(inputTokens, 1_000) }));
}

describe("the estimate of a run", () => {
  it("without past runs is a guess for the model, and unknown for the agent in a terminal", () => {
    const { phases, total, catalogue } = estimated();
    expect(phases).toEqual([
      {
        phase: "specify",
        persona: "author@1",
        model: "a/b:nitro",
        basis: "default",
        runs: 0,
        inputTokens: { low: 20_000, likely: 100_000, high: 100_000 },
        outputTokens: { low: 2_000, likely: 8_000, high: 30_000 },
        costUsd: { low: "0.04", likely: "0.18", high: "0.4" },
        price: { model: "a/b", source: "catalogue", at: 5 },
      },
      { phase: "review", persona: "reviewer@1", basis: "unmetered", runs: 0 },
    ]);
    expect(total).toMatchObject({ unknownCost: 1, unknownTokens: 1, costUsd: { low: "0.04", high: "0.4" } });
    expect(catalogue).toMatchObject({ address: "x", fetchedAt: 5 });
  });

  it("rests on what the same template has used before, not on other runs", () => {
    const past = [1, 2, 3].map(runId);
    for (const [index, run] of past.entries()) used(run, "specify", (index + 1) * 10_000);
    used(runId(99), "specify", 9_000_000);
    expect(estimated({ past }).phases[0]).toMatchObject({
      basis: "past",
      runs: 3,
      inputTokens: { low: 10_000, likely: 20_000, high: 30_000 },
      costUsd: { low: "0.02", likely: "0.03", high: "0.04" },
    });
  });

  it("is 0 where the provider takes no money", () => {
    expect(estimated({ free: true }).total.costUsd.high).toBe("0");
  });
});

describe("the limits", () => {
  it("are told with what is used of them, and what they would do", () => {
    ledger.setLimit("day", undefined, { usd: "1.5", policy: "prompt" });
    ledger.setLimit("persona-day", "author", { usd: "0.5", policy: "block" });
    used(runId(7), "specify", 1, "0.45");
    expect(estimated().budgets).toEqual([
      {
        scope: "day",
        name: DAY,
        limitUsd: "1.5",
        usedUsd: "0.45",
        policy: "prompt",
        outlook: "enough",
        heldUsd: "0.16",
      },
      {
        ...{ scope: "persona-day", name: `author@1/${DAY}`, limitUsd: "0.5", usedUsd: "0.45" },
        ...{ policy: "block", outlook: "will_cross", heldUsd: "0.16" },
      },
    ]);
  });

  it("of the run itself are what its request says, else what counts for all runs", () => {
    ledger.setLimit("run", undefined, { usd: "0.2", policy: "warn_continue" });
    expect(estimated().budgets).toMatchObject([{ scope: "run", limitUsd: "0.2", outlook: "may_cross" }]);
    const own = estimated({ budget: { usd: "0.01", policy: "block" } });
    expect(own.budgets).toMatchObject([{ scope: "run", limitUsd: "0.01", policy: "block", outlook: "will_cross" }]);
  });
});
