/** Spending over a ledger and a run in memory, and a clock that the test moves. */
import { describe, expect, test } from "vitest";
import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import type { DefaultLimits } from "../../src/adapters/storage/sqlite-ledger.ts";
import { systemIds } from "../../src/adapters/system/ids.ts";
import { dayOf, type Policy } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { Failure } from "../../src/domain/failure.ts";
import { RunId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Price } from "../../src/domain/price.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { evolve, fold } from "../../src/domain/run-evolve.ts";
import { statusOf } from "../../src/domain/run-state.ts";
import { type SpendingDeps, spending } from "../../src/engine/spending.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import type { CallRequest, Grant, Waiting } from "../../src/ports/spending.ts";
import { silent } from "../support/fakes.ts";
import { opened, phaseStarted, prompted, running, session, template } from "../support/made.ts";
import { manualClock } from "../support/manual-clock.ts";
import { money, RUN, usage } from "../support/spending.ts";

const PRICE: Price = { model: "house/large", input: "0.001", output: "0.01", source: "shipped", at: 0 };
const ACCOUNT = "https://models.example KEY";

interface Options {
  defaults?: DefaultLimits;
  budget?: { usd: string; policy: Policy };
  ledger?: Ledger;
  events?: RunEvent[];
  deps?: Partial<SpendingDeps>;
  /** There is no room on the disk: for the ledger, for the run. */
  full?: (what: Writer) => boolean;
}

type Writer = "ledger" | "run";

/** One run with two phases at work, `left` by session A and `right` by session B. */
function desk({ defaults, budget, ledger: kept = memoryLedger(defaults), ...more }: Options = {}) {
  const { events, deps = {}, full = () => false } = more;
  const ledger = crammed(kept, () => full("ledger"));
  const clock = manualClock();
  const two = template({ left: {}, right: {} });
  const [start, ...rest] = running(
    two,
    ...["left", "right"].flatMap((phase) => {
      const who = session(phase === "left" ? "A" : "B");
      return [phaseStarted(phase), ...opened(phase, who), ...prompted(phase, 1, who)];
    }),
  );
  const log: RunEvent[] = events ?? [{ ...start, ...(budget && { budget }) } as RunEvent, ...rest];
  const begun = log.length;
  let state = fold(log);
  const on = spending({
    ledger,
    clock,
    ids: systemIds(),
    journal: silent,
    prices: {
      of: (model) => (model === PRICE.model ? PRICE : undefined),
      all: () => [PRICE],
      state: () => ({ address: "", fetchedAt: 0, stale: false, lastError: undefined, models: 1, skipped: 0 }),
      refresh: () => Promise.reject(new Error("there is no catalogue")),
    },
    runs: {
      state: () => state,
      learn: async (_, outcome) => {
        room(() => full("run"));
        const followed = decide(state, outcome);
        state = followed.reduce(evolve, state);
        log.push(...followed);
      },
    },
    ...deps,
  });
  const grants = new Map<string, Grant>();
  return {
    ...on,
    clock,
    ledger,
    grants,
    log,
    waits: [] as Waiting[],
    status: () => statusOf(state),
    state: () => state,
    told: () =>
      log.slice(begun).map((event) => ("phase" in event && event.phase ? `${event.type} ${event.phase}` : event.type)),
    /** What a person does, and the ring that follows it. */
    person(outcome: Outcome): void {
      const followed = decide(state, outcome);
      state = followed.reduce(evolve, state);
      log.push(...followed);
      on.reconsider();
    },
    answer(word: "allow" | "stop"): void {
      const [asking] = state.escalations;
      if (asking) this.person({ kind: "answer", escalation: asking.escalation, answer: word, by: "ann" });
    },
    /** Asks, and lets everything run that needs no time; what `ask` answers later is in `grants`. */
    async ask(call: string, more: Partial<CallRequest> = {}, signal = new AbortController().signal) {
      const request = { ...REQUEST, call, ...more };
      void on.ask(request, signal, (why) => this.waits.push(why)).then((grant) => grants.set(call, grant));
      await clock.advance(0);
      return grants.get(call)?.kind ?? "waits";
    },
    async rest(): Promise<void> {
      await clock.advance(0);
    },
  };
}

