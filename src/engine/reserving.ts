/** Whether a call may be made under the limits that there are; what its run is told when it may not. */
import {
  type Crossing,
  type CrossingFact,
  crossingFact,
  crossings,
  dayOf,
  type Limit,
  type ScopeKind,
  scopesOf,
} from "../domain/budget.ts";
import { Failure, type FailureRecord, failureRecord } from "../domain/failure.ts";
import { EscalationId, RunId, SessionId } from "../domain/ids.ts";
import { type Money, parseUsd } from "../domain/money.ts";
import type { Outcome } from "../domain/outcome.ts";
import { worstCase } from "../domain/price.ts";
import { exhausted, isAsked, scopeKey } from "../domain/run-budget.ts";
import type { RunState } from "../domain/run-state.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Ledger, Spender } from "../ports/ledger.ts";
import type { Prices } from "../ports/prices.ts";
import type { CallRequest } from "../ports/spending.ts";
import { HINDERED_AGAIN_MS, isHindrance } from "./hindrance.ts";

export interface ReservingDeps {
  ledger: Ledger;
  prices: Prices;
  clock: Clock;
  ids: Ids;
  journal: Journal;
  /** Models without a price; left out: refused where a limit applies. */
  unknownPrice?: "allow" | "refuse" | undefined;
  runs: {
    state(run: RunId): RunState;
    /** Resolves once what follows is in the log, and in the state. */
    learn(run: RunId, outcome: Outcome): Promise<unknown>;
  };
}

export type Answer =
  | { kind: "granted" }
  | { kind: "refused"; failure: FailureRecord }
  /** Asked again when something has changed, or after so many milliseconds. */
  | { kind: "waits"; said: string; againMs?: number };

export interface Reserving {
  /** `waited`: the call was answered with `waits` before. */
  reserve(entry: string, request: CallRequest, waited: boolean): Promise<Answer>;
  /** Whether work may begin whose calls nobody asks for beforehand: not in a scope that has passed its limit. */
  begin(by: Party, waited: boolean): Promise<Answer>;
  /** Whether it may as things stand: nobody is told, nothing waited for. */
  beginsNow(by: Party): boolean;
  learn(run: string, outcome: Outcome): Promise<void>;
}

/** Who would spend, and on what. */
export type Party = Pick<CallRequest, "run" | "session" | "persona" | "phase">;

const GRANTED = { kind: "granted" } as const;

const HELD = "calls that are under way hold what is left of the budget";

