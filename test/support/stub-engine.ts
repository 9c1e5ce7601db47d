/** An engine and a log in memory, for tests of what is between them and a client: events are numbered notes. */

import type { EngineApi } from "../../src/daemon/engine-api.ts";
import type { ComposedDaemon } from "../../src/daemon/parts.ts";
import type { StoredEvent } from "../../src/domain/event.ts";
import { Failure } from "../../src/domain/failure.ts";
import { RunId } from "../../src/domain/ids.ts";

export const RUN = RunId.parse("01J0000000000000000000000A");
export const OTHER_RUN = RunId.parse("01J0000000000000000000000B");

export interface StubLog {
  log: ComposedDaemon["log"];
  /** Appends this many events, each of about `bytes`. */
  append(count: number, options?: { run?: string; bytes?: number }): void;
  followers(): number;
}

export function stubLog(): StubLog {
  const events: StoredEvent[] = [];
  const waiting = new Set<() => void>();
  let followers = 0;
  return {
    log: {
      head: () => events.length,
      resolve: (part, limit) =>
        [RUN, OTHER_RUN].filter((id) => id.startsWith(part) || id.endsWith(part)).slice(0, limit),
      async *follow(cursor, signal, run) {
        followers += 1;
        try {
          for (let at = cursor; !signal.aborted; ) {
            const event = events[at];
            if (event === undefined) {
              await new Promise<void>((resolve) => {
                waiting.add(resolve);
                signal.addEventListener("abort", () => resolve(), { once: true });
              });
            } else {
              at += 1;
              if (run === undefined || event.run === run) yield event;
            }
          }
        } finally {
          followers -= 1;
        }
      },
    },
    append(count, { run = RUN, bytes = 10 } = {}) {
      for (let n = 0; n < count; n += 1) {
        const cursor = events.length + 1;
        events.push({
          cursor,
          run,
          position: cursor,
          at: 0,
          event: { type: "run.interrupted", cause: "x".repeat(bytes) },
        });
      }
      for (const wake of waiting) wake();
      waiting.clear();
    },
    followers: () => followers,
  };
}

const NO_CATALOGUE = { address: "", stale: true, models: 0, skipped: 0 };
const NOTHING_SPENT = {
  ...{ name: "all", calls: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 },
  ...{ reasoningTokens: 0, costUsd: "0", estimatedUsd: "0", unknown: 0 },
};

/** An engine that knows no run. What a test wants to be answered, it gives. */
export function stubEngine(answers: Partial<EngineApi> = {}): EngineApi {
  const nothing = async ({ run }: { run: string }) => {
    throw new Failure("run.not_found", { run });
  };
  const nobody = async ({ session }: { session: string }) => {
    throw new Failure("session.not_found", { session });
  };
  const unpriced = async ({ model }: { model: string }) => {
    throw new Failure("prices.unknown", { model });
  };
  let paused = false;
  return {
    status: async () => ({ host: "none", paused, runs: { running: 0, waiting: 0 }, sessions: 0, problems: [] }),
    pause: async () => {
      paused = true;
    },
    unpause: async () => {
      paused = false;
    },
    keysChanged: async () => ({ ok: true }),
    backup: async ({ file }) => ({ file, bytes: 0 }),
    preview: async ({ template }) => {
      throw new Failure("usage.invalid", { problem: `no template ${template}` });
    },
    start: async () => ({ run: RUN, created: true, warnings: [], cursor: 0 }),
    list: async () => ({ runs: [] }),
    show: nothing,
    events: nothing,
    talkSay: nothing,
    talkTurn: nothing,
    talkUndo: nothing,
    talkChoose: nothing,
    talkEnd: nothing,
    report: nothing,
    approve: nothing,
    reject: nothing,
    resume: nothing,
    cancel: nothing,
    diff: nothing,
    delete: nothing,
    sessions: async () => ({ sessions: [] }),
    session: nobody,
    send: nobody,
    interrupt: nobody,
    hold: nobody,
    letGo: nobody,
    restart: nobody,
    kill: nobody,
    recording: nobody,
    price: unpriced,
    usedPrices: async () => ({ models: [], catalogue: NO_CATALOGUE }),
    models: async () => ({ models: [], catalogue: NO_CATALOGUE }),
    stats: async ({ by }) => ({ by, lines: [], total: NOTHING_SPENT }),
    costs: nothing,
    usage: async () => ({ from: 0, to: 0, slots: [], total: NOTHING_SPENT, models: [] }),
    resetUsage: async () => ({ at: 0 }),
    budget: async () => ({ day: "2026-11-21", scopes: [], limits: [] }),
    setBudget: async ({ scope }) => ({ scope }),
    notifyTest: async () => ({ sent: [] }),
    auditLines: async () => ({ lines: [], seen: 0 }),
    auditVerify: async () => ({ whole: true, files: 0, lines: 0, last: { seq: 0, hash: "" }, problems: [] }),
    escalations: async () => ({ escalations: [] }),
    escalation: async ({ escalation }) => {
      throw new Failure("escalation.not_found", { escalation });
    },
    answer: async ({ escalation }) => {
      throw new Failure("escalation.not_found", { escalation });
    },
    ...answers,
  };
}
