import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import type { RunId } from "../../src/domain/ids.ts";
import { broken } from "../support/invariants.ts";
import { template } from "../support/made.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { type Puppets, puppets } from "../support/puppets.ts";
import { type Stage, type StageOptions, stage } from "../support/stage.ts";

const SECOND = 1_000;
const ACCEPTED = ["artifact.checked", "phase.accepted", "phase.started"];

describe("the prompt of the phase after an artifact", () => {
  let clock: ManualClock;
  let agents: Puppets;
  let on: Stage;
  let run: RunId;
  /** What was appended, by the types of its events, one entry a commit. */
  let commits: string[][];

  beforeEach(() => {
    clock = manualClock();
    agents = puppets();
    commits = [];
  });
  afterEach(async () => {
    expect(broken(on.log.read(run))).toEqual([]);
    await on.engine.stop("the test is over");
  });

  async function began(
    more: StageOptions["more"] = {},
    work: Parameters<typeof template>[0][string] = {},
  ): Promise<void> {
    const log = memoryEventLog();
    const append: typeof log.append = (id, expected, events, options) => {
      commits.push(events.map(({ type }) => type));
      return log.append(id, expected, events, options);
    };
    const phases = template({ work, more: { role: "work", needs: ["work"] } });
    on = stage({ template: phases, clock, agents, log: { ...log, append }, more });
    run = await on.start();
    await clock.advance(SECOND);
    agents.now.become("ready");
    await clock.advance(SECOND);
  }
  const write = async (): Promise<void> => {
    on.files.put(agents.artifact(), JSON.stringify({ note: "done" }));
    await clock.advance(SECOND);
  };
  const prompts = (): string[] => on.events(run).filter((event) => event.startsWith("prompt.sending"));

  test("is announced in one commit with it", async () => {
    await began();
    await write();
    expect(commits).toContainEqual([...ACCEPTED, "prompt.sending"]);
    expect(agents.now.prompts).toHaveLength(2);
    expect(agents.now.prompts.map(({ fresh }) => fresh)).toEqual([true, true]);
    expect(prompts()).toEqual(["prompt.sending work", "prompt.sending more"]);
  });

  test("is made anew when something else was written to the run meanwhile", async () => {
    await began();
    const { write: real } = on.workspaces;
    on.workspaces.write = async (id, ...file) => {
      on.workspaces.write = real;
      const budget = { type: "budget.set", usd: "1", policy: "block", by: "ann" } as const;
      await on.log.append(id, on.log.read(id).length, [budget], { at: clock.now() });
      return real(id, ...file);
    };
    await write();
    expect(commits).toContainEqual(ACCEPTED);
    expect(commits).toContainEqual(["prompt.sending"]);
    expect(prompts()).toEqual(["prompt.sending work", "prompt.sending more"]);
    expect(agents.now.prompts).toHaveLength(2);
  });

  test("is not announced before its phase when its agent cannot afford it now", async () => {
    let asked = 0;
    const begin = async () => {
      asked += 1;
      return true;
    };
    await began({ affords: { begin, beginsNow: () => false } });
    await write();
    expect(commits).toContainEqual(ACCEPTED);
    expect(asked).toBe(2);
    expect(agents.now.prompts).toHaveLength(2);
  });

  test("is made anew when its files could not be written ahead", async () => {
    await began();
    const { write: real } = on.workspaces;
    on.workspaces.write = async () => {
      on.workspaces.write = real;
      throw new Error("no such folder");
    };
    await write();
    expect(commits).toContainEqual(ACCEPTED);
    expect(prompts()).toEqual(["prompt.sending work", "prompt.sending more"]);
    expect(agents.now.prompts).toHaveLength(2);
  });

  test("waits for the approval of the phase before", async () => {
    await began({}, { approval: "after" });
    await write();
    expect(prompts()).toEqual(["prompt.sending work"]);
    expect(agents.now.prompts).toHaveLength(1);
  });
});
