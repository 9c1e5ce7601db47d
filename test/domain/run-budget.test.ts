import { describe, expect, test } from "vitest";
import { type CrossingFact, crossings, dayOf, extended, limitNames, scopesOf } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import { given } from "../support/given.ts";
import { escalation, good, opened, phaseStarted, prompted, running, session, template } from "../support/made.ts";
import { money, usage } from "../support/spending.ts";

const one = template({ specify: {} });
const working = running(one, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));
const two = template({ left: {}, right: {} });
const both = running(
  two,
  phaseStarted("left"),
  phaseStarted("right"),
  ...opened("left", session("A")),
  ...opened("right", session("B")),
  ...prompted("left", 1, session("A")),
  ...prompted("right", 1, session("B")),
);

const crossing = (more: Partial<CrossingFact> = {}): CrossingFact => ({
  scope: "run",
  name: "R",
  limitUsd: "1",
  wouldUsd: "1.25",
  policy: "block",
  ...more,
});
const crossed = (more: Partial<CrossingFact> = {}, who = session()): Outcome => ({
  kind: "crossed",
  session: who,
  crossing: crossing(more),
  escalation,
});
const answer = (word: "allow" | "stop"): Outcome => ({ kind: "answer", escalation, answer: word, by: "ann" });
const budget = (usd: string): Outcome => ({ kind: "budget", usd, policy: "block", by: "ann" });

describe("a run that comes to a limit", () => {
  test("blocked: the phase that the call was for fails, and with it the run", () => {
    const done = given(working).when(crossed());
    done.leads(["budget.crossed specify", "phase.failed specify", "run.failed"]);
    expect(done.state.ended?.failure).toMatchObject({
      code: "budget.exhausted",
      details: { scope: "run", name: "R", limit: "1", would: "1.25" },
    });
  });

  test("blocked in one phase, the other one still comes to its end", () => {
    given(both)
      .when(crossed({}, session("B")))
      .leads(["budget.crossed right", "phase.failed right"]);
    given(both)
      .when(crossed({}, session("B")), good("left"))
      .leads(["artifact.checked left", "phase.accepted left", "run.failed"]);
  });

  test("warned: it is said once for each limit, and the run goes on", () => {
    const warned = crossed({ policy: "warn_continue" });
    given(working).when(warned).leads(["budget.crossed specify"]);
    given(working)
      .when(warned, crossed({ policy: "warn_continue", wouldUsd: "2" }))
      .leads([]);
    const raised = given(working).when(warned, crossed({ policy: "warn_continue", limitUsd: "3", wouldUsd: "4" }));
    raised.leads(["budget.crossed specify"]);
    expect(raised.status()).toBe("running");
  });

  test("asked: it waits for a person, once for each scope, however many sessions come to it", () => {
    const asked = given(both).when(crossed({ policy: "prompt" }, session("A")));
    asked.leads(["budget.crossed left", "escalation.raised left"]);
    expect(asked.status()).toBe("waiting");
    given(both)
      .when(crossed({ policy: "prompt" }, session("A")), crossed({ policy: "prompt" }, session("B")))
      .leads([]);
  });

  test("asks nobody for the sake of a phase that is not at work", () => {
    const idle = running(two, phaseStarted("left"), phaseStarted("right"), ...opened("left"));
    given(idle)
      .when(crossed({ policy: "prompt" }))
      .leads(["budget.crossed"]);
  });

  test("says nothing any more when it has ended", () => {
    given(working).when({ kind: "cancel", by: "ann" }, crossed()).leads([]);
  });
});

describe("a person who is asked about a budget", () => {
  const asked = (more: Partial<CrossingFact> = {}) => crossed({ policy: "prompt", ...more });

  test("allows as much again, and at least what the next call could come to", () => {
    expect([extended(crossing()), extended(crossing({ wouldUsd: "7.5" }))]).toEqual(["2", "7.5"]);
    const on = given(working).when(asked(), answer("allow"));
    on.follows([
      { type: "escalation.settled", escalation, answer: "allow", by: "ann" },
      { type: "budget.set", usd: "2", policy: "prompt", by: "ann" },
    ]);
    expect(on.status()).toBe("running");
    expect(on.state.budget).toEqual({ usd: "2", policy: "prompt" });
  });

  test("allows it for a day in the same way, and the run remembers it", () => {
    const on = given(working).when(asked({ scope: "day", name: "2026-11-21" }), answer("allow"));
    on.follows([{ type: "escalation.settled", escalation, answer: "allow", by: "ann" }]);
    expect(on.state.allowed).toEqual([{ kind: "day", name: "2026-11-21", from: "1", usd: "2" }]);
  });

  test("stops it: the phase fails for want of money; resumed, it asks again", () => {
    const over = given(working).when(asked(), answer("stop"));
    over.leads(["escalation.settled", "phase.failed specify", "run.failed"]);
    expect(over.state.ended?.failure?.code).toBe("budget.exhausted");
    expect(over.state.stopped).toEqual(["run R"]);
    const again = given(working).when(asked(), answer("stop"), { kind: "resume", by: "ann", cause: "", retry: true });
    expect(again.state.stopped).toEqual([]);
  });

  test("raises the run's budget instead, which answers the question", () => {
    const on = given(working).when(asked(), budget("5"));
    on.leads(["budget.set", "escalation.settled"]);
    expect(on.status()).toBe("running");
    const day = given(working).when(asked({ scope: "day", name: "2026-11-21" }), budget("5"));
    day.leads(["budget.set"]);
    expect(day.status()).toBe("waiting");
  });

  test("is asked no more once the call is made after all, or the phase is done without it", () => {
    given(working).when(asked(), { kind: "afforded", session: session() }).leads(["escalation.settled"]);
    given(working)
      .when(asked(), good("specify"))
      .leads(["artifact.checked specify", "escalation.settled", "phase.accepted specify", "run.completed"]);
  });

  test("cannot answer what was never asked, is settled, or is about something else", () => {
    given(working).when(answer("allow")).leads([]);
    given(working).when(asked(), answer("allow"), answer("stop")).leads([]);
    const lost: Outcome = { kind: "told", session: session(), what: "kill", by: "ann", escalation };
    given(working).when(lost, answer("allow")).leads([]);
  });
});

