/** What the daemon answers about budgets: what the ledger counts, against the limits that settings and people have set. */
import { dayOf, type Policy, type Scope, type Standing } from "../domain/budget.ts";
import { Failure } from "../domain/failure.ts";
import { MOST_MONEY, parseUsd, usd } from "../domain/money.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../ports/clock.ts";
import type { Definitions } from "../ports/definitions.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { ScopeNow } from "../protocol/spending-methods.ts";
import type { AuditNotes } from "./audit-notes.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export interface BudgetAnswersDeps {
  engine: Pick<Engine, "setBudget" | "state">;
  ledger: Ledger;
  log: EventLog;
  definitions: Pick<Definitions, "personas">;
  clock: Clock;
  /** The setting, where a limit has no policy of its own yet. */
  policy: Policy;
  /** Limits have changed: whoever waits for one asks again. */
  reconsider(): void;
  notes: Pick<AuditNotes, "budgetSet">;
}

type BudgetAnswers = Pick<EngineApi, "budget" | "setBudget">;

/** More runs at once are not to be expected on one machine. */
const ACTIVE_RUNS = 1_000;

export function budgetAnswers({
  engine,
  ledger,
  log,
  definitions,
  clock,
  policy,
  reconsider,
  notes,
}: BudgetAnswersDeps): BudgetAnswers {
  const today = (): string => dayOf(clock.now());

  /** A run's own budget is in its log; the ledger hears of it with the run's next call. */
  function standing(scope: Scope): Standing {
    const counted = ledger.standing(scope);
    const own =
      scope.kind === "run"
        ? log.run(findRun(log, scope.name)) && engine.state(findRun(log, scope.name)).budget
        : undefined;
    return own ? { ...counted, limit: { amount: parseUsd(own.usd) ?? 0n, policy: own.policy } } : counted;
  }

  /** Who has spent something today, or may not spend more than so much. */
  function personasOf(day: string): string[] {
    const named = ledger
      .limits()
      .flatMap(({ kind, name }) => (kind === "persona-day" && name?.includes("@") ? [name] : []));
    const [from = 0, to = 0] = [startOf(day), startOf(day) + 2 * DAY_MS];
    const spent = ledger.spent({ by: "persona", since: from, until: to }).map(({ name }) => name);
    const open = ledger.open().map(({ persona }) => persona);
    return [...new Set([...named, ...spent, ...open].map((name) => name.split("/")[0] ?? name))].sort();
  }

  return {
    budget: async ({ run }) => {
      const day = today();
      const runs =
        run === undefined ? log.runs({ limit: ACTIVE_RUNS, active: true }).map(({ id }) => id) : [findRun(log, run)];
      const scopes: Scope[] = [
        { kind: "day", name: day },
        ...personasOf(day).map((name): Scope => ({ kind: "persona-day", name: `${name}/${day}` })),
        ...runs.map((name): Scope => ({ kind: "run", name })),
      ];
      const limits = ledger
        .limits()
        .filter(({ kind }) => kind !== "run")
        .map(({ kind: scope, name, limit }) => ({ scope, ...(name !== undefined && { name }), limit }));
      return { day, scopes: scopes.map(standing).map(scopeNow), limits };
    },
    setBudget: async ({ scope, name, usd: wanted, policy: asked, repo, by }) => {
      if (wanted !== "none" && (parseUsd(wanted) ?? 0n) > MOST_MONEY)
        throw new Failure("budget.too_large", { usd: wanted });
      if (scope === "run") {
        if (name === undefined || wanted === "none") throw usage("a run's budget needs a run and an amount");
        const run = findRun(log, name);
        const limit = { usd: wanted, policy: asked ?? engine.state(run).budget?.policy ?? policy };
        await engine.setBudget(run, limit, by);
        return { scope, name: run, limit };
      }
      if (scope === "day" && name !== undefined) throw usage("the budget of a day is for each day, and takes no name");
      // A limit on a misspelt name would never hold anybody back.
      if (scope === "persona-day" && name !== undefined && wanted !== "none")
        await definitions.personas.get(name, repo);
      const before = ledger.limits().find((one) => one.kind === scope && one.name === name)?.limit.policy;
      const limit = wanted === "none" ? undefined : { usd: wanted, policy: asked ?? before ?? policy };
      ledger.setLimit(scope, name, limit);
      // What was allowed for today alone ends with a new word for every day.
      for (const one of ledger.limits()) {
        const days = one.kind === scope && one.name !== undefined && /(^|\/)\d{4}-\d\d-\d\d$/.test(one.name);
        const same = name === undefined || one.name?.startsWith(`${name}/`) || one.name?.startsWith(`${name}@`);
        if (days && same) ledger.setLimit(scope, one.name, undefined);
      }
      reconsider();
      notes.budgetSet(
        { scope, ...(name !== undefined && { name }), usd: wanted, ...(limit && { policy: limit.policy }) },
        by,
      );
      return { scope, ...(name !== undefined && { name }), ...(limit && { limit }) };
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

const startOf = (day: string): number => new Date(`${day}T00:00:00`).getTime();

const usage = (problem: string): Failure => new Failure("usage.invalid", { problem });

const scopeNow = ({ scope, booked, reserved, limit }: Standing): ScopeNow => ({
  scope: scope.kind,
  name: scope.name,
  ...(limit && {
    limitUsd: usd(limit.amount),
    policy: limit.policy,
    leftUsd: usd(limit.amount - booked - reserved),
  }),
  bookedUsd: usd(booked),
  reservedUsd: usd(reserved),
});