function room(full: () => boolean): void {
  if (full()) throw new Failure("storage.full", { path: "/" });
}

function crammed(ledger: Ledger, full: () => boolean): Ledger {
  const inRoom =
    <A extends unknown[], T>(write: (...args: A) => T) =>
    (...args: A): T => {
      room(full);
      return write(...args);
    };
  const { reserve, book, report } = ledger;
  return { ...ledger, reserve: inRoom(reserve), book: inRoom(book), report: inRoom(report) };
}

/** At worst: 100 × 0.001 + 10 × 0.01 = 0.2 USD. */
const REQUEST: CallRequest = {
  call: "",
  run: RunId.parse(RUN),
  session: session("A"),
  persona: "deep-coder@1",
  phase: "left",
  account: ACCOUNT,
  model: "house/large",
  inputTokens: 100,
  maxOutputTokens: 10,
};
const RIGHT = { session: session("B"), phase: "right" };
const runScope = { kind: "run" as const, name: RUN };
const used = (costUsd: string | undefined) =>
  ({ kind: "used", usage: usage(80, 5, costUsd === undefined ? {} : { costUsd }) }) as const;

describe("a call of a model", () => {
  test("is reserved at its worst, then booked as the provider told, and the rest is released", async () => {
    const on = desk();
    expect(await on.ask("c1")).toBe("granted");
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: 0n, reserved: money("0.2") });
    expect(await on.settle("c1", { ...used("0.0712345"), served: "house/large-2", provider: "House" })).toEqual(
      usage(80, 5, { costUsd: "0.0712345" }),
    );
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.0712345"), reserved: 0n });
    expect(on.ledger.spent({ by: "model" })[0]).toMatchObject({ name: "house/large-2", estimated: 0n });
    expect(on.told()).toEqual([]);
  });

  test("is booked by its price when no cost was told, and that is marked as estimated", async () => {
    const on = desk();
    await on.ask("c1");
    expect(await on.settle("c1", used(undefined))).toEqual(usage(80, 5, { costUsd: "0.13", estimated: true }));
    expect(on.ledger.spent({ by: "all" })[0]).toMatchObject({ amount: money("0.13"), estimated: money("0.13") });
  });

  test("costs nothing when it was never made", async () => {
    const on = desk();
    await on.ask("c1");
    expect(await on.settle("c1", { kind: "unused" })).toBeUndefined();
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: 0n, reserved: 0n });
  });

  test("asked for again is granted again without being counted again; made again, it is paid again", async () => {
    const on = desk();
    await on.ask("c1");
    expect(await on.ask("c1")).toBe("granted");
    expect(on.ledger.standing(runScope).reserved).toBe(money("0.2"));
    await on.settle("c1", used("0.1"));
    expect(await on.settle("c1", used("0.1"))).toBeUndefined();
    expect(await on.ask("c1")).toBe("granted");
    await on.settle("c1", used("0.05"));
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.15"), reserved: 0n });
  });

  test("without a price is allowed where no limit applies, and its cost is not known", async () => {
    const on = desk();
    expect(await on.ask("c1", { model: "nobody/knows" })).toBe("granted");
    expect(await on.settle("c1", used(undefined))).toEqual(usage(80, 5));
    expect(on.ledger.spent({ by: "all" })[0]).toMatchObject({ amount: 0n, unknown: 1 });
    await on.ask("c2", { model: "nobody/knows" });
    expect((await on.settle("c2", { kind: "unknown" }))?.costUsd).toBeUndefined();
  });

  test("without a price is refused where a limit applies, and its phase fails for that", async () => {
    const on = desk({ defaults: { day: { usd: "100", policy: "warn_continue" } } });
    expect(await on.ask("c1", { model: "nobody/knows" })).toBe("refused");
    expect(on.grants.get("c1")).toMatchObject({ failure: { code: "budget.price_unknown" } });
    expect(on.told()).toEqual(["phase.failed left"]);
    expect(await on.ask("c2", { ...RIGHT, model: "local/small", free: true })).toBe("granted");
    expect(await on.settle("c2", used(undefined))).toMatchObject({ costUsd: "0", estimated: false });
  });

  test("without a price is what the setting says", async () => {
    const allowed = desk({ budget: { usd: "1", policy: "block" }, deps: { unknownPrice: "allow" } });
    expect(await allowed.ask("c1", { model: "nobody/knows" })).toBe("granted");
    expect(await desk({ deps: { unknownPrice: "refuse" } }).ask("c1", { model: "nobody/knows" })).toBe("refused");
  });
});

