/** Budgets and escalations on the command line: what is asked, what is shown, and how a run that had too little ends. */
import { describe, expect, test } from "vitest";
import { columnsOf } from "../../src/domain/columns.ts";
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { failureRecord } from "../../src/domain/failure.ts";
import { exhausted } from "../../src/domain/run-budget.ts";
import type { EscalationNow } from "../../src/protocol/escalation-methods.ts";
import type { Result } from "../../src/protocol/methods.ts";
import { devflow } from "../support/cli.ts";
import { BEGIN, ESCALATION, RUN, SPECIFIER, STARTED, secondsIn } from "../support/story.ts";
import { stubClient } from "../support/stub-client.ts";

const NOW = secondsIn(75);

const SHOWN: Result<"budget.show"> = {
  day: "2026-03-01",
  scopes: [
    {
      scope: "day",
      name: "2026-03-01",
      limitUsd: "20",
      policy: "prompt",
      bookedUsd: "12.5",
      reservedUsd: "2.5000001",
      leftUsd: "4.9999999",
    },
    { scope: "persona-day", name: "deep-coder@1/2026-03-01", bookedUsd: "0.000000000001", reservedUsd: "0" },
    { scope: "run", name: RUN, limitUsd: "5", policy: "block", bookedUsd: "5.25", reservedUsd: "0", leftUsd: "-0.25" },
  ],
  limits: [{ scope: "day", limit: { usd: "20", policy: "prompt" } }],
};

const CROSSING = { scope: "run", name: RUN, limitUsd: "1", wouldUsd: "1.25", policy: "prompt" } as const;
const failure = failureRecord(exhausted(CROSSING));
const ASKED: EscalationNow = {
  id: ESCALATION,
  severity: "problem",
  failure,
  phase: "plan",
  session: SPECIFIER,
  raisedAt: BEGIN,
  run: RUN,
  template: "implement-and-review@1",
  answers: ["allow", "stop"],
};

const log = (...events: RunEvent[]): StoredEvent[] =>
  events.map((event, at) => ({ cursor: at + 1, run: RUN, position: at + 1, at: BEGIN + at, event }));

describe("devflow budget", () => {
  test.each([80, 120])("show is a table at %i columns, with bars where there is room", async (columns) => {
    const client = stubClient({ "budget.show": SHOWN });
    const { out } = await devflow(["budget", "show"], { client, columns, now: NOW });
    await expect(out).toMatchFileSnapshot(`golden/budget-${columns}.txt`);
    const piped = await devflow(["budget", "show"], { client, now: NOW });
    expect(piped.out).not.toMatch(/[█▓░]/);
    expect((await devflow(["budget", "show", "--json"], { client })).json()).toEqual(SHOWN);
  });

  test("show says that there is no limit, and names everybody whole, where nothing is limited or under way", async () => {
    const scopes = [
      { scope: "day" as const, name: "2026-03-01", bookedUsd: "0.07698", reservedUsd: "0" },
      {
        ...{ scope: "persona-day" as const, name: "openrouter-gemini-verifier@1/2026-03-01" },
        ...{ bookedUsd: "0.0138", reservedUsd: "0" },
      },
    ];
    const client = stubClient({ "budget.show": { day: "2026-03-01", scopes, limits: [] } });
    const { out } = await devflow(["budget", "show"], { client, columns: 80, now: NOW });
    expect(out).toBe(
      [
        "SCOPE    NAME                            BOOKED",
        "day      2026-03-01                    $0.07698",
        "persona  openrouter-gemini-verifier@1   $0.0138",
        "",
        "There is no limit. To set one: devflow budget set --day 20",
        "",
      ].join("\n"),
    );
  });

  test.each<[string[], object, string]>([
    [["--run", "7K2M", "5"], { scope: "run", name: "7K2M", usd: "5" }, "run 7K2MQX may cost 5 USD (block)\n"],
    [
      ["--day", "$20", "--policy", "prompt"],
      { scope: "day", usd: "20", policy: "prompt" },
      "each day may cost 5 USD (block)\n",
    ],
    [
      ["--persona", "deep-coder", "2.50"],
      { scope: "persona-day", name: "deep-coder", usd: "2.50", repo: "/here" },
      "each day of deep-coder may cost 5 USD (block)\n",
    ],
  ])("set %j", async (argv, asked, said) => {
    const { scope, name } = asked as { scope: "run" | "day" | "persona-day"; name?: string };
    const full = scope === "run" ? RUN : name;
    const client = stubClient({
      "budget.set": { scope, ...(full !== undefined && { name: full }), limit: { usd: "5", policy: "block" } },
    });
    expect(await devflow(["budget", "set", ...argv], { client })).toMatchObject({ code: 0, out: said });
    expect(client.asked).toEqual([{ method: "budget.set", params: { ...asked, by: "kim" } }]);
  });

  test("set takes a limit away with none", async () => {
    const client = stubClient({ "budget.set": { scope: "day" } });
    const ran = await devflow(["budget", "set", "--day", "none"], { client });
    expect(ran.out).toBe("each day has the limit of the settings again, if they have one\n");
  });

  test.each([
    [["5"], "one of --run RUN, --day, --persona PERSONA"],
    [["5", "--day", "--run", "7K2M"], "one of --run RUN, --day, --persona PERSONA"],
    [["--day", "five"], "a budget is a number of US dollars, such as 2.50, not five"],
    [["--day", "5", "--policy", "hope"], "--policy takes one of block, warn_continue, prompt, not hope"],
  ])("set %j is wrong usage", async (argv, said) => {
    const ran = await devflow(["budget", "set", ...argv], { client: stubClient() });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(said) });
  });
});

