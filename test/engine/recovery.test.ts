/** What the engine does when an agent does not get on: minutes and hours of it, on a clock that the test moves. */
import { afterEach, describe, expect, test } from "vitest";
import type { RunId } from "../../src/domain/ids.ts";
import { broken } from "../support/invariants.ts";
import { template } from "../support/made.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type Puppets, puppets } from "../support/puppets.ts";
import { type Stage, stage } from "../support/stage.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const clock = manualClock();
let on: Stage;
let agents: Puppets;
let run: RunId;

/** A run of one phase, its agent told. */
async function begin(phase: Record<string, unknown> = {}, first?: Parameters<typeof puppets>[0]): Promise<void> {
  agents = puppets(first);
  on = stage({ template: template({ work: phase }), clock, agents });
  run = await on.start();
  await clock.advance(SECOND);
}
afterEach(async () => {
  expect(broken(on.log.read(run))).toEqual([]);
  await on.engine.stop("the test is over");
});

const events = () => on.log.read(run).map(({ event }) => event);
const counters = (): string[] =>
  events().flatMap((event) => (event.type === "session.recovery" ? [`${event.counter} ${event.used}`] : []));
const purposes = (): string[] => events().flatMap((event) => (event.type === "prompt.sending" ? [event.purpose] : []));
const failures = (): string[] =>
  events().flatMap((event) =>
    "failure" in event && event.failure && event.type !== "run.failed" ? [event.failure.code] : [],
  );
const state = (): string =>
  events()
    .flatMap((event) => (event.type === "session.changed" ? [event.to] : []))
    .at(-1) ?? "starting";

async function write(): Promise<void> {
  on.files.put(agents.artifact(), JSON.stringify({ note: "done" }));
  await clock.advance(SECOND);
}
async function completes(): Promise<void> {
  await write();
  expect(on.status(run)).toBe("completed");
  expect(on.events(run).at(-1)).toBe("report.written");
}

describe("an agent that works without a sign of life", () => {
  test("is interrupted, and then told to go on", async () => {
    await begin();
    await clock.advance(5 * MINUTE - 2 * SECOND);
    expect(agents.now.interrupts).toEqual([]);
    await clock.advance(2 * SECOND);
    expect(agents.now.interrupts).toHaveLength(1);
    expect(state()).toBe("stalled");
    agents.now.become("ready");
    await clock.advance(20 * SECOND);
    expect(purposes()).toEqual(["work", "nudge"]);
    await completes();
    expect(counters()).toEqual(["interrupt 1", "nudge 1"]);
    expect(agents.all).toHaveLength(1);
  });

  test("and does not react to its interrupt key either, is started again and told again", async () => {
    await begin();
    await clock.advance(10 * MINUTE);
    expect(agents.now.interrupts).toHaveLength(2);
    expect(state()).toBe("unresponsive");
    await clock.advance(5 * MINUTE + 2 * SECOND);
    expect(agents.all.map(({ closed }) => closed)).toEqual([true, false]);
    expect(counters()).toEqual(["interrupt 1", "interrupt 2", "restart 1"]);
    expect(purposes()).toEqual(["work", "work"]);
    await completes();
  });

  test("and goes round in a circle is interrupted twice; then a person is asked, and nobody is started again", async () => {
    await begin();
    const circle = { kind: "repeating" as const, said: "Bash ls (12 times)" };
    for (const [at, patience] of [20, 40].entries()) {
      agents.now.become("working", undefined, circle);
      await clock.advance((at === 0 ? 1 : 11) * SECOND); // it has time to show that it was interrupted before
      expect(agents.now.interrupts).toHaveLength(at + 1);
      agents.now.become("ready");
      await clock.advance(patience * SECOND + SECOND);
    }
    agents.now.become("working", undefined, circle);
    await clock.advance(11 * SECOND);
    expect(agents.now.interrupts).toHaveLength(3);
    expect(failures()).toEqual(["session.recovery_exhausted"]);
    expect(on.status(run)).toBe("waiting");
    expect(agents.all).toHaveLength(1);
    agents.now.become("ready");
    await completes();
  });

  test("is not one that shows that it is alive, however long it takes", async () => {
    await begin();
    for (let minute = 0; minute < 56; minute += 4) {
      agents.now.become("working");
      await clock.advance(4 * MINUTE);
    }
    expect(agents.now.interrupts).toEqual([]);
    await completes();
  });
});

describe("an agent that is idle without an artifact", () => {
  test("is told twice to finish; then a person is asked, and its artifact counts all the same", async () => {
    await begin();
    for (const patience of [20, 40]) {
      agents.now.become("ready");
      await clock.advance(patience * SECOND - 1);
      const before = purposes().length;
      await clock.advance(2);
      expect(purposes().length).toBe(before + 1);
    }
    agents.now.become("ready");
    await clock.advance(2 * MINUTE);
    expect(purposes()).toEqual(["work", "nudge", "nudge"]);
    expect(counters()).toEqual(["nudge 1", "nudge 2"]);
    expect(failures()).toEqual(["session.recovery_exhausted"]);
    expect(on.status(run)).toBe("waiting");
    await clock.advance(5 * HOUR); // and nothing goes on for ever
    expect(failures()).toEqual(["session.recovery_exhausted"]);
    await completes();
  });

  test("and was given up, is told again when a person resumes the run", async () => {
    await begin();
    for (let time = 0; time < 3; time++) {
      agents.now.become("ready");
      await clock.advance(2 * MINUTE);
    }
    expect(on.status(run)).toBe("waiting");
    await on.engine.resume(run, "ann");
    await clock.advance(20 * SECOND);
    expect(purposes()).toEqual(["work", "nudge", "nudge", "nudge"]);
    expect(on.status(run)).toBe("running");
    await completes();
  });
});

