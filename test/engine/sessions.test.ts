/** The living sessions: what their agents report goes into the log, each report once. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { RunId } from "../../src/domain/ids.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import type { StepContext } from "../../src/engine/run-loop.ts";
import { livingSessions } from "../../src/engine/sessions.ts";
import type { AgentNews } from "../../src/ports/agent.ts";
import { agentsOf } from "../support/fakes.ts";
import { opened, running, session, template } from "../support/made.ts";

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
