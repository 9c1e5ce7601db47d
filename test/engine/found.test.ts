/** What simulations have found in the engine, each told once as a story of its own. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { Failure } from "../../src/domain/failure.ts";
import type { RunId, SessionId } from "../../src/domain/ids.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import { engine } from "../../src/engine/engine.ts";
import { livingSessions } from "../../src/engine/sessions.ts";
import type { AgentAdapter, AgentNews, AgentSession } from "../../src/ports/agent.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import { broken } from "../support/invariants.ts";
import { HASH, template } from "../support/made.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type Puppets, puppets } from "../support/puppets.ts";
import { usage } from "../support/spending.ts";
import { type Stage, stage } from "../support/stage.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const clock = manualClock();
let on: Stage;
let agents: Puppets;
let run: RunId;

function prepared(phases: Parameters<typeof template>[0], log?: EventLog): void {
  agents = puppets();
  on = stage({ template: template(phases), clock, agents, ...(log && { log }) });
}
async function begin(phases: Parameters<typeof template>[0] = { work: {} }, log?: EventLog): Promise<void> {
  prepared(phases, log);
  run = await on.start();
  await clock.advance(SECOND);
}
afterEach(async () => {
  expect(broken(on.log.read(run))).toEqual([]);
  await on.engine.stop("the test is over");
});

const write = (): void => on.files.put(agents.artifact(), JSON.stringify({ note: "done" }));
const session = (): SessionId => agents.now.spec.session;
const sessionStates = (): string[] =>
  on.log.read(run).flatMap(({ event }) => (event.type === "session.changed" ? [event.to] : []));

test("a run to whose log another process has written goes on from there", async () => {
  await begin();
  const position = on.log.read(run).length;
  await on.log.append(run, position, [{ type: "budget.set", usd: "1", policy: "block", by: "ann" }], {
    at: clock.now(),
  });
  write();
  await clock.advance(SECOND);
  expect(on.status(run)).toBe("completed");
});

describe("a run that is cancelled at the worst moment", () => {
  /** Looks at the worktree take their time, for a second. */
  function slowly(): void {
    const { workspaces } = on;
    const check = workspaces.check;
    workspaces.check = async (id) => {
      await clock.sleep(SECOND);
      workspaces.check = check;
      return check(id);
    };
  }

  test("opens no session any more", async () => {
    prepared({ work: {} });
    slowly();
    run = await on.start();
    await clock.advance(100);
    await on.engine.cancel(run, "ann", undefined);
    await clock.advance(MINUTE);
    expect(agents.all).toEqual([]);
    expect(on.events(run)).not.toContain("session.opening");
  });

  test("opens none either while the daemon is paused", async () => {
    prepared({ work: {} });
    slowly();
    run = await on.start();
    await clock.advance(100);
    on.engine.pause(true);
    await on.engine.cancel(run, "ann", undefined);
    await clock.advance(MINUTE);
    expect(agents.all).toEqual([]);
    on.engine.pause(false);
    await clock.advance(SECOND);
    expect(on.events(run).at(-1)).toBe("report.written");
  });

  test("sends no prompt any more", async () => {
    await begin({ work: {}, more: { role: "work", needs: ["work"] } });
    agents.now.become("ready");
    slowly();
    write();
    await clock.advance(100);
    await on.engine.cancel(run, "ann", undefined);
    await clock.advance(MINUTE);
    expect(on.events(run)).not.toContain("prompt.sending more");
    expect(agents.now.prompts).toHaveLength(1);
  });

  test("tells of no prompt any more that it is held", async () => {
    const log = memoryEventLog();
    const append: EventLog["append"] = async (id, expected, events, options) => {
      if (events.some(({ type }) => type === "run.cancelled")) await clock.sleep(500);
      return log.append(id, expected, events, options);
    };
    agents = puppets(({ answers }) =>
      answers.push(
        { kind: "held", reason: "a person is at its keys" },
        { kind: "held", reason: "the composer holds a draft" },
      ),
    );
    on = stage({ template: template({ work: {} }), clock, agents, log: { ...log, append } });
    run = await on.start();
    await clock.advance(900);
    const cancelled = on.engine.cancel(run, "ann", undefined);
    await clock.advance(MINUTE);
    await cancelled;
    expect(on.events(run).filter((event) => event.startsWith("prompt.held"))).toHaveLength(1);
    expect(agents.now.answers).toEqual([]);
  });

  test("starts no command any more", async () => {
    prepared({ check: { run: ["npm", "test"] } });
    slowly();
    run = await on.start();
    await clock.advance(100);
    await on.engine.cancel(run, "ann", undefined);
    await clock.advance(MINUTE);
    expect(on.events(run)).not.toContain("command.starting check");
  });
});