describe("a limit that a call would pass", () => {
  test("with block: the call is not made, its phase fails, and the failure says which limit", async () => {
    const on = desk({ budget: { usd: "0.3", policy: "block" } });
    await on.ask("c1");
    await on.settle("c1", used("0.15"));
    expect(await on.ask("c2")).toBe("refused");
    const details = { scope: "run", name: RUN, limit: "0.3", would: "0.35" };
    expect(on.grants.get("c2")).toMatchObject({ failure: { code: "budget.exhausted", details } });
    expect(on.told()).toEqual(["budget.crossed left", "phase.failed left"]);
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.15"), reserved: 0n });
  });

  test("with warn_continue: it is said once, and every call is made", async () => {
    const on = desk({
      budget: { usd: "0.3", policy: "warn_continue" },
      defaults: { day: { usd: "5", policy: "block" } },
    });
    for (const call of ["c1", "c2", "c3", "c4"]) {
      expect(await on.ask(call)).toBe("granted");
      await on.settle(call, used("0.2"));
    }
    expect(on.told()).toEqual(["budget.crossed left"]);
    expect(on.ledger.standing(runScope).booked).toBe(money("0.8"));
    expect(await on.ask("c5", { inputTokens: 10_000 })).toBe("refused");
    expect(on.grants.get("c5")).toMatchObject({ failure: { details: { scope: "day" } } });
  });

  test("with prompt: the run waits, and allowed, the call is made with as much again", async () => {
    const on = desk({ budget: { usd: "0.3", policy: "prompt" } });
    await on.ask("c1");
    await on.settle("c1", used("0.2"));
    expect(await on.ask("c2")).toBe("waits");
    expect(on.waits).toEqual([{ for: "budget", said: expect.stringContaining("0.3 USD") }]);
    expect(on.status()).toBe("waiting");
    on.answer("allow");
    await on.rest();
    expect(on.grants.get("c2")).toEqual({ kind: "granted" });
    expect(on.status()).toBe("running");
    expect(on.ledger.standing(runScope).limit).toEqual({ amount: money("0.6"), policy: "prompt" });
    await on.settle("c2", used("0.2"));
    expect(await on.ask("c3")).toBe("granted");
    await on.settle("c3", used("0.2"));
    expect(await on.ask("c4")).toBe("waits");
  });

  test("with prompt: stopped, the phase fails, for everybody who waits in that scope", async () => {
    const on = desk({ budget: { usd: "0.1", policy: "prompt" } });
    expect([await on.ask("c1"), await on.ask("c2", RIGHT)]).toEqual(["waits", "waits"]);
    expect(on.state().escalations).toHaveLength(1);
    on.answer("stop");
    await on.rest();
    expect([on.grants.get("c1")?.kind, on.grants.get("c2")?.kind]).toEqual(["refused", "refused"]);
    expect(on.told().filter((told) => told.startsWith("phase.failed"))).toEqual([
      "phase.failed left",
      "phase.failed right",
    ]);
    expect(on.state().ended?.failure?.code).toBe("budget.exhausted");
  });

  test("with prompt: raising the limit of the day lets everybody go on, and answers the question", async () => {
    const on = desk({ defaults: { day: { usd: "0.1", policy: "prompt" } } });
    await on.ask("c1");
    await on.ask("c2", RIGHT);
    on.ledger.setLimit("day", undefined, { usd: "10", policy: "prompt" });
    on.reconsider();
    await on.rest();
    expect([...on.grants.values()]).toEqual([{ kind: "granted" }, { kind: "granted" }]);
    expect(on.state().escalations).toEqual([]);
  });

  test("with prompt: what was allowed for a day ends when somebody sets its limit anew", async () => {
    const on = desk({ defaults: { day: { usd: "0.1", policy: "prompt" } } });
    const day = { kind: "day" as const, name: dayOf(on.clock.now()) };
    await on.ask("c1");
    on.answer("allow");
    await on.rest();
    expect(on.ledger.standing(day).limit?.amount).toBe(money("0.2"));
    await on.settle("c1", used("0.2"));
    on.ledger.setLimit("day", day.name, { usd: "0.05", policy: "block" });
    expect(await on.ask("c2")).toBe("refused");
    expect(on.ledger.standing(day).limit?.amount).toBe(money("0.05"));
  });

  test("with prompt: asked again under another daemon it puts no second question, and goes on once it is answered", async () => {
    const before = desk({ budget: { usd: "0.1", policy: "prompt" } });
    const gone = new AbortController();
    await before.ask("c1", {}, gone.signal);
    gone.abort();
    await before.rest();
    expect(before.grants.get("c1")).toMatchObject({ failure: { code: "budget.call_given_up" } });

    const on = desk({ events: before.log, ledger: before.ledger });
    expect(await on.ask("c1")).toBe("waits");
    expect(on.told()).toEqual([]);
    on.answer("allow");
    await on.rest();
    expect(on.grants.get("c1")).toEqual({ kind: "granted" });
  });

  test("with prompt: a call that no phase has a use for is refused, and nobody is asked", async () => {
    const on = desk({ budget: { usd: "0.1", policy: "prompt" } });
    on.person({ kind: "timeout", phase: "left", attempt: 1 });
    expect(await on.ask("c1")).toBe("refused");
    expect(on.state().escalations).toEqual([]);
  });

  test("waits no longer when the run is cancelled", async () => {
    const on = desk({ budget: { usd: "0.1", policy: "prompt" } });
    await on.ask("c1");
    on.person({ kind: "cancel", by: "ann" });
    await on.rest();
    expect(on.grants.get("c1")?.kind).toBe("refused");
  });

  test("that only calls under way stand in front of is waited for: they mostly come to less", async () => {
    const on = desk({ budget: { usd: "0.3", policy: "block" } });
    await on.ask("c1");
    expect(await on.ask("c2", RIGHT)).toBe("waits");
    expect(on.told()).toEqual([]);
    await on.settle("c1", used("0.1"));
    await on.rest();
    expect(on.grants.get("c2")).toEqual({ kind: "granted" });
    expect(await on.ask("c3")).toBe("waits");
    await on.settle("c2", used("0.2"));
    await on.rest();
    expect(on.grants.get("c3")?.kind).toBe("refused");
  });

  test("is never passed by 200 calls at once, and each is made in the end that there is money for", async () => {
    const on = desk({ budget: { usd: "1", policy: "block" } });
    await Promise.all(Array.from({ length: 200 }, (_, n) => on.ask(`c${n}`, RIGHT)));
    const granted = () => [...on.grants].filter(([, { kind }]) => kind === "granted").map(([call]) => call);
    expect(granted()).toHaveLength(5);
    for (const settled = new Set<string>(); granted().length > settled.size; ) {
      for (const call of granted().filter((one) => !settled.has(one))) {
        settled.add(call);
        await on.settle(call, used("0.09"));
        const { booked, reserved } = on.ledger.standing(runScope);
        expect(booked + reserved).toBeLessThanOrEqual(money("1"));
      }
      await on.rest();
    }
    expect(on.grants.size).toBe(200);
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.81"), reserved: 0n });
    expect(granted()).toHaveLength(9);
  });
});