describe("a usage limit", () => {
  test("is waited for however long it lasts, and does not use up the phase's time", async () => {
    await begin({ timeout: "10m" });
    await clock.advance(4 * MINUTE);
    agents.now.become("rate_limited", clock.now() + 5 * HOUR);
    await clock.advance(5 * HOUR);
    expect(purposes()).toEqual(["work"]);
    expect(agents.now.interrupts).toEqual([]);
    agents.now.become("ready");
    await clock.advance(SECOND);
    expect(purposes()).toEqual(["work", "nudge"]);
    expect(counters()).toEqual(["backoff 1"]);
    await clock.advance(4 * MINUTE);
    await completes();
  });

  test("that comes again and again costs nothing but time", async () => {
    await begin();
    for (let time = 0; time < 5; time++) {
      agents.now.become("rate_limited", clock.now() + HOUR);
      await clock.advance(HOUR);
      agents.now.become("ready");
      await clock.advance(SECOND);
    }
    expect(counters()).toEqual([1, 2, 3, 4, 5].map((used) => `backoff ${used}`));
    await completes();
  });
});

describe("a phase's time", () => {
  test("is up when the agent works on and on", async () => {
    await begin({ timeout: "2m" });
    await clock.advance(2 * MINUTE);
    expect(failures()).toEqual(["phase.timeout"]);
    expect(on.status(run)).toBe("failed");
  });

  test("is up for a prompt that could never be delivered", async () => {
    await begin({ timeout: "2m" }, ({ answers }) =>
      answers.push(...Array(200).fill({ kind: "held", reason: "the composer holds a draft" })),
    );
    await clock.advance(2 * MINUTE + SECOND);
    expect(failures()).toEqual(["phase.timeout"]);
    expect(agents.now.prompts).toEqual([]);
    expect(events().filter(({ type }) => type === "prompt.held")).toHaveLength(1);
  });

  test("stands still while a person is asked", async () => {
    await begin({ timeout: "10m" });
    await clock.advance(4 * MINUTE);
    agents.now.become("awaiting_permission");
    await clock.advance(12 * HOUR);
    expect(on.status(run)).toBe("waiting");
    agents.now.become("working");
    await clock.advance(4 * MINUTE);
    expect(failures()).toEqual(["session.awaits_permission"]);
    agents.now.become("working");
    await clock.advance(3 * MINUTE);
    expect(failures()).toEqual(["session.awaits_permission", "phase.timeout"]);
  });

  test("stands still while the daemon is away", async () => {
    await begin({ timeout: "10m" });
    await clock.advance(MINUTE);
    await on.engine.stop("the daemon was stopped");
    await clock.advance(12 * HOUR);
    on = on.restart();
    await on.engine.recover();
    await clock.advance(MINUTE);
    expect(on.status(run)).toBe("running");
    await completes();
    expect(purposes()).toEqual(["work"]);
  });
});

describe("a prompt", () => {
  test("that the agent does not seem to take is submitted again, and announced once", async () => {
    await begin({}, ({ answers }) =>
      answers.push(...Array(2).fill({ kind: "unconfirmed", reason: "the agent does not show that it works" })),
    );
    await clock.advance(20 * SECOND);
    expect(counters()).toEqual(["resubmit 1", "resubmit 2"]);
    expect(agents.now.prompts).toHaveLength(1);
    await completes();
  });

  test("that is never taken is a person's business after three more tries", async () => {
    await begin({}, ({ answers }) =>
      answers.push(...Array(50).fill({ kind: "unconfirmed", reason: "the agent does not show that it works" })),
    );
    await clock.advance(3 * MINUTE);
    expect(counters()).toEqual(["resubmit 1", "resubmit 2", "resubmit 3"]);
    expect(failures()).toEqual(["session.recovery_exhausted"]);
    expect(on.status(run)).toBe("waiting");
    agents.now.answers = [];
    await on.engine.resume(run, "ann");
    await clock.advance(2 * MINUTE);
    expect(on.status(run)).toBe("running");
    await completes();
  });

  test("for an agent that never comes up goes to a new one", async () => {
    await begin({}, (agent) => {
      agent.become("booting");
      agent.answers.push(...Array(500).fill({ kind: "held", reason: "it is booting" }));
    });
    await clock.advance(2 * MINUTE + 5 * SECOND);
    expect(agents.all.map(({ prompts }) => prompts.length)).toEqual([0, 1]);
    expect(counters()).toEqual(["restart 1"]);
    await completes();
  });
});

test("a prompt that is held keeps no daemon from stopping, and is delivered by the next one", async () => {
  await begin({}, ({ answers }) => answers.push(...Array(3).fill({ kind: "held", reason: "a person is at its keys" })));
  await on.engine.drain(); // no time passes
  await on.engine.stop("the daemon was stopped");
  on = on.restart();
  await on.engine.recover();
  await clock.advance(5 * SECOND);
  expect(agents.now.prompts).toHaveLength(1);
  await completes();
});

test("an agent that crashes each time is given up after three restarts, each later than the one before", async () => {
  await begin();
  const after: number[] = [];
  for (let crash = 0; crash < 3; crash++) {
    agents.now.become("exited");
    const count = agents.all.length;
    const from = clock.now();
    while (agents.all.length === count) await clock.advance(100);
    after.push(Math.round((clock.now() - from) / SECOND));
    await clock.advance(100);
  }
  expect(after).toEqual([1, 2, 4]);
  agents.now.become("exited");
  await clock.advance(HOUR);
  expect(agents.all).toHaveLength(4);
  expect(on.status(run)).toBe("waiting");
  await on.engine.resume(run, "ann");
  await clock.advance(SECOND);
  expect(agents.all).toHaveLength(5);
  await completes();
});
