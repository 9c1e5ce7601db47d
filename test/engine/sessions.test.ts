/** The living sessions: what their agents report goes into the log, each report once. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { RunId } from "../../src/domain/ids.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import { livingSessions } from "../../src/engine/sessions.ts";
import type { StepContext } from "../../src/engine/step.ts";
import type { AgentAdapter, AgentNews } from "../../src/ports/agent.ts";
import { agentsOf } from "../support/fakes.ts";
import { opened, running, session, template } from "../support/made.ts";
import { puppets } from "../support/puppets.ts";

/** A run of one role whose session is about to be opened. */
function opening(): { events: RunEvent[]; context: StepContext } {
  const events: RunEvent[] = running(template({ specify: {} }), ...opened("specify").slice(0, 1));
  const context: StepContext = {
    run: RunId.parse(session("R")),
    state: () => fold(events),
    record: async (make) => {
      events.push(...make(fold(events)));
    },
    tell: () => {},
    heard: async () => {},
    foresee: () => {},
    left: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
  return { events, context };
}

test("a session that somebody has looked for in vain is opened all the same", async () => {
  const { events, context } = opening();
  const sessions = livingSessions({ agents: agentsOf(puppets()), ids: { next: () => session("E") } });
  const looked = sessions.get(context, session());
  await sessions.open(context, "specify", session());
  expect(await looked).toBeUndefined();
  expect(sessions.living(session())).toBeDefined();
  expect(events.at(-1)?.type).toBe("session.opened");
});

test("a session that somebody has taken over before it was told to be open is watched once", async () => {
  const { events, context } = opening();
  const agents = puppets();
  const persona = events[0]?.type === "run.started" ? events[0].bindings.specify?.persona : undefined;
  if (!persona) throw new Error("nobody is bound");
  await agents.open({ session: session(), run: context.run, role: "specify", persona, cwd: "/w" });
  let handles = 0;
  const adapter: AgentAdapter = {
    open: async (spec) => {
      handles += 1;
      return agents.open(spec);
    },
    adopt: async (spec) => {
      handles += 1;
      return agents.adopt(spec);
    },
  };
  const sessions = livingSessions({ agents: agentsOf(adapter), ids: { next: () => session("E") } });
  await sessions.get(context, session());
  await sessions.open(context, "specify", session());
  await sessions.open(context, "specify", session());
  expect(handles).toBe(1);
  expect(events.filter(({ type }) => type === "session.opened")).toHaveLength(1);
});

test("usage that is told again after a restart is booked once", async () => {
  const events: RunEvent[] = running(template({ specify: {} }), ...opened("specify"));
  const usage = {
    inputTokens: 1,
    outputTokens: 2,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimated: false,
  };
  const news: AgentNews[] = [
    { kind: "usage", usage, nth: 1 },
    { kind: "usage", usage: { ...usage, costUsd: "0.5" }, nth: 2 },
  ];
  const context: StepContext = {
    run: RunId.parse(session("R")),
    state: () => fold(events),
    record: async (make) => {
      events.push(...make(fold(events)));
    },
    tell: (outcome) => {
      events.push(...decide(fold(events), outcome));
    },
    heard: async () => {},
    foresee: () => {},
    left: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
  const again = () => {
    const agent = {
      session: session(),
      host: "process" as const,
      key: "k",
      pid: undefined,
      startMs: 0,
      terminal: undefined,
      verdict: () => ({ state: "ready" as const, evidence: [] }),
      watch: (listener: (one: AgentNews) => void) => {
        for (const one of news) listener(one);
        return () => {};
      },
      deliver: async () => ({ kind: "lost" as const, reason: "" }),
      interrupt: async () => {},
      close: async () => {},
      release: async () => {},
    };
    const agents = agentsOf({ open: async () => agent, adopt: async () => agent });
    return livingSessions({ agents, ids: { next: () => session("E") } }).get(context, session());
  };
  await again();
  await again();
  expect(events.filter(({ type }) => type === "usage.reported")).toMatchObject([
    { nth: 1 },
    { nth: 2, costUsd: "0.5" },
  ]);
});
