/** The commands about money: what they ask the daemon, and how they end. */
import { describe, expect, test } from "vitest";
import type { SpentLine } from "../../src/protocol/money.ts";
import { devflow } from "../support/cli.ts";
import { BEGIN } from "../support/story.ts";
import { type Answers, stubClient } from "../support/stub-client.ts";

const nothing: SpentLine = {
  ...{ name: "all", calls: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 },
  ...{ reasoningTokens: 0, costUsd: "0", estimatedUsd: "0", unknown: 0 },
};
const catalogue = { address: "http://127.0.0.1/models", stale: true, models: 0, skipped: 0 };
const HOUR = 3_600_000;

const ANSWERS: Answers = {
  "price.show": {
    price: { model: "a/b", input: "0.000001", output: "0.000002", source: "shipped", at: BEGIN },
    catalogue,
  },
  "price.used": { models: [], catalogue },
  "model.list": { models: [], catalogue },
  "spending.stats": ({ by }) => ({ by, lines: [], total: nothing }),
  "spending.run": {
    ...{ run: "01KJM3W7C0QZB4T1VB8DBBBBB2", template: "t@1", status: "running", total: nothing },
    ...{ phases: [], personas: [], models: [], unmetered: [] },
  },
  "usage.window": { from: BEGIN, to: BEGIN + HOUR, slots: [], total: nothing, models: [] },
  "usage.reset": { at: BEGIN },
};

const ran = async (...argv: string[]) => {
  const client = stubClient(ANSWERS);
  return { ...(await devflow(argv, { client, now: BEGIN, columns: 80 })), asked: client.asked };
};

describe("what each asks", () => {
  test.each<[string, string, unknown]>([
    ["pricing", "price.used", { repo: "/here" }],
    ["pricing a/b", "price.show", { model: "a/b" }],
    ["models", "model.list", {}],
    ["models --search sonnet --refresh", "model.list", { search: "sonnet", refresh: true }],
    ["stats", "spending.stats", { by: "model" }],
    ["stats --by day --since 4w", "spending.stats", { by: "day", since: BEGIN - 28 * 24 * HOUR }],
    ["stats --by run --since 90m", "spending.stats", { by: "run", since: BEGIN - 1.5 * HOUR }],
    ["stats --since 2026-02-01", "spending.stats", { by: "model", since: Date.parse("2026-02-01T00:00:00Z") }],
    ["costs 8DBB", "spending.run", { run: "8DBB" }],
    ["usage", "usage.window", {}],
    ["usage --window 6h", "usage.window", { minutes: 360 }],
    ["usage --window 30d", "usage.window", { minutes: 43_200 }],
    ["usage reset", "usage.reset", {}],
    ["--json usage reset", "usage.reset", {}],
  ])("devflow %s", async (line, method, params) => {
    const { code, asked } = await ran(...line.split(" "));
    expect([code, asked]).toEqual([0, [{ method, params }]]);
  });
});

test.each([
  ["stats --by colour", "--by takes one of model, persona, day, run"],
  ["stats --since yesterday", "--since takes 90m, 24h, 7d, 4w or a day"],
  ["stats --since 2026-13-01", "--since takes"],
  ["usage --window 0m", "--window takes"],
  ["usage --window 31d", "--window takes"],
  ["usage --window soon", "--window takes"],
  ["usage rest", "too many arguments"],
  ["costs", "missing required argument run"],
])("devflow %s is wrong usage, and says why", async (line, why) => {
  const { code, err, asked } = await ran(...line.split(" "));
  expect([code, asked]).toEqual([2, []]);
  expect(err.replace(/\s+/g, " ")).toContain(why);
});

test.each(["pricing", "pricing a/b", "models", "stats", "costs 8DBB", "usage", "usage reset"])(
  "devflow %s --json prints what the daemon said",
  async (line) => {
    const { out, asked } = await ran(...line.split(" "), "--json");
    const answer = ANSWERS[asked[0]?.method ?? "daemon.ping"];
    const expected = typeof answer === "function" ? { by: "model", lines: [], total: nothing } : answer;
    expect(JSON.parse(out)).toEqual(expected);
  },
);