export function reserving(deps: ReservingDeps): Reserving {
  const { ledger, prices, clock, runs } = deps;

  async function reserve(entry: string, request: CallRequest, waited: boolean): Promise<Answer> {
    if (ledger.find(entry)) return GRANTED; // asked again (S1)
    const spender = spenderOf(request);
    bringLimits(request.run);
    const amount = worst(request, spender);
    if (amount instanceof Failure) return refuse(request, amount);
    return within(request, amount, (over) => ledger.reserve(entry, spender, amount, over), waited);
  }

  async function begin(by: Party, waited: boolean): Promise<Answer> {
    bringLimits(by.run);
    const passed = (over: readonly ScopeKind[]) => passedBy(by).filter(({ scope }) => !over.includes(scope.kind));
    return within(by, 0n, passed, waited);
  }

  function beginsNow(by: Party): boolean {
    bringLimits(by.run);
    return passedBy(by).length === 0;
  }

  const passedBy = (by: Party): readonly Crossing[] =>
    crossings(scopesOf({ ...by, day: dayOf(clock.now()) }).map(ledger.standing), 0n);

  /** Tries until no limit is in the way but those that may be passed, or one that decides otherwise. */
  async function within(
    request: Party,
    amount: Money,
    attempt: (over: readonly ScopeKind[]) => readonly Crossing[],
    waited: boolean,
  ): Promise<Answer> {
    const over: ScopeKind[] = [];
    for (;;) {
      const state = stateOf(request.run);
      if (!state || state.ended) return ended(state);
      const crossed = attempt(over);
      if (crossed.length === 0) {
        if (waited) await learn(request.run, { kind: "afforded", session: SessionId.parse(request.session) });
        return GRANTED;
      }
      const first = firstOf(crossed);
      const fact = crossingFact(first);
      if (first.policy !== "warn_continue" && onlyHeld(first, amount)) return { kind: "waits", said: HELD };
      if (state.stopped.includes(scopeKey(fact))) return refuse(request, exhausted(fact));
      await told(request, fact);
      const asks = first.policy === "prompt" && isAsked(stateOf(request.run) ?? state, fact);
      if (asks) return { kind: "waits", said: exhausted(fact).message };
      if (first.policy !== "warn_continue") return { kind: "refused", failure: failureRecord(exhausted(fact)) };
      over.push(first.scope.kind);
    }
  }

  /** Calls under way mostly come to less than was reserved for them: what only they stand in the way of is not over yet. */
  function onlyHeld({ scope, limit }: Crossing, amount: Money): boolean {
    const { booked, reserved } = ledger.standing(scope);
    return reserved > 0n && booked + amount <= limit;
  }

  const ended = (state: RunState | undefined): Answer => ({
    kind: "refused",
    failure: state?.ended?.failure ?? failureRecord(new Failure("budget.call_given_up")),
  });

  async function refuse(request: Party, failure: Failure): Promise<Answer> {
    const { run, phase } = request;
    const record = failureRecord(failure);
    const session = SessionId.parse(request.session);
    await learn(run, { kind: "refused", session, failure: record, ...(phase !== undefined && { phase }) });
    return { kind: "refused", failure: record };
  }

  const told = ({ run, session, phase }: Party, crossing: CrossingFact): Promise<void> =>
    learn(run, {
      kind: "crossed",
      session: SessionId.parse(session),
      ...(phase !== undefined && { phase }),
      crossing,
      escalation: EscalationId.parse(deps.ids.next()),
    });

  /** What waits for room is told once there is some: a call is not refused, nor a person passed over, for a full disk. */
  async function learn(run: string, outcome: Outcome): Promise<void> {
    const about = { run, outcome: outcome.kind };
    for (let said = false; ; said = true) {
      try {
        await runs.learn(RunId.parse(run), outcome);
        return;
      } catch (error) {
        const waits = isHindrance(error);
        if (!waits || !said)
          deps.journal.error("a run could not be told about its money", { ...about, error: String(error) });
        if (!waits) return;
      }
      await clock.sleep(HINDERED_AGAIN_MS);
    }
  }

  function stateOf(run: string): RunState | undefined {
    try {
      return runs.state(RunId.parse(run));
    } catch {
      return undefined; // the daemon is stopping
    }
  }

  /** The run's own budget and what people have allowed for its sake are in its log (B3); the ledger has to know them too. */
  function bringLimits(run: string): void {
    const state = stateOf(run);
    if (state?.budget) bring("run", run, state.budget);
    for (const { kind, name, from, usd } of state?.allowed ?? []) {
      const { limit } = ledger.standing({ kind, name });
      if (limit && limit.amount === parseUsd(from)) ledger.setLimit(kind, name, { usd, policy: limit.policy });
    }
  }

  function bring(kind: ScopeKind, name: string, wanted: Limit): void {
    const { limit } = ledger.standing({ kind, name });
    if (limit?.amount !== parseUsd(wanted.usd) || limit?.policy !== wanted.policy) ledger.setLimit(kind, name, wanted);
  }

  function spenderOf({ call: _, inputTokens, maxOutputTokens, ...who }: CallRequest): Spender {
    const at = clock.now();
    return { ...who, at, day: dayOf(at), tokens: { inputTokens, maxOutputTokens } };
  }

  function worst(request: CallRequest, spender: Spender): Money | Failure {
    if (request.free) return 0n;
    const price = prices.of(request.model);
    if (price) return worstCase(price, request);
    const limited = scopesOf(spender).some((scope) => ledger.standing(scope).limit);
    const policy = deps.unknownPrice ?? (limited ? "refuse" : "allow");
    return policy === "allow" ? 0n : new Failure("budget.price_unknown", { model: request.model });
  }

  return { reserve, begin, beginsNow, learn };
}

/** What decides about a call that would cross several limits: a no, then a question, then a warning. */
function firstOf(crossed: readonly Crossing[]): Crossing {
  const [first] = [...crossed].sort((one, other) => RANK[one.policy] - RANK[other.policy]);
  if (!first) throw new Failure("internal", { problem: "a limit was crossed that is not there" });
  return first;
}

const RANK = { block: 0, prompt: 1, warn_continue: 2 } as const;
