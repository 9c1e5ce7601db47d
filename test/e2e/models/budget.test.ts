/** What a run of models may cost: the call that would pass the limit is not made, is asked about, or is warned of. */
import { afterEach, expect, test } from "vitest";
import { usd } from "../../../src/domain/money.ts";
import type { LiveRun } from "../../support/live-run.ts";
import { costOf, type ModelWorld, modelWorld } from "../../support/model-world.ts";

let w: ModelWorld | undefined;
afterEach(async () => {
  await w?.close();
  w = undefined;
}, 60_000);

/** What each call costs, and the run: six calls. The worst that one can cost is a little more. */
const CALL = 0.02;
const THIRD = "0.04";

/** Dollars for a million tokens: with 16 000 tokens of output at most, a call is reserved at some 0.03. */
const PRICES = ["deepseek/deepseek-chat-v3.1", "openai/gpt-5.1", "google/gemini-2.5-pro"]
  .map((model) => `    ${model}: { input: "0.5", output: "1.5" }\n`)
  .join("");

async function start(policy: "block" | "warn_continue" | "prompt") {
  w = await modelWorld({ cost: () => CALL, config: `  overrides:\n${PRICES}budget:\n  policy: ${policy}\n` });
  return { w, run: await w.specAndReview({}, "--budget-usd", THIRD) };
}

const reportOf = async ({ id }: LiveRun): Promise<string> =>
  (await (w as ModelWorld).devflow("runs", "report", id)).out;

/** The row of a limit that the run came to: what it was, what it would have been, and what was done about it. */
const crossing = (limit: string, policy: string): RegExp =>
  new RegExp(`^\\| run \\| \\w+ \\| ${limit.replace(".", "\\.")} \\| 0\\.0\\d+ \\| ${policy} \\| specify \\|`, "m");

test("a budget of a third stops the run before the call that would pass it", async () => {
  const { w, run } = await start("block");
  await run.ends("failed");
  expect(run.of("phase.failed").map(({ failure }) => failure.code)).toEqual(["budget.exhausted"]);
  expect(w.server.requests).toHaveLength(1);
  expect(usd(costOf(run.of("model.called")))).toBe(usd(w.server.charged()));
  expect((await w.devflow("runs", "wait", run.id)).code).toBe(6);
  const report = await reportOf(run);
  expect(report).toContain("`budget.exhausted`");
  expect(report).toContain("| Tokens | 1000 in, 50 out |");
  expect(report).toContain("| Cost | 0.02 USD |");
  expect(report).toContain("| Budget | 0.04 USD (`block`) |");
  expect(report).toMatch(crossing("0.04", "block"));
  // With more, another attempt takes the run to its end.
  expect((await w.devflow("budget", "set", "--run", run.id, "1")).code).toBe(0);
  expect((await w.devflow("runs", "resume", run.id)).code).toBe(0);
  await run.ends("completed");
  expect(usd(costOf(run.of("model.called")))).toBe(usd(w.server.charged()));
}, 120_000);

test("a budget that only warns says so once, and the run completes", async () => {
  const { w, run } = await start("warn_continue");
  await run.ends("completed");
  expect(run.of("budget.crossed").map(({ policy, scope }) => [policy, scope])).toEqual([["warn_continue", "run"]]);
  expect(usd(costOf(run.of("model.called")))).toBe(usd(w.server.charged()));
  const report = await reportOf(run);
  expect(report).toContain("| Cost | 0.12 USD |");
  expect(report).toContain("| Budget | 0.04 USD (`warn_continue`) |");
  expect(report).toMatch(crossing("0.04", "warn_continue"));
}, 120_000);

test("a budget that asks parks the run; allowed as much again, it goes on, and asks again", async () => {
  const { w, run } = await start("prompt");
  const asked = await run.event("escalation.raised");
  expect([asked.failure.code, w.server.requests.length]).toEqual(["budget.exhausted", 1]);
  await run.reaches("waiting");
  for (let answers = 0; run.status() !== "completed" && answers < 6; answers++) {
    const [open] = await w.json<{ id: string }[]>("escalations", "list");
    if (open) expect((await w.devflow("escalations", "answer", open.id, "allow")).code).toBe(0);
    await Promise.race([run.reaches("completed").catch(() => {}), run.reaches("waiting").catch(() => {})]);
  }
  await run.ends("completed");
  expect(w.server.requests).toHaveLength(6); // no call was made twice for having waited
  expect(usd(costOf(run.of("model.called")))).toBe(usd(w.server.charged()));
  const report = await reportOf(run);
  expect(report).toContain("| Cost | 0.12 USD |");
  expect(report).toMatch(crossing("0.04", "prompt"));
  expect(report.match(/: settled \(allow\)$/gm)).toHaveLength(run.of("escalation.raised").length);
}, 180_000);
