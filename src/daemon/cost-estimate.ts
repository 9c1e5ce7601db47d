/** What a run is expected to cost: the plan's personas and prices, past runs of its template, and the limits that there are. */
import { dayOf, type Limit, type Standing, scopesOf } from "../domain/budget.ts";
import { estimate, outlooks, type PastUse, type Range, totalOf, type Worker } from "../domain/estimate.ts";
import { ModelLimits } from "../domain/model-agent.ts";
import { type Money, parseUsd, usd } from "../domain/money.ts";
import { referenceOf } from "../domain/names.ts";
import type { Persona } from "../domain/persona.ts";
import type { Plan } from "../engine/start.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { Prices } from "../ports/prices.ts";
import type { CostEstimate } from "../protocol/money.ts";
import { catalogueState } from "./price-answers.ts";

export interface CostEstimateDeps {
  prices: Prices;
  ledger: Pick<Ledger, "spent" | "standing">;
  log: Pick<EventLog, "runs">;
  clock: Pick<Clock, "now">;
  /** Whether a persona's provider takes no money. */
  free: (persona: Persona) => boolean;
}

/** Older runs tell little of today's templates and models. */
const PAST_RUNS = 20;
/** How far back they are looked for. */
const LOOKED_AT = 300;
/** A run that has no id yet has no limit of its own: it gets the one for all runs. */
const NEW_RUN = "new";

export function costEstimate({ prices, ledger, log, clock, free }: CostEstimateDeps): (plan: Plan) => CostEstimate {
  function workerOf(persona: Persona): Worker {
    const price = persona.model === undefined ? undefined : prices.of(persona.model);
    const limits = persona.adapter === "agent" ? (persona.api?.limits ?? ModelLimits.parse({})) : undefined;
    return {
      persona: referenceOf(persona),
      adapter: persona.adapter,
      model: persona.model,
      price,
      free: free(persona),
      maxTokens: limits?.maxTokensTotal,
      maxOutputTokens: limits && Math.min(limits.maxOutputTokens, price?.maxOutputTokens ?? limits.maxOutputTokens),
    };
  }

  /** Only runs that came to their end tell what a whole run takes. */
  function past(template: string): Record<string, PastUse[]> {
    const runs = log.runs({ limit: LOOKED_AT, status: "completed" }).filter((run) => run.template === template);
    const found: Record<string, PastUse[]> = {};
    for (const { id } of runs.slice(0, PAST_RUNS)) {
      for (const { name, usage, calls, amount, unknown } of ledger.spent({ by: "phase", run: id })) {
        const uses = found[name] ?? [];
        found[name] = uses;
        uses.push({ usage, calls, amount: unknown === 0 ? amount : undefined });
      }
    }
    return found;
  }

  function standings(personas: readonly string[], budget: Limit | undefined): Standing[] {
    const day = dayOf(clock.now());
    const scopes = personas.flatMap((persona) => scopesOf({ run: NEW_RUN, persona, day }));
    const different = new Map(scopes.map((scope) => [`${scope.kind} ${scope.name}`, scope]));
    return [...different.values()].map((scope) => {
      const standing = ledger.standing(scope);
      if (scope.kind !== "run" || !budget) return standing;
      return { ...standing, limit: { amount: parseUsd(budget.usd) ?? 0n, policy: budget.policy } };
    });
  }

  return ({ template, bindings, event }) => {
    const workers = new Map(
      Object.entries(bindings).map(([role, { definition }]) => [role, workerOf(definition.value)]),
    );
    const phases = estimate(template.value, (role) => workers.get(role), past(referenceOf(template.value)));
    const { input, output, cost, unknownTokens, unknownCost } = totalOf(phases);
    const personas = [...new Set([...workers.values()].map(({ persona }) => persona))];
    return {
      phases: phases.map(({ phase, worker, basis, runs, ...ranges }) => ({
        phase,
        ...(worker && { persona: worker.persona }),
        ...(worker?.model !== undefined && { model: worker.model }),
        basis,
        runs,
        ...(ranges.input && { inputTokens: ranges.input }),
        ...(ranges.output && { outputTokens: ranges.output }),
        ...(ranges.cost && { costUsd: dollars(ranges.cost) }),
        ...(worker?.price && {
          price: { model: worker.price.model, source: worker.price.source, at: worker.price.at },
        }),
      })),
      total: { inputTokens: input, outputTokens: output, costUsd: dollars(cost), unknownTokens, unknownCost },
      catalogue: catalogueState(prices.state()),
      budgets: outlooks(standings(personas, event.budget), phases).map(
        ({ kind, name, limit, used, policy, outlook, held }) => ({
          scope: kind,
          name,
          limitUsd: usd(limit),
          usedUsd: usd(used),
          policy,
          outlook,
          ...(held > 0n && { heldUsd: usd(held) }),
        }),
      ),
    };
  };
}

const dollars = ({ low, likely, high }: Range<Money>) => ({ low: usd(low), likely: usd(likely), high: usd(high) });
