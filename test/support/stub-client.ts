/** A client that answers from a table and follows events that a test adds. What it was asked is kept. */
import type { Client } from "../../src/cli/client.ts";
import type { StoredEvent } from "../../src/domain/event.ts";
import { Failure } from "../../src/domain/failure.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import type { MethodName, ParamsIn, Result } from "../../src/protocol/methods.ts";

export type Answers = { [M in MethodName]?: Result<M> | ((params: ParamsIn<M>) => Result<M>) };

export interface StubClient extends Client {
  readonly asked: readonly { method: MethodName; params: unknown }[];
  happen(...events: readonly StoredEvent[]): void;
}

export function stubClient(answers: Answers = {}, past: readonly StoredEvent[] = []): StubClient {
  const asked: { method: MethodName; params: unknown }[] = [];
  const log = [...past];
  const waiting = new Set<() => void>();
  const ofRun = (run: string) => log.filter((event) => event.run.endsWith(run));
  /** What follows from the events alone. */
  const derived: Answers = {
    "run.show": ({ run }) => {
      const view = viewOf(ofRun(run));
      if (!view) throw new Failure("run.not_found", { run });
      return view;
    },
    "run.events": ({ run, from = 1 }) => ({ run, events: ofRun(run).filter((e) => e.position >= from), more: false }),
    "events.subscribe": { subscription: 1, cursor: log.at(-1)?.cursor ?? 0 },
    "events.unsubscribe": { ok: true },
  };
  return {
    asked,
    socket: "/run/devflow.sock",
    async call(method, params) {
      asked.push({ method, params });
      const answer = answers[method] ?? derived[method];
      if (answer === undefined) throw new Failure("internal", { problem: `the test has no answer to ${method}` });
      // The table's type ties each answer to its method; a generic index cannot follow that.
      return (typeof answer === "function" ? (answer as (given: unknown) => unknown)(params) : answer) as never;
    },
    async *follow(cursor, { run, signal } = {}) {
      let at = cursor === undefined ? log.length : 0;
      while (!signal?.aborted) {
        for (let event = log[at]; event && !signal?.aborted; event = log[at]) {
          at += 1;
          if (event.cursor > (cursor ?? 0) && (run === undefined || event.run.endsWith(run))) yield event;
        }
        if (signal?.aborted) return;
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          signal?.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    },
    happen(...events) {
      log.push(...events);
      for (const wake of waiting) wake();
      waiting.clear();
    },
    close() {},
  };
}
