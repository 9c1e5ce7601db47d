/** What people see of prices and of money: golden files, looked at by eye, and that nothing runs over the edge. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bar, sparkline } from "../../src/cli/show/bars.ts";
import { estimateLines } from "../../src/cli/show/estimate.ts";
import { dollarRange, dollars, tokenRange, tokens } from "../../src/cli/show/money.ts";
import { modelsLines, priceLines, usedPricesLines } from "../../src/cli/show/prices.ts";
import { costsLines, statsLines, usageLines } from "../../src/cli/show/spending.ts";
import { type Paper, paperOf } from "../../src/cli/style.ts";
import { columnsOf } from "../../src/cli/table.ts";
import type { Price } from "../../src/domain/price.ts";
import { speak } from "../../src/messages/say.ts";
import type {
  CatalogueState,
  CostEstimate,
  RunCosts,
  SpentLine,
  SpentStats,
  UsageWindow,
} from "../../src/protocol/money.ts";
import "../support/cli.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");
const MINUTE = 60_000;

const catalogue: CatalogueState = {
  address: "https://openrouter.ai/api/v1/models",
  fetchedAt: NOW - 180 * MINUTE,
  stale: false,
  models: 412,
  skipped: 3,
};
const trouble: CatalogueState = {
  ...catalogue,
  fetchedAt: NOW - 70 * 60 * MINUTE,
  stale: true,
  lastError: "it answers with HTTP 503",
  skipped: 0,
};
const never: CatalogueState = { address: catalogue.address, stale: true, models: 0, skipped: 0 };

const sonnet: Price = {
  model: "anthropic/claude-sonnet-4.5",
  title: "Anthropic: Claude Sonnet 4.5",
  input: "0.000003",
  output: "0.000015",
  cacheRead: "0.0000003",
  cacheWrite: "0.00000375",
  cacheWrite1h: "0.000006",
  reasoning: "0",
  request: "0",
  discount: "0.1",
  special: [
    { over: 200_000, input: "0.000006", output: "0.0000225" },
    { from: 1630, until: 30, days: [0, 6], input: "0.000001" },
    { unclear: true, output: "0.00002" },
  ],
  contextTokens: 1_000_000,
  maxOutputTokens: 64_000,
  source: "catalogue",
  at: NOW - 180 * MINUTE,
};
const deepseek: Price = {
  model: "deepseek/deepseek-chat",
  input: "0.00000027",
  output: "0.0000011",
  cacheRead: "0.00000007",
  contextTokens: 128_000,
  source: "shipped",
  at: Date.parse("2025-10-01"),
};
const local: Price = { model: "사내/큐원-코더", input: "0", output: "0", source: "override", at: NOW };

const line = (name: string, cost: string | undefined, changes: Partial<SpentLine> = {}): SpentLine => ({
  name,
  calls: 12,
  inputTokens: 845_210,
  outputTokens: 23_104,
  cachedTokens: 612_000,
  cacheWriteTokens: 0,
  reasoningTokens: 9_020,
  ...(cost !== undefined && { costUsd: cost }),
  estimatedUsd: "0",
  unknown: 0,
  ...changes,
});

const stats: SpentStats = {
  by: "model",
  lines: [
    line("anthropic/claude-sonnet-4.5", "3.412345678901", { calls: 141 }),
    line("deepseek/deepseek-chat-v3.1", "0.05213", { estimatedUsd: "0.05213" }),
    line("gpt-5-codex", undefined, { unknown: 12 }),
    line("", "0.9", { unknown: 2 }),
  ],
  total: line("all", "4.364475678901", { calls: 177, estimatedUsd: "0.05213", unknown: 14 }),
};

const costs: RunCosts = {
  run: "01KJM3W7C0QZB4T1VB8DBBBBB2",
  template: "spec-and-review@1",
  status: "completed",
  total: line("all", "0.123456789012", { calls: 24 }),
  phases: [
    { ...line("specify", "0.1"), persona: "openrouter-deepseek-spec@1", unmetered: false },
    { ...line("review", "0.023456789012"), persona: "openrouter-sonnet-reviewer@1", unmetered: false },
    {
      ...line("verify", undefined, { calls: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 }),
      persona: "codex-verifier@1",
      unmetered: true,
    },
  ],
  personas: [line("openrouter-deepseek-spec@1", "0.1"), line("openrouter-sonnet-reviewer@1", "0.023456789012")],
  models: [line("deepseek/deepseek-chat", "0.1"), line("anthropic/claude-sonnet-4.5", "0.023456789012")],
  unmetered: [{ session: "01KJM3W7C0QZB4T1VB8DBBBBB3", persona: "codex-verifier@1", adapter: "terminal" }],
};

const slot = (index: number): SpentLine => {
  const busy = index % 7 === 3 ? 0 : (index * 37) % 11;
  return line(String(NOW - (30 - index) * 2 * MINUTE), String(busy / 100), {
    calls: busy,
    inputTokens: busy * 1_000,
    outputTokens: busy * 100,
  });
};
const usage: UsageWindow = {
  from: NOW - 60 * MINUTE,
  to: NOW,
  slots: Array.from({ length: 30 }, (_, index) => slot(index)),
  total: line("all", "1.29", { calls: 129, estimatedUsd: "0.29" }),
  models: [line("deepseek/deepseek-chat", "0.29", { estimatedUsd: "0.29" }), line("openai/gpt-5-mini", "1")],
};

const range = (low: number, likely: number, high: number) => ({ low, likely, high });
const usdRange = (low: string, likely: string, high: string) => ({ low, likely, high });
const estimate: CostEstimate = {
  phases: [
    {
      phase: "specify",
      persona: "openrouter-deepseek-spec@1",
      model: "deepseek/deepseek-chat",
      basis: "past",
      runs: 7,
      inputTokens: range(41_000, 80_000, 212_000),
      outputTokens: range(2_100, 3_000, 5_400),
      costUsd: usdRange("0.0131", "0.0249", "0.0632"),
      price: { model: "deepseek/deepseek-chat", source: "shipped", at: deepseek.at },
    },
    {
      phase: "review",
      persona: "openrouter-sonnet-reviewer@1",
      model: "anthropic/claude-sonnet-4.5",
      basis: "default",
      runs: 0,
      inputTokens: range(20_000, 150_000, 600_000),
      outputTokens: range(2_000, 8_000, 30_000),
      costUsd: usdRange("0.09", "0.57", "2.25"),
      price: { model: sonnet.model, source: "catalogue", at: sonnet.at },
    },
    {
      phase: "tests",
      basis: "command",
      runs: 0,
      inputTokens: range(0, 0, 0),
      outputTokens: range(0, 0, 0),
      costUsd: usdRange("0", "0", "0"),
    },
    { phase: "verify", persona: "codex-verifier@1", basis: "unmetered", runs: 0 },
  ],
  total: {
    inputTokens: range(61_000, 230_000, 812_000),
    outputTokens: range(4_100, 11_000, 35_400),
    costUsd: usdRange("0.1031", "0.5949", "2.3132"),
    unknownTokens: 1,
    unknownCost: 1,
  },
  catalogue,
  budgets: [
    { scope: "run", name: "new", limitUsd: "5", usedUsd: "0", policy: "block", outlook: "enough" },
    {
      scope: "day",
      name: "2026-11-21",
      limitUsd: "2",
      usedUsd: "1.2",
      policy: "prompt",
      outlook: "may_cross",
      heldUsd: "0.16",
    },
    {
      scope: "persona-day",
      name: "openrouter-sonnet-reviewer@1/2026-11-21",
      limitUsd: "0.05",
      usedUsd: "0.01",
      policy: "block",
      outlook: "will_cross",
    },
  ],
};
const allUnknown: CostEstimate = {
  ...estimate,
  phases: estimate.phases.slice(3),
  total: {
    ...estimate.total,
    inputTokens: range(0, 0, 0),
    outputTokens: range(0, 0, 0),
    costUsd: usdRange("0", "0", "0"),
  },
  budgets: [],
};

const VIEWS: Record<string, (paper: Paper) => readonly string[]> = {
  stats: (paper) => statsLines(stats, paper),
  "stats-days": (paper) =>
    statsLines(
      {
        by: "day",
        since: 0,
        lines: [line("2026-11-19", "0.01"), line("2026-11-20", "2.5"), line("2026-11-21", "1")],
        total: line("all", "3.51"),
      },
      paper,
    ),
  costs: (paper) => costsLines(costs, paper),
  usage: (paper) => usageLines(usage, paper),
  estimate: (paper) => estimateLines(estimate, paper),
  "estimate-unknown": (paper) => estimateLines(allUnknown, paper),
  models: (paper) => modelsLines({ models: [sonnet, deepseek, local], catalogue }, paper),
  pricing: (paper) =>
    usedPricesLines(
      {
        models: [
          {
            model: sonnet.model,
            personas: ["openrouter-sonnet-reviewer@1", "sonnet-implementer@2"],
            calls: 12,
            price: sonnet,
          },
          { model: "gpt-5-codex", personas: ["codex-author@1"], calls: 0 },
          { model: "qwen3-coder:30b", personas: ["ollama-qwen@1"], calls: 2, free: true },
        ],
        catalogue: trouble,
      },
      paper,
    ),
  "pricing-model": (paper) => priceLines("claude-sonnet-4-5-20250929", { price: sonnet, catalogue: never }, paper),
};

describe.each([80, 120])("at %i columns", (columns) => {
  const paper = paperOf({ columns, colour: false, now: NOW });
  test.each(Object.entries(VIEWS))("%s", async (name, view) => {
    const lines = view(paper);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`golden/${name}-${columns}.txt`);
    for (const one of lines) expect(columnsOf(one), one).toBeLessThanOrEqual(columns);
  });
});

test("a price for certain days names them in the reader's language", async () => {
  const price = { ...sonnet, special: [{ days: [0, 6], input: "0.000001" }] };
  const paper = paperOf({ columns: 80, colour: false, now: NOW });
  const shown = () => priceLines(sonnet.model, { price, catalogue }, paper).join("\n");
  expect(shown()).toContain("Sun Sat");
  await speak("ko");
  onTestFinished(() => speak("en"));
  expect(shown()).toContain("일 토에");
});

test("a pipe gets whole names and no drawings", () => {
  const paper = paperOf({ columns: undefined, colour: false, now: NOW });
  for (const view of Object.values(VIEWS)) expect(view(paper).join("\n")).not.toMatch(/[▁-▏…]/);
});

test("nothing spent is said so", () => {
  const paper = paperOf({ columns: 80, colour: false, now: NOW });
  const empty = line("all", "0", { calls: 0 });
  expect(statsLines({ by: "model", lines: [], total: empty }, paper)).toEqual(["Nothing was spent yet."]);
  expect(usageLines({ ...usage, slots: [], total: empty, models: [] }, paper)).toEqual([
    "the last 1h 00m",
    "Nothing was used.",
  ]);
});

test.each([
  ["0", "$0"],
  ["12.345", "$12.35"],
  ["1234.5", "$1234.50"],
  ["0.5", "$0.50"],
  ["0.05213", "$0.05213"],
  ["0.052134", "$0.05213"],
  ["0.0000012", "$0.0000012"],
  ["0.000000000001", "$0.000000000001"],
  ["0.99999", "$1.00"],
  ["1e-7", "$0.0000001"],
])("the amount %s is shown as %s", (exact, shown) => {
  expect(dollars(exact)).toBe(shown);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1k"],
  [1_250, "1.3k"],
  [9_949, "9.9k"],
  [9_950, "10k"],
  [999_499, "999k"],
  [999_500, "1M"],
  [1_234_567, "1.2M"],
  [2_500_000_000, "2.5G"],
])("%i tokens are shown as %s", (count, shown) => {
  expect(tokens(count)).toBe(shown);
});

test("ranges are one value when their ends look the same", () => {
  expect(dollarRange("0.101", "0.104")).toBe("$0.10");
  expect(dollarRange("0.001", "0.104")).toBe("<$0.01–$0.10");
  expect(dollarRange("0", "0")).toBe("$0");
  expect(tokenRange(1_000, 1_010)).toBe("1k");
});

test("bars and lines show that something is there, however little, and that nothing is not", () => {
  expect(bar(0, 10, 10)).toBe("");
  expect(bar(0.001, 10, 10)).toBe("▏");
  expect(bar(5, 10, 10)).toBe("█████");
  expect(bar(10, 10, 10)).toBe("██████████");
  expect(sparkline([0, 0.001, 5, 10])).toBe("·▁▅█");
  expect(sparkline([])).toBe("");
});
