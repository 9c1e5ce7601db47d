/**
 * What money means for a run: limits that its calls would cross, what people answer, what they set.
 *
 * B1. A crossing is told once for each limit as it stood; a question about a scope is open at most once.
 * B2. A call that is refused fails the phase that it was made for, and nothing else.
 *     Where no phase is at work nobody is asked: there is nothing to go on with.
 * B3. What a person allows is in the log: whoever makes the next call finds it there.
 */
import { type CrossingFact, extended, ScopeKind } from "./budget.ts";
import type { RunEvent } from "./event.ts";
import { Failure, failureRecord } from "./failure.ts";
import type { OutcomeOf } from "./outcome.ts";
import { phaseOfSession } from "./run-sessions.ts";
import { current, type Escalation, type RunState } from "./run-state.ts";
import { turnFailed } from "./run-talk.ts";

export const scopeKey = ({ scope, name }: Pick<CrossingFact, "scope" | "name">): string => `${scope} ${name}`;

export const crossingKey = (fact: CrossingFact): string => `${scopeKey(fact)} ${fact.limitUsd} ${fact.policy}`;

export const exhausted = (crossing: CrossingFact): Failure => {
  const { scope, name, limitUsd: limit, wouldUsd: would } = crossing;
  return new Failure("budget.exhausted", { scope, name, limit, would, extended: extended(crossing) });
};

/** The scope that a question about money is about. */
export function askedScope({ failure }: Pick<Escalation, "failure">): { scope: ScopeKind; name: string } | undefined {
  const scope = ScopeKind.safeParse(failure.details.scope);
  if (failure.code !== "budget.exhausted" || !scope.success) return undefined;
  return { scope: scope.data, name: String(failure.details.name) };
}

/** Whether a person is being asked about this scope. */
export const isAsked = (state: RunState, crossing: CrossingFact): boolean =>
  state.escalations.some((escalation) => {
    const about = askedScope(escalation);
    return about && scopeKey(about) === scopeKey(crossing);
  });

export function crossed(state: RunState, outcome: OutcomeOf<"crossed">): RunEvent[] {
  const { session, crossing, escalation } = outcome;
  if (state.ended) return [];
  const phase = outcome.phase ?? phaseOfSession(state, session);
  const about = { session, ...(phase !== undefined && { phase }) };
  const told: RunEvent[] = state.crossed.includes(crossingKey(crossing))
    ? []
    : [{ type: "budget.crossed", ...crossing, ...about }];
  const failure = failureRecord(exhausted(crossing));
  switch (crossing.policy) {
    case "warn_continue":
      return told;
    case "block":
      return [...told, ...refused(state, { kind: "refused", ...about, failure })];
    case "prompt": {
      const idle = phase === undefined || !atWork(state, phase);
      if (idle || isAsked(state, crossing)) return told;
      return [...told, { type: "escalation.raised", escalation, severity: "problem", failure, ...about }];
    }
  }
}

export function refused(state: RunState, { session, phase: named, failure }: OutcomeOf<"refused">): RunEvent[] {
  const phase = named ?? phaseOfSession(state, session);
  return phase === undefined ? [] : failPhase(state, phase, failure);
}

function failPhase(state: RunState, phase: string, failure: Escalation["failure"]): RunEvent[] {
  const turn = turnFailed(state, phase, failure);
  if (turn) return turn;
  const now = atWork(state, phase);
  return now ? [{ type: "phase.failed", phase, attempt: now.attempt, failure }] : [];
}

const atWork = (state: RunState, phase: string) =>
  current(state, { phase, attempt: state.phases[phase]?.attempt ?? 0 });

/** What was asked for the sake of a call that is made now is over. */
export const afforded = (state: RunState, { session }: OutcomeOf<"afforded">): RunEvent[] =>
  state.escalations
    .filter((e) => e.session === session && askedScope(e))
    .map(({ escalation }) => ({ type: "escalation.settled", escalation, answer: "overtaken", by: "devflow" }));

/** A run that has failed can be given more, and is then resumed. */
export function budgetSet(state: RunState, { usd, policy, by }: OutcomeOf<"budget">): RunEvent[] {
  if (state.ended && state.ended.status !== "failed") return [];
  const over = state.escalations.filter((e) => askedScope(e)?.scope === "run");
  return [
    { type: "budget.set", usd, policy, by },
    ...over.map(({ escalation }): RunEvent => ({ type: "escalation.settled", escalation, answer: "raised", by })),
  ];
}

export function answeredBudget(state: RunState, { escalation: id, answer, by }: OutcomeOf<"answer">): RunEvent[] {
  const asking = state.escalations.find(({ escalation }) => escalation === id);
  const about = asking && askedScope(asking);
  if (!asking || !about || state.ended) return [];
  const said: RunEvent = { type: "escalation.settled", escalation: id, answer, by };
  if (answer === "stop") {
    return [said, ...(asking.phase === undefined ? [] : failPhase(state, asking.phase, asking.failure))];
  }
  if (about.scope !== "run") return [said];
  const usd = String(asking.failure.details.extended);
  return [said, { type: "budget.set", usd, policy: state.budget?.policy ?? "prompt", by }];
}

/** What the state keeps of an answer (B3). */
export function spendingAnswered(state: RunState, asking: Escalation, answer: string): RunState {
  const about = askedScope(asking);
  if (!about) return state;
  const { scope: kind, name } = about;
  if (answer === "stop") return { ...state, stopped: [...state.stopped, scopeKey(about)] };
  if (answer !== "allow" || kind === "run") return state;
  const { limit: from, extended: usd } = asking.failure.details;
  return { ...state, allowed: [...state.allowed, { kind, name, from: String(from), usd: String(usd) }] };
}