test("a command that a killed daemon has left is ended when its run is cancelled, before the report", async () => {
  prepared({ check: { run: ["npm", "test"] } });
  on.commands.run = () => new Promise(() => {});
  const ended: string[] = [];
  on.commands.end = async (_, phase) => void ended.push(phase);
  run = await on.start();
  await clock.advance(SECOND);
  // Nothing is told to the next daemon but what is in the log, and it does not go on by itself.
  const next = engine({ ...on, resume: "manual", sessions: livingSessions(on) });
  await next.recover();
  await next.cancel(run, "ann", undefined);
  await clock.advance(SECOND);
  expect(ended).toEqual(["check"]);
  expect(on.events(run).slice(-2)).toEqual(["command.finished check", "report.written"]);
  await next.stop("the test is over");
});

test("a worktree of which the log does not know, since the daemon was killed, goes with its run", async () => {
  prepared({ work: {} });
  const trees = new Set<string>();
  on.workspaces.prepare = (id) => {
    trees.add(id);
    return new Promise(() => {});
  };
  on.workspaces.remove = async (id) => {
    trees.delete(id);
    return { wip: undefined };
  };
  run = await on.start();
  await clock.advance(SECOND);
  expect([...trees]).toEqual([run]);
  const next = engine({ ...on, resume: "manual", sessions: livingSessions(on) });
  await next.recover();
  await next.cancel(run, "ann", undefined);
  await clock.advance(SECOND);
  await next.delete(run, "ann");
  expect([...trees]).toEqual([]);
  expect(on.events(run)).not.toContain("workspace.ready");
  await next.stop("the test is over");
});

test("a session that is killed before the restarted daemon has taken it over ends nevertheless", async () => {
  await begin({ plan: { approval: "after" } });
  write();
  await clock.advance(SECOND);
  agents.now.become("ready");
  await on.engine.stop("the daemon was stopped");
  on = on.restart();
  await on.engine.recover();
  await on.engine.tell(run, session(), { what: "kill", by: "ann" });
  expect(agents.now.closed).toBe(true);
});

test("a run that is resumed the moment its report is in the log goes on, and is driven once", async () => {
  const log = memoryEventLog();
  const append: EventLog["append"] = async (...asked) => {
    if (asked[2].some(({ type }) => type === "run.resumed")) await clock.sleep(SECOND);
    const written = await log.append(...asked);
    if (asked[2].some(({ type }) => type === "report.written")) await clock.sleep(SECOND);
    return written;
  };
  await begin({ work: { repairs: 0 } }, { ...log, append });
  on.files.put(agents.artifact(), "{}");
  agents.now.become("ready");
  await clock.advance(500);
  expect(on.events(run).at(-1)).toBe("report.written");
  const resumed = on.engine.resume(run, "ann");
  await clock.advance(MINUTE);
  await resumed;
  await on.engine.tell(run, session(), { what: "interrupt", by: "ann" }); // whoever drives it is found
  await clock.advance(MINUTE);
  expect(agents.all).toHaveLength(2);
  const { look } = on.files;
  let looks = 0;
  on.files.look = (expected) => {
    looks += 1;
    return look(expected);
  };
  write();
  await clock.advance(MINUTE);
  expect(on.status(run)).toBe("completed");
  expect(looks).toBe(1);
  expect(on.events(run).filter((event) => event === "prompt.sending work")).toHaveLength(2);
});

test("what an agent tells late, of a run that has ended and is resumed just then, is known to whoever drives the run", async () => {
  const log = memoryEventLog();
  const append: EventLog["append"] = async (...asked) => {
    if (asked[2].some(({ type }) => type === "usage.reported")) await clock.sleep(3 * SECOND);
    return log.append(...asked);
  };
  agents = puppets();
  const heard: ((news: AgentNews) => void)[] = [];
  const open: AgentAdapter["open"] = async (spec) => {
    const opened = await agents.open(spec);
    const watch: AgentSession["watch"] = (listener) => {
      heard.push(listener);
      return opened.watch(listener);
    };
    return { ...opened, watch };
  };
  const phases = template({ work: { repairs: 0 } });
  on = stage({ template: phases, clock, agents: { open, adopt: agents.adopt }, log: { ...log, append } });
  run = await on.start();
  await clock.advance(SECOND);
  on.files.put(agents.artifact(), "{}");
  agents.now.become("ready");
  await clock.advance(SECOND);
  expect(on.events(run).at(-1)).toBe("report.written");
  heard[0]?.({ kind: "usage", nth: 1, usage: usage(9, 3) });
  await clock.advance(SECOND);
  const resumed = on.engine.resume(run, "ann");
  await clock.advance(MINUTE);
  await resumed;
  expect(on.events(run)).toContainEqual(expect.stringMatching(/^usage.reported/));
  expect(on.engine.state(run)).toEqual(fold(on.log.read(run).map(({ event }) => event)));
});