describe("an account in trouble", () => {
  test("is left alone until the time it named; then one call goes ahead, and when it got through, the others", async () => {
    const on = desk();
    const until = on.clock.now() + 60_000;
    on.park(ACCOUNT, { said: "429: too many requests", until });
    const asks = ["c1", "c2", "c3"];
    for (const call of asks) expect(await on.ask(call)).toBe("waits");
    expect(on.waits[0]).toEqual({ for: "account", said: "429: too many requests", until });
    expect(await on.ask("elsewhere", { account: "https://other.example KEY" })).toBe("granted");
    expect(on.ledger.open()).toHaveLength(1);

    await on.clock.advance(60_000);
    expect(asks.map((call) => on.grants.has(call))).toEqual([true, false, false]);
    await on.settle("c1", used("0.1"));
    await on.rest();
    expect(asks.map((call) => on.grants.has(call))).toEqual([true, true, true]);
    expect(await on.ask("c4")).toBe("granted");
  });

  test("that is still in trouble is parked again by its probe", async () => {
    const on = desk();
    on.park(ACCOUNT, { said: "overloaded", until: on.clock.now() + 1_000 });
    await on.ask("c1");
    await on.ask("c2");
    await on.clock.advance(1_000);
    expect(on.grants.has("c2")).toBe(false);
    on.park(ACCOUNT, { said: "overloaded still", until: on.clock.now() + 5_000 });
    await on.settle("c1", { kind: "unused" });
    await on.rest();
    expect(on.grants.has("c2")).toBe(false);
    await on.clock.advance(5_000);
    expect(on.grants.get("c2")).toEqual({ kind: "granted" });
  });

  test("is tried by the next one when its probe goes away without a word", async () => {
    const on = desk();
    const gone = new AbortController();
    on.park(ACCOUNT, { said: "down", until: on.clock.now() + 1_000 });
    await on.ask("c1", {}, gone.signal);
    await on.ask("c2");
    await on.clock.advance(1_000);
    expect([on.grants.has("c1"), on.grants.has("c2")]).toEqual([true, false]);
    gone.abort();
    await on.rest();
    expect(on.grants.get("c2")).toEqual({ kind: "granted" });
  });

  test("keeps nobody who has given up", async () => {
    const on = desk();
    const gone = new AbortController();
    on.park(ACCOUNT, { said: "down", until: on.clock.now() + 1_000 });
    await on.ask("c1", {}, gone.signal);
    gone.abort();
    await on.rest();
    expect(on.grants.get("c1")).toMatchObject({ failure: { code: "budget.call_given_up" } });
    expect(on.clock.sleeping()).toBe(0);
  });
});