describe("a run's own budget", () => {
  test("is what it was started with, until somebody sets another one", () => {
    const [start, ...rest] = working;
    const limited = [{ ...start, budget: { usd: "2", policy: "prompt" } } as RunEvent, ...rest];
    expect(given(limited).state.budget).toEqual({ usd: "2", policy: "prompt" });
    expect(given(limited).when(budget("3")).state.budget).toEqual({ usd: "3", policy: "block" });
  });

  test("can be raised after it has failed the run, which is then resumed", () => {
    const on = given(working).when(crossed(), budget("9"), { kind: "resume", by: "ann", cause: "", retry: true });
    expect(on.status()).toBe("running");
    expect(on.state.budget?.usd).toBe("9");
  });

  test("cannot be set on a run that is over for good", () => {
    given(working).when({ kind: "cancel", by: "ann" }, budget("9")).leads([]);
  });
});

describe("the view of a run", () => {
  const at = (events: readonly RunEvent[]) =>
    viewOf(events.map((event, index) => ({ cursor: index + 1, run: "R", position: index + 1, at: index, event })));

  test("sums costs to the last digit, keeps what is estimated apart, and never counts unknown as nothing", () => {
    const reported = (nth: number, costUsd: string | undefined, estimated = false): RunEvent => ({
      type: "usage.reported",
      session: session(),
      ...usage(100, 10, { estimated, ...(costUsd !== undefined && { costUsd }) }),
      nth,
    });
    const silent = at([...working, ...opened("other", session("B"))])?.usage;
    expect(silent).toEqual({
      inputTokens: 0,
      outputTokens: 0,
      cachedTokens: 0,
      uncosted: 0,
      unknown: [session(), session("B")],
    });
    const told = [reported(1, "0.1"), reported(2, "0.2"), reported(3, "0.000000000001", true), reported(4, undefined)];
    expect(at([...working, ...opened("other", session("B")), ...told])?.usage).toEqual({
      inputTokens: 400,
      outputTokens: 40,
      cachedTokens: 0,
      costUsd: "0.300000000001",
      estimatedUsd: "0.000000000001",
      uncosted: 1,
      unknown: [session("B")],
    });
  });

  test("knows of a model agent that has made no call that it has used nothing", () => {
    const agent = opened("other", session("B")).map((event) =>
      event.type === "session.opening" ? { ...event, adapter: "agent" } : event,
    );
    expect(at([...working, ...agent])?.usage.unknown).toEqual([session()]);
  });

  test("tells the budget and each limit that it came to", () => {
    const state = given(working).when(crossed({ policy: "prompt" }), answer("allow"));
    const raised: RunEvent = { type: "budget.crossed", ...crossing({ policy: "prompt" }), session: session() };
    const view = at([...working, raised, { type: "budget.set", usd: "2", policy: "prompt", by: "ann" }]);
    expect(view?.budget).toEqual(state.state.budget);
    expect(view?.crossings).toEqual([{ ...crossing({ policy: "prompt" }), session: session(), at: working.length }]);
  });
});

describe("limits", () => {
  test("are crossed by what would be booked and reserved, not by what just fits", () => {
    const [run = { kind: "run", name: "" }] = scopesOf({ run: "R", persona: "p@1", day: "2026-11-21" });
    const limit = { amount: money("1"), policy: "block" as const };
    const standing = { scope: run, booked: money("0.5"), reserved: money("0.25"), limit };
    expect(crossings([standing], money("0.25"))).toEqual([]);
    expect(crossings([standing], money("0.25") + 1n)).toHaveLength(1);
    expect(crossings([{ scope: run, booked: 1n, reserved: 1n }], money("1000"))).toEqual([]);
  });

  test("are looked for from the most special to the most general", () => {
    expect(limitNames({ kind: "run", name: "R" })).toEqual(["R", undefined]);
    expect(limitNames({ kind: "persona-day", name: "p@1/2026-11-21" })).toEqual([
      "p@1/2026-11-21",
      "p@1",
      "p",
      undefined,
    ]);
  });

  test("of a day are for the day as people have it where they are", () => {
    expect(dayOf(new Date(2026, 0, 5, 0, 0, 1).getTime())).toBe("2026-01-05");
    expect(dayOf(new Date(2026, 0, 5, 23, 59, 59).getTime())).toBe("2026-01-05");
  });
});