describe("a run that is resumed while its report is made", () => {
  /** Its one phase has failed, and the report takes its time: to see what was changed, or to be written. */
  async function failing(slow: "diffStat" | "write"): Promise<string[]> {
    prepared({ work: { repairs: 0 } });
    const written: string[] = [];
    const { diffStat } = on.workspaces;
    on.workspaces.diffStat = async (...asked) => {
      if (slow === "diffStat") await clock.sleep(10 * SECOND);
      return diffStat(...asked);
    };
    on.reports.write = async (_, json) => {
      if (slow === "write") await clock.sleep(10 * SECOND);
      written.push(JSON.parse(json).run.status);
      return { json: "j", markdown: "m", sha256: HASH };
    };
    run = await on.start();
    await clock.advance(SECOND);
    on.files.put(agents.artifact(), "{}");
    agents.now.become("ready");
    await clock.advance(SECOND);
    await on.engine.resume(run, "ann");
    await clock.advance(SECOND);
    return written;
  }

  test("gets none while it goes on", async () => {
    const written = await failing("diffStat");
    await clock.advance(MINUTE);
    expect(written).toEqual([]);
    write();
    await clock.advance(MINUTE);
    expect(written).toEqual(["completed"]);
  });

  test("gets one of how it ended then, not of how it had ended before", async () => {
    const written = await failing("write");
    write(); // so soon that the report of before is still under way
    await clock.advance(MINUTE);
    expect(on.status(run)).toBe("completed");
    expect(written).toEqual(["failed", "completed"]);
  });
});

test("what an agent shows while the disk is full is told in the order in which it was shown", async () => {
  const log = memoryEventLog();
  let full = false;
  const append: EventLog["append"] = async (...asked) => {
    if (full) throw new Failure("storage.full", { path: "/" });
    return log.append(...asked);
  };
  await begin({ work: {} }, { ...log, append });
  full = true;
  agents.now.become("awaiting_input");
  await clock.advance(4 * SECOND);
  agents.now.become("working");
  await clock.advance(4 * SECOND);
  full = false;
  await clock.advance(MINUTE);
  expect(sessionStates().at(-1)).toBe("working");
});

test("whoever sets the clock, forwards or backwards, moves neither a phase's limit nor anybody's patience", async () => {
  await begin({ work: { timeout: "30m" } });
  agents.now.become("working");
  await clock.advance(MINUTE);
  for (const hours of [2, -5, 3]) {
    clock.set(hours * 60 * MINUTE);
    agents.now.become("working"); // whatever it shows is looked at with the clock as it is now
    await clock.advance(SECOND);
  }
  expect(on.status(run)).toBe("running");
  expect(on.events(run)).not.toContain("session.recovery work");
  const work = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      agents.now.become("working");
      await clock.advance(MINUTE);
    }
  };
  await work(25);
  expect(on.events(run)).not.toContain("phase.failed work");
  await work(10);
  expect(on.events(run)).toContain("phase.failed work"); // and real time counts as ever
});

test("an agent that is being started while its talk chooses another one is ended", async () => {
  const log = memoryEventLog();
  let slowly = true;
  const append: EventLog["append"] = async (id, expected, events, options) => {
    if (slowly && events.some(({ type }) => type === "session.opening")) await clock.sleep(SECOND);
    return log.append(id, expected, events, options);
  };
  agents = puppets();
  const talk = template({ talk: { talk: true, produces: { schema: "note@1" } } });
  on = stage({ template: talk, clock, agents, log: { ...log, append } });
  run = await on.start();
  await clock.advance(500);
  const chosen = on.engine.talks.choose(run, {}, "ann");
  slowly = false;
  await clock.advance(MINUTE);
  await chosen;
  expect(agents.all.map(({ closed }) => closed)).toEqual([true, false]);
  expect(on.events(run).filter((event) => event === "session.opened")).toHaveLength(1);
});

test("what was said in a talk that is over before there is money for it is not told, and is no fault", async () => {
  agents = puppets();
  const talk = template({ talk: { talk: true, produces: { schema: "note@1" } } });
  let afford = (): void => {};
  const begin = () =>
    new Promise<boolean>((resolve) => {
      afford = () => resolve(true);
    });
  on = stage({ template: talk, clock, agents, more: { affords: { begin, beginsNow: () => false } } });
  const faults = vi.spyOn(on.journal, "error");
  run = await on.start();
  await clock.advance(SECOND);
  await on.engine.talks.say(run, "hello", "one", "ann");
  await clock.advance(SECOND);
  await on.engine.talks.end(run, "ann");
  afford();
  await clock.advance(MINUTE);
  expect(faults.mock.calls).toEqual([]);
  faults.mockRestore();
  expect(on.events(run)).not.toContain("prompt.sending talk");
});

test("a step that fails when it is not asked for any more fails nothing", async () => {
  agents = puppets();
  on = stage({ template: template({ talk: { talk: true, produces: { schema: "note@1" } } }), clock, agents });
  run = await on.start();
  await clock.advance(SECOND);
  const { check } = on.workspaces;
  on.workspaces.check = async () => {
    on.workspaces.check = check;
    await clock.sleep(SECOND);
    throw new Error("a disk that is gone");
  };
  await on.engine.talks.say(run, "hello", "one", "ann");
  await clock.advance(100);
  await on.engine.tell(run, session(), { what: "interrupt", by: "ann" });
  await clock.advance(MINUTE);
  expect(on.events(run)).toContain("turn.ended talk");
  expect(on.status(run)).toBe("running");
});