describe("a call whose end nobody heard", () => {
  const record = { usage: usage(90, 8, { costUsd: "0.111" }), served: "house/large-2" };

  test("is asked for in its provider's records, which are there some seconds later", async () => {
    const looks: [string, string][] = [];
    const on = desk({
      deps: {
        generationCost: async (...look) => {
          looks.push(look);
          return looks.length > 1 ? record : undefined;
        },
      },
    });
    await on.ask("c1");
    const settled = on.settle("c1", { kind: "unknown", generation: "gen-1" });
    await on.clock.advance(10_000);
    expect(await settled).toEqual(record.usage);
    expect(looks).toEqual([
      [ACCOUNT, "gen-1"],
      [ACCOUNT, "gen-1"],
    ]);
  });

  test("is booked at its worst, as an estimate, when there is no record of it", async () => {
    const on = desk({ deps: { generationCost: () => Promise.reject(new Error("the network is down")) } });
    await on.ask("c1");
    const settled = on.settle("c1", { kind: "unknown", generation: "gen-1" });
    await on.clock.advance(10_000);
    expect(await settled).toEqual(usage(100, 10, { costUsd: "0.2", estimated: true }));
  });

  test("since the daemon was killed is settled by the next one, and its run is told", async () => {
    const killed = desk();
    await killed.ask("c1");
    await killed.ask("c2", RIGHT);
    killed.sent("c2", "gen-2");

    const on = desk({ ledger: killed.ledger, deps: { generationCost: async () => record } });
    const settled = on.settleLeft(() => true);
    // Meanwhile the same call is another one: it will be made, and paid for, a second time.
    expect(await on.ask("c1")).toBe("granted");
    await on.clock.advance(10_000);
    await settled;
    expect(on.ledger.open().map(({ call }) => call)).toEqual(["c1/2"]);
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.311"), reserved: money("0.2") });
    expect(on.told().sort()).toEqual(["usage.reported left", "usage.reported right"]);
    await on.settle("c1", used("0.1"));
    expect(on.ledger.standing(runScope)).toMatchObject({ booked: money("0.411"), reserved: 0n });
  });

  test("of a session that has ended is settled, and of no other", async () => {
    const on = desk();
    await on.ask("c1");
    await on.ask("c2", RIGHT);
    await on.settleLeft((of) => of === session("B"));
    expect(on.ledger.open().map(({ call }) => call)).toEqual(["c1"]);
  });
});