describe("devflow escalations", () => {
  test("list shows what waits, since when, and the words that answer it", async () => {
    const client = stubClient({ "escalation.list": { escalations: [ASKED] } });
    const { out } = await devflow(["escalations", "list"], { client, columns: 120, now: NOW });
    expect(out).toContain("ESCALATION");
    expect(out).toMatch(/E5C4AE\s+7K2MQX\s+plan\s+the budget of run .*1m ago\s+allow \| stop/);
    const none = stubClient({ "escalation.list": { escalations: [] } });
    expect((await devflow(["escalations", "list"], { client: none })).out).toBe("nothing waits for a person\n");
  });

  test("show tells what each answer does", async () => {
    const client = stubClient({ "escalation.show": ASKED });
    const { out } = await devflow(["escalations", "show", "E5C4AE"], { client, columns: 100, now: NOW });
    expect(out).toMatch(/devflow escalations answer E5C4AE allow\s+go on: the limit becomes 2 USD/);
    expect(out).toMatch(/devflow escalations answer E5C4AE stop\s+the phase fails/);
  });

  test("answer gives the word, and says that it was given", async () => {
    const client = stubClient({ "escalation.answer": { escalation: ESCALATION, run: RUN, answer: "allow" } });
    const ran = await devflow(["escalations", "answer", "E5C4AE", "allow"], { client });
    expect(ran).toMatchObject({ code: 0, out: "answered with allow; run 7K2MQX was told\n" });
    expect(client.asked[0]?.params).toEqual({ escalation: "E5C4AE", answer: "allow", by: "kim" });
  });
});

describe("a run and its budget", () => {
  const started = { ...STARTED, budget: { usd: "1", policy: "prompt" } } as RunEvent;
  const phaseStarted: RunEvent = { type: "phase.started", phase: "plan", attempt: 1, round: 1, cause: "ready" };
  const raised: RunEvent = {
    type: "escalation.raised",
    escalation: ESCALATION,
    severity: "problem",
    failure,
    phase: "plan",
  };

  test("is waited for with 7 while it asks, and the answers are there to be typed", async () => {
    const client = stubClient({}, log(started, phaseStarted, raised));
    const ran = await devflow(["runs", "wait", "7K2MQX"], { client });
    expect(ran.code).toBe(7);
    expect(ran.out).toContain("devflow escalations answer E5C4AE allow");
    expect(ran.out).toContain("allow lets it come to 2 USD");
    expect(ran.out).not.toContain("devflow runs resume");
  });

  test.each(["wait", "show"])("runs %s asks at 80 columns in whole words", async (command) => {
    const client = stubClient({}, log(started, phaseStarted, raised));
    const { out } = await devflow(["runs", command, "7K2MQX"], { client, columns: 80, now: NOW });
    expect(out.split("\n").filter((line) => columnsOf(line) > 80)).toEqual([]);
    expect(out.replace(/\s+/g, " ")).toContain(`? ${failure.message}`);
  });

  const ends: RunEvent[] = [
    { type: "run.failed", failure },
    { type: "report.written", json: "/r.json", markdown: "/r.md", sha256: "5e".repeat(32) },
  ];

  test("ends with 6 when it has failed for want of money", async () => {
    const client = stubClient({}, log(started, phaseStarted, ...ends));
    expect((await devflow(["runs", "wait", "7K2MQX"], { client })).code).toBe(6);
  });

  test.each(["wait", "show"])("runs %s says at 80 columns why it has failed, in whole words", async (command) => {
    const client = stubClient({}, log(started, phaseStarted, ...ends));
    const { out } = await devflow(["runs", command, "7K2MQX"], { client, columns: 80, now: NOW });
    expect(out.split("\n").filter((line) => columnsOf(line) > 80)).toEqual([]);
    expect(out.replace(/\s+/g, " ")).toContain(`${failure.message} (budget.exhausted)`);
  });

  test("shows what it has cost to the last digit, what of it is estimated, and what nobody knows", async () => {
    const opened: RunEvent = {
      type: "session.opening",
      session: SPECIFIER,
      role: "planner",
      persona: "p@1",
      adapter: "agent",
    };
    const used = (costUsd: string | undefined, estimated = false): RunEvent => ({
      type: "usage.reported",
      session: SPECIFIER,
      inputTokens: 10,
      outputTokens: 1,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      estimated,
      ...(costUsd !== undefined && { costUsd }),
    });
    const client = stubClient({}, log(started, opened, used("0.100000000001"), used("0.02", true), used(undefined)));
    const { out } = await devflow(["runs", "show", "7K2MQX"], { client, columns: 120, now: NOW });
    expect(out).toMatch(/cost +0\.120000000001 USD, 0\.02 USD of it estimated, unknown for 1 reports of usage/);
    expect(out).toMatch(/budget +1 USD \(ask\)/);
  });

  test("is started with the budget that was typed", async () => {
    const preview: Result<"run.preview"> = {
      template: "t@1",
      description: "",
      repo: "/here",
      base: "main",
      baseCommit: "c0ffee",
      goalBytes: 1,
      goalRemoved: 0,
      phases: [],
      bindings: [],
      warnings: [],
    };
    const client = stubClient({ "run.preview": preview });
    await devflow(["run", "t", "--goal", "g", "--preview", "--budget-usd", "$2.50"], { client });
    expect(client.asked[0]?.params).toMatchObject({ budgetUsd: "2.50" });
    const wrong = await devflow(["run", "t", "--goal", "g", "--budget-usd", "lots"], { client });
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("--budget-usd is a number of US dollars") });
  });
});
