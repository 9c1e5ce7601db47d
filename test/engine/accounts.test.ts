/** Two runs whose agents work on one account: what one of them comes to holds the other, on a clock that the test moves. */
import { afterEach, describe, expect, test } from "vitest";
import type { RunId } from "../../src/domain/ids.ts";
import { broken } from "../support/invariants.ts";
import { template } from "../support/made.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type Puppet, type Puppets, puppets } from "../support/puppets.ts";
import { type Stage, stage } from "../support/stage.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const clock = manualClock();
let on: Stage;
let agents: Puppets;
let runs: RunId[] = [];

async function begin(...goals: string[]): Promise<Puppet[]> {
  agents = puppets();
  on = stage({ template: template({ work: { timeout: "10m" } }), clock, agents });
  runs = [];
  for (const goal of goals) {
    runs.push(await on.start(goal));
    await clock.advance(SECOND);
  }
  return agents.all;
}
async function another(goal: string): Promise<Puppet> {
  runs.push(await on.start(goal));
  await clock.advance(SECOND);
  return agents.now;
}
afterEach(async () => {
  for (const run of runs) expect(broken(on.log.read(run))).toEqual([]);
  await on.engine.stop("the test is over");
});

const told = ({ prompts }: Puppet): number => prompts.length;
const events = (run: RunId | undefined) => (run === undefined ? [] : on.log.read(run).map(({ event }) => event));
const held = (run: RunId | undefined) =>
  events(run).flatMap((event) => (event.type === "prompt.held" ? [event.until] : []));

describe("a limit that one session has come to", () => {
  test("holds the prompts of the others until the printed time, then lets one try and the rest follow", async () => {
    const [first] = await begin("a");
    const end = clock.now() + 30 * MINUTE;
    first?.become("rate_limited", end);
    const second = await another("b");
    await clock.advance(29 * MINUTE);
    expect(told(second)).toBe(0);
    expect(held(runs[1])).toEqual([end]);
    expect(on.status(runs[1] as RunId)).toBe("running"); // it has waited longer than its phase may take
    await clock.advance(end - clock.now());
    first?.become("ready");
    const all = (): number => agents.all.reduce((sum, one) => sum + told(one), 0);
    await clock.advance(5 * SECOND);
    expect(all()).toBe(2); // one of them tries
    await clock.advance(20 * SECOND);
    expect(all()).toBe(3); // it works: the other follows
    expect(agents.all).toHaveLength(2); // nobody was started again
  });

  test("holds them after a restart of the daemon too", async () => {
    const [first] = await begin("a");
    const end = clock.now() + 30 * MINUTE;
    first?.become("rate_limited", end);
    await clock.advance(SECOND);
    await on.engine.stop("killed");
    on = on.restart();
    await on.engine.recover();
    const second = await another("b");
    await clock.advance(28 * MINUTE);
    expect(told(second)).toBe(0);
    first?.become("ready");
    await clock.advance(5 * MINUTE);
    expect(told(second)).toBe(1);
  });
});

test("a login that has expired holds the others until somebody has logged in where it was seen", async () => {
  const [first] = await begin("a");
  first?.become("login_required");
  const second = await another("b");
  await clock.advance(2 * MINUTE);
  expect(told(second)).toBe(0);
  first?.become("ready");
  await clock.advance(SECOND);
  expect(told(second)).toBe(1);
});

describe.each([
  ["a provider that fails", "provider", "HTTP 503"],
  ["a provider that cannot be reached", "network", "connect ECONNREFUSED"],
  ["a model that is overloaded", "overloaded", "529 Overloaded"],
] as const)("%s", (_, kind, said) => {
  const fails = (puppet: Puppet | undefined): void => puppet?.become("ready", undefined, { kind, said });

  test("is tried again after a while, longer each time, by one session", async () => {
    const [first] = await begin("a");
    fails(first);
    const second = await another("b");
    await clock.advance(20 * SECOND);
    expect([first && told(first), told(second)]).toEqual([1, 0]);
    await clock.advance(15 * SECOND);
    expect([first && told(first), told(second)].sort()).not.toEqual([0, 1]);
    const counters = events(runs[0]).flatMap((event) => (event.type === "session.recovery" ? [event.counter] : []));
    expect(counters.every((counter) => counter === "backoff")).toBe(true);
    expect(events(runs[0]).find(({ type }) => type === "session.troubled")).toMatchObject({
      kind,
      said,
      account: "puppet",
      until: expect.any(Number),
    });
  });
});

test("an agent whose context is full is followed by a fresh one, which is told the work again", async () => {
  const [first] = await begin("a");
  first?.become("ready", undefined, { kind: "context_full", said: "Prompt is too long" });
  await clock.advance(5 * SECOND);
  expect(agents.all.map(({ closed, prompts }) => [closed, prompts.length])).toEqual([
    [true, 1],
    [false, 1],
  ]);
  expect(events(runs[0]).find(({ type }) => type === "session.recovery")).toMatchObject({
    counter: "restart",
    cause: "its context is full: Prompt is too long",
  });
});
