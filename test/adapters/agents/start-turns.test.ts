/** Agents that must not start side by side. */
import { describe, expect, it } from "vitest";
import { startTurns } from "../../../src/adapters/agents/start-turns.ts";
import type { Verdict } from "../../../src/domain/session.ts";
import type { AgentSession } from "../../../src/ports/agent.ts";
import { manualClock } from "../../support/manual-clock.ts";

const START_MS = 1_000;

/** As much of a session as a start needs, whose state the test moves. */
function starting(): { session: AgentSession; is(state: Verdict["state"]): void } {
  let state: Verdict["state"] = "booting";
  const listeners = new Set<() => void>();
  const session = {
    startMs: START_MS,
    verdict: () => ({ state, evidence: [] }),
    watch: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    session: session as unknown as AgentSession,
    is: (to) => {
      state = to;
      for (const listener of [...listeners]) listener();
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("agents that start alone", () => {
  const stage = () => {
    const clock = manualClock();
    const turns = startTurns(clock);
    const opened: string[] = [];
    const agents = new Map<string, ReturnType<typeof starting>>();
    const open = (name: string, agent = "slow") =>
      turns.take(agent, async () => {
        const one = starting();
        opened.push(name);
        agents.set(name, one);
        return one.session;
      });
    return { clock, turns, opened, open, is: (name: string, state: Verdict["state"]) => agents.get(name)?.is(state) };
  };

  it("start one after the other, each when the one before is up, or has gone", async () => {
    const { opened, open, is } = stage();
    const all = [open("a"), open("b"), open("c")];
    await settle();
    expect(opened).toEqual(["a"]);
    is("a", "unknown");
    await settle();
    expect(opened).toEqual(["a"]);
    is("a", "ready");
    await settle();
    expect(opened).toEqual(["a", "b"]);
    is("b", "exited");
    await Promise.all(all);
    expect(opened).toEqual(["a", "b", "c"]);
  });

  it("wait no longer than a start may take", async () => {
    const { clock, opened, open } = stage();
    void open("a");
    void open("b");
    await settle();
    await clock.advance(START_MS);
    await settle();
    expect(opened).toEqual(["a", "b"]);
  });

  it("do not wait for one that could not be opened, nor for another agent", async () => {
    const { turns, opened, open } = stage();
    const refused = turns.take("slow", async () => {
      throw new Error("no room");
    });
    await expect(refused).rejects.toThrow("no room");
    await open("a");
    void open("b");
    await open("other", "quick");
    expect(opened).toEqual(["a", "other"]);
  });
});
