/** What the daemon answers about what was spent: the ledger's sums, and beside them what no sum can have. */

import { Failure } from "../domain/failure.ts";
import { usd } from "../domain/money.ts";
import { viewOf } from "../domain/run-view.ts";
import type { PhaseView, RunView, SessionView } from "../domain/view.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Ledger, Spent, SpentQuery } from "../ports/ledger.ts";
import type { UsageMarks } from "../ports/usage-marks.ts";
import type { RunCosts, SpentLine } from "../protocol/money.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export interface SpendingAnswersDeps {
  ledger: Pick<Ledger, "spent">;
  log: Pick<EventLog, "read" | "resolve">;
  marks: UsageMarks;
  clock: Pick<Clock, "now">;
}

type SpendingAnswers = Pick<EngineApi, "stats" | "costs" | "usage" | "resetUsage">;

/** As many as a sparkline beside two sums has room for. */
const SLOTS = 30;
const MINUTE_MS = 60_000;
const MARK = "usage";

export function spendingAnswers({ ledger, log, marks, clock }: SpendingAnswersDeps): SpendingAnswers {
  const sums = (query: SpentQuery): SpentLine[] => ledger.spent(query).map(lineOf);
  const total = (query: Omit<SpentQuery, "by">): SpentLine => sums({ ...query, by: "all" })[0] ?? nothing("all");

  return {
    stats: async ({ by, since }) => {
      const span = since === undefined ? {} : { since };
      return { by, ...span, lines: sums({ by, ...span }), total: total(span) };
    },
    costs: async ({ run: part }) => {
      const run = findRun(log, part);
      const view = viewOf(log.read(run));
      if (!view) throw new Failure("run.not_found", { run });
      return costsOf(view, (by) => sums({ by, run }), total({ run }));
    },
    usage: async ({ minutes }) => {
      const to = clock.now();
      const resetAt = marks.of(MARK);
      const from = Math.max(to - minutes * MINUTE_MS, Math.min(resetAt ?? 0, to));
      const edge = (slot: number): number => Math.round(from + ((to - from) * slot) / SLOTS);
      const slots = Array.from({ length: SLOTS }, (_, slot) => {
        // The newest entry has the time of now: the last slot takes it too.
        const until = slot === SLOTS - 1 ? to + 1 : edge(slot + 1);
        return { ...total({ since: edge(slot), until }), name: String(edge(slot)) };
      });
      const span = { since: from, until: to + 1 };
      const models = sums({ by: "model", ...span });
      return { from, to, ...(resetAt !== undefined && { resetAt }), slots, total: total(span), models };
    },
    resetUsage: async () => {
      const at = clock.now();
      marks.set(MARK, at);
      return { at };
    },
  };
}

function lineOf({ name, calls, usage, amount, estimated, unknown }: Spent): SpentLine {
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    name,
    calls,
    inputTokens,
    outputTokens,
    cachedTokens,
    cacheWriteTokens,
    reasoningTokens,
    ...(unknown < calls && { costUsd: usd(amount) }),
    estimatedUsd: usd(estimated),
    unknown,
  };
}

const nothing = (name: string): SpentLine => ({
  name,
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: "0",
  estimatedUsd: "0",
  unknown: 0,
});

/** Every phase that an agent was at work on, whether it reported anything or not. */
function costsOf(view: RunView, sums: (by: SpentQuery["by"]) => SpentLine[], total: SpentLine): RunCosts {
  const silent = view.sessions.filter(({ id, adapter }) => view.usage.unknown.includes(id) && adapter !== "fake");
  const booked = new Map(sums("phase").map((line) => [line.name, line]));
  const phases = view.phases
    .filter(({ id, role, attempts }) => booked.has(id) || (role !== undefined && attempts.length > 0))
    .map((phase) => {
      const { costUsd, ...none } = nothing(phase.id);
      const unmetered = silent.some((session) => workedOn(session, phase));
      const line = booked.get(phase.id) ?? (unmetered ? none : { ...none, ...(costUsd !== undefined && { costUsd }) });
      return { ...line, ...(phase.persona !== undefined && { persona: phase.persona }), unmetered };
    });
  const elsewhere = [...booked.values()].filter(({ name }) => !view.phases.some(({ id }) => id === name));
  return {
    run: view.id,
    template: view.template,
    status: view.status,
    total: totalKnown(total, silent),
    phases: [...phases, ...elsewhere.map((line) => ({ ...line, unmetered: false }))],
    personas: sums("persona"),
    models: sums("model"),
    unmetered: silent.map(({ id, persona, adapter }) => ({ session: id, persona, adapter })),
  };
}

/** A session works on all phases of its role; one that began after the session had closed is another's. */
const workedOn = (session: SessionView, { role, attempts }: PhaseView): boolean =>
  session.role === role &&
  attempts.some(({ startedAt }) => startedAt <= (session.closedAt ?? Number.POSITIVE_INFINITY));

/** A run whose agents all report nothing has not cost 0. */
function totalKnown(total: SpentLine, silent: readonly SessionView[]): SpentLine {
  if (total.calls > 0 || silent.length === 0) return total;
  const { costUsd: _, ...unknown } = total;
  return unknown;
}