describe("while the disk is full", () => {
  const AGAIN_MS = 5_000;
  let full = false;
  const crammedDesk = (more: Options = {}, only?: Writer) => {
    full = true;
    return desk({ ...more, full: (what) => full && (only ?? what) === what });
  };

  test("a call waits until it can be reserved, and is not refused for it", async () => {
    const on = crammedDesk();
    expect(await on.ask("c1")).toBe("waits");
    expect(on.waits).toEqual([{ for: "budget", said: "the disk is full at /" }]);
    full = false;
    await on.clock.advance(AGAIN_MS);
    expect(on.grants.get("c1")?.kind).toBe("granted");
  });

  test("a run that must ask a person asks once there is room, and its call waits for the answer", async () => {
    const on = crammedDesk({ budget: { usd: "0.3", policy: "prompt" } }, "run");
    await on.ask("c1");
    await on.settle("c1", used("0.2"));
    expect(await on.ask("c2")).toBe("waits");
    expect(on.told()).toEqual([]);
    full = false;
    await on.clock.advance(AGAIN_MS);
    expect(on.grants.get("c2")).toBeUndefined();
    expect(on.told()).toEqual(["budget.crossed left", "escalation.raised left"]);
    on.answer("allow");
    await on.rest();
    expect(on.grants.get("c2")?.kind).toBe("granted");
  });

  test("a call that an earlier daemon has left open is settled once there is room; made again it is another one", async () => {
    const killed = desk();
    await killed.ask("c1");
    const on = crammedDesk({ ledger: killed.ledger });
    const settled = on.settleLeft(() => true);
    await on.rest();
    full = false;
    expect(await on.ask("c1")).toBe("granted");
    expect(on.ledger.open().map(({ call }) => call)).toEqual(["c1", "c1/2"]);
    await on.clock.advance(AGAIN_MS);
    await settled;
    expect(on.ledger.open().map(({ call }) => call)).toEqual(["c1/2"]);
  });

  test("what an agent reports is booked once there is room", async () => {
    const on = crammedDesk();
    const by = { run: RUN, session: session("A"), persona: "one-shot@1", phase: "left", model: "house/large" };
    expect(on.report(by, 1, usage(100, 0))).toEqual(usage(100, 0));
    full = false;
    await on.clock.advance(AGAIN_MS);
    expect(on.ledger.spent({ by: "run" })).toMatchObject([{ calls: 1, amount: money("0.1") }]);
  });
});

describe("what agents report by themselves", () => {
  const by = { run: RUN, session: session("A"), persona: "one-shot@1", phase: "left", model: "one-shot" };

  test("is booked once by its number, and an unknown cost stays unknown", () => {
    const on = desk();
    expect(on.report(by, 1, usage(50, 5))).toEqual(usage(50, 5));
    on.report(by, 1, usage(50, 5));
    expect(on.report({ ...by, model: "house/large" }, 2, usage(100, 0))).toEqual(
      usage(100, 0, { costUsd: "0.1", estimated: true }),
    );
    expect(on.report(by, 3, usage(1, 1, { costUsd: "0.004" })).costUsd).toBe("0.004");
    expect(on.ledger.spent({ by: "phase" })[0]).toMatchObject({
      name: "left",
      calls: 3,
      amount: money("0.104"),
      unknown: 1,
    });
  });
});
