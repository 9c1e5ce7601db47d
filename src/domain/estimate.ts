/**
 * Estimate: what a run may use and cost, as ranges, before it starts; and what the limits on money would make of it.
 *
 * G1. A phase that was done before in runs of this template is taken from those: quartiles of what it used, at the price of today.
 * G2. Otherwise a model behind an API has a stated default, which a loop may need as often as it goes round.
 * G3. What cannot be known is unknown: it is left out of the sum, and the sum says so. Nothing is ever taken to be free.
 */
import type { Policy, ScopeKind, Standing } from "./budget.ts";
import type { Money } from "./money.ts";
import type { AdapterKind } from "./persona.ts";
import { costOf, type Price, worstCase } from "./price.ts";
import { loopBody, type Template } from "./template.ts";
import type { Usage } from "./usage.ts";

export interface Range<T> {
  low: T;
  likely: T;
  high: T;
}

/** What one phase of one past run has used. */
export interface PastUse {
  usage: Usage;
  calls: number;
  /** `undefined`: not all of it is known. */
  amount: Money | undefined;
}

export interface Worker {
  persona: string;
  adapter: AdapterKind;
  model: string | undefined;
  price: Price | undefined;
  /** The provider takes no money. */
  free: boolean;
  /** Where an attempt ends: input and output of all its calls. */
  maxTokens: number | undefined;
  /** Of one call: what is reserved for it is at least this much output. */
  maxOutputTokens?: number | undefined;
}

/** `command`: no agent at work. `unmetered`: its agent, in a terminal, has reported nothing yet. `untried`: a CLI agent without a past run. */
export type Basis = "past" | "default" | "command" | "unmetered" | "untried";

export interface PhaseEstimate {
  phase: string;
  worker: Worker | undefined;
  basis: Basis;
  /** How many past runs it rests on. */
  runs: number;
  input: Range<number> | undefined;
  output: Range<number> | undefined;
  cost: Range<Money> | undefined;
}

/** Input is what all calls of a phase send together: each one sends the whole conversation again. */
const DEFAULT_INPUT: Range<number> = { low: 20_000, likely: 150_000, high: 600_000 };
const DEFAULT_OUTPUT: Range<number> = { low: 2_000, likely: 8_000, high: 30_000 };

const NOTHING: Range<number> = { low: 0, likely: 0, high: 0 };
const FREE: Range<Money> = { low: 0n, likely: 0n, high: 0n };

export function estimate(
  template: Template,
  workerOf: (role: string) => Worker | undefined,
  past: Readonly<Record<string, readonly PastUse[]>>,
): PhaseEstimate[] {
  const rounds = roundsOf(template);
  return template.phases.map(({ id, role }) => {
    const worker = role === undefined ? undefined : workerOf(role);
    if (!worker) return { phase: id, worker, basis: "command", runs: 0, input: NOTHING, output: NOTHING, cost: FREE };
    const before = past[id] ?? [];
    if (before.length > 0) return fromPast(id, worker, before);
    return withoutPast(id, worker, rounds.get(id) ?? 1);
  });
}

/** G1 */
function fromPast(phase: string, worker: Worker, before: readonly PastUse[]): PhaseEstimate {
  const amounts = before.map(({ usage, calls, amount }) => again(worker, usage, calls, amount));
  const known = amounts.filter((amount) => amount !== undefined);
  return {
    phase,
    worker,
    basis: "past",
    runs: before.length,
    input: quartiles(
      before.map(({ usage }) => usage.inputTokens),
      byNumber,
    ),
    output: quartiles(
      before.map(({ usage }) => usage.outputTokens),
      byNumber,
    ),
    cost: known.length === amounts.length ? quartiles(known, byMoney) : undefined,
  };
}

/** Many calls together are no long input: special prices, which hang on the single call, are left out. */
function again({ adapter, price, free }: Worker, usage: Usage, calls: number, amount: Money | undefined) {
  if (free) return 0n;
  if (adapter !== "agent") return amount; // what a subscription pays is not what tokens cost
  if (!price) return amount;
  const { special: _, request, ...flat } = price;
  const each = request === undefined ? 0n : costOf({ ...flat, request }, NO_TOKENS) * BigInt(calls);
  return costOf(flat, usage) + each;
}

const NO_TOKENS = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };

/** G2, G3 */
function withoutPast(phase: string, worker: Worker, rounds: number): PhaseEstimate {
  const none = { phase, worker, runs: 0, input: undefined, output: undefined, cost: undefined };
  if (worker.adapter === "fake") return { ...none, basis: "command", input: NOTHING, output: NOTHING, cost: FREE };
  if (worker.adapter !== "agent") return { ...none, basis: worker.adapter === "terminal" ? "unmetered" : "untried" };

  const most = worker.maxTokens ?? Number.POSITIVE_INFINITY;
  const [input, output] = [DEFAULT_INPUT, DEFAULT_OUTPUT].map((range) => ({
    low: Math.min(range.low, most),
    likely: Math.min(range.likely, most),
    high: Math.min(range.high, most) * rounds,
  })) as [Range<number>, Range<number>];
  return { ...none, basis: "default", input, output, cost: priced(worker, input, output) };
}

function priced({ price, free }: Worker, input: Range<number>, output: Range<number>): Range<Money> | undefined {
  if (free) return FREE;
  if (!price) return undefined;
  const { special: _, ...flat } = price;
  const at = (key: keyof Range<Money>): Money =>
    costOf(flat, { ...NO_TOKENS, inputTokens: input[key], outputTokens: output[key] });
  return { low: at("low"), likely: at("likely"), high: at("high") };
}

/** How often each phase may be done, as loops go. */
function roundsOf(template: Template): Map<string, number> {
  const rounds = new Map<string, number>();
  for (const phase of template.phases) {
    for (const id of loopBody(template, phase)) rounds.set(id, (rounds.get(id) ?? 1) * (phase.repeat?.max ?? 1));
  }
  return rounds;
}

/** With fewer values than this there is nothing between the ends to speak of: all of them count. */
const ENOUGH_FOR_QUARTILES = 4;

/** The value a quarter of the way, the middle one, and the one at three quarters; the ends when there are few. */
export function quartiles<T>(values: readonly T[], compare: (one: T, other: T) => number): Range<T> | undefined {
  const sorted = [...values].sort(compare);
  const [low, likely, high] = (sorted.length < ENOUGH_FOR_QUARTILES ? [0, 0.5, 1] : [0.25, 0.5, 0.75]).map(
    (part) => sorted[Math.round(part * (sorted.length - 1))],
  );
  return low === undefined || likely === undefined || high === undefined ? undefined : { low, likely, high };
}

const byNumber = (one: number, other: number): number => one - other;
const byMoney = (one: Money, other: Money): number => (one < other ? -1 : one > other ? 1 : 0);

export interface EstimateTotal {
  input: Range<number>;
  output: Range<number>;
  cost: Range<Money>;
  /** Phases whose tokens, or whose cost, are in no sum. G3 */
  unknownTokens: number;
  unknownCost: number;
}

export function totalOf(phases: readonly PhaseEstimate[]): EstimateTotal {
  const sum = <T>(ranges: readonly (Range<T> | undefined)[], zero: Range<T>, add: (one: T, other: T) => T): Range<T> =>
    ranges.reduce<Range<T>>(
      (all, one) =>
        one ? { low: add(all.low, one.low), likely: add(all.likely, one.likely), high: add(all.high, one.high) } : all,
      zero,
    );
  const plus = (one: number, other: number): number => one + other;
  return {
    input: sum(
      phases.map(({ input }) => input),
      NOTHING,
      plus,
    ),
    output: sum(
      phases.map(({ output }) => output),
      NOTHING,
      plus,
    ),
    cost: sum(
      phases.map(({ cost }) => cost),
      FREE,
      (one, other) => one + other,
    ),
    unknownTokens: phases.filter(({ input }) => input === undefined).length,
    unknownCost: phases.filter(({ cost }) => cost === undefined).length,
  };
}

/**
 * `enough`: as far as is known. `may_cross`: by the high end, with a call's reservation on top. `will_cross`: by the low end already,
 * or since not even the first call's reservation fits in. `no_price`: nobody can tell.
 */
export type Outlook = "enough" | "may_cross" | "will_cross" | "no_price";

export interface BudgetOutlook {
  kind: ScopeKind;
  name: string;
  limit: Money;
  /** Booked and reserved so far. */
  used: Money;
  policy: Policy;
  outlook: Outlook;
  /** At least this much is reserved for the dearest call while it is made: a limit is held against it, and not against what is spent. */
  held: Money;
}

/** What each limit would make of it; a limit on a persona's day is about that persona's phases only. */
export function outlooks(standings: readonly Standing[], phases: readonly PhaseEstimate[]): BudgetOutlook[] {
  return standings.flatMap(({ scope, booked, reserved, limit }) => {
    if (!limit) return [];
    const own = phases.filter(
      ({ worker }) => scope.kind !== "persona-day" || scope.name.startsWith(`${worker?.persona}/`),
    );
    const { cost } = totalOf(own);
    const used = booked + reserved;
    const left = limit.amount - used;
    const held = own.map((phase) => heldFor(phase, 0)).reduce(max, 0n);
    const most = own.map((phase) => heldFor(phase, phase.input?.high ?? 0)).reduce(max, 0n);
    const unpriced = own.some(({ worker }) => worker?.adapter === "agent" && !worker.free && !worker.price);
    const outlook = crosses(max(cost.low, held), left)
      ? "will_cross"
      : unpriced
        ? "no_price"
        : crosses(cost.high + most, left)
          ? "may_cross"
          : "enough";
    return [{ ...scope, limit: limit.amount, used, policy: limit.policy, outlook, held }];
  });
}

/** Nothing is not too much, even where a limit was passed before. */
const crosses = (amount: Money, left: Money): boolean => amount > 0n && amount > left;

/** Of a model whose context window nobody tells. */
const CONTEXT_TOKENS = 128_000;

/** What is reserved for a call of the phase with so much input. How much it will be is not known before: its answer alone is the least. */
function heldFor({ worker }: PhaseEstimate, inputTokens: number): Money {
  if (worker?.adapter !== "agent" || worker.free || !worker.price) return 0n;
  const { price, maxOutputTokens = 0 } = worker;
  return worstCase(price, {
    inputTokens: Math.min(inputTokens, price.contextTokens ?? CONTEXT_TOKENS),
    maxOutputTokens,
  });
}

const max = (one: Money, other: Money): Money => (one > other ? one : other);
