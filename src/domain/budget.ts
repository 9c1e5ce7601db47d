/**
 * Budget: limits on money, and whether a call may be made under them.
 *
 * M1. Before a call its worst case is reserved in every scope that it counts in; booked and reserved together never pass a
 *     limit, unless its policy or a person says so.
 * M2. A scope without a limit is counted all the same.
 */
import { z } from "zod";
import { type Money, parseUsd, Usd, usd } from "./money.ts";

export const ScopeKind = z.enum(["run", "day", "persona-day"]);
export type ScopeKind = z.infer<typeof ScopeKind>;

export const Policy = z
  .enum(["block", "warn_continue", "prompt"])
  .describe("block: the phase fails; warn_continue: it is said, once; prompt: the run waits until a person answers");
export type Policy = z.infer<typeof Policy>;

/** `name` is the run's id, the day (2026-11-21, local time), or persona/day. */
export interface Scope {
  kind: ScopeKind;
  name: string;
}

export const Limit = z.strictObject({ usd: Usd, policy: Policy });
export type Limit = z.infer<typeof Limit>;

/** Where a limit on a scope may be set, the most special first: `undefined` is every scope of its kind. */
export function limitNames({ kind, name }: Scope): (string | undefined)[] {
  if (kind !== "persona-day") return [name, undefined];
  const persona = name.slice(0, name.lastIndexOf("/"));
  return [name, persona, persona.split("@")[0], undefined];
}

/** The day that something is booked on: people think of their own. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export interface Standing {
  scope: Scope;
  booked: Money;
  reserved: Money;
  /** Absent: no limit. What a person has allowed on top of the setting is part of it. */
  limit?: { amount: Money; policy: Policy };
}

export interface Crossing {
  scope: Scope;
  limit: Money;
  policy: Policy;
  /** What would be booked and reserved with the call. */
  would: Money;
}

/** A crossing as events and questions tell it. */
export const CrossingFact = z.strictObject({
  scope: ScopeKind,
  name: z.string(),
  limitUsd: Usd,
  wouldUsd: Usd,
  policy: Policy,
});
export type CrossingFact = z.infer<typeof CrossingFact>;

export const crossingFact = ({ scope, limit, policy, would }: Crossing): CrossingFact => ({
  scope: scope.kind,
  name: scope.name,
  limitUsd: usd(limit),
  wouldUsd: usd(would),
  policy,
});

/** What a limit becomes when a person lets the work go on: as much again, and at least what the next call could bring it to. */
export function extended({ limitUsd, wouldUsd }: CrossingFact): string {
  const [twice, would] = [2n * (parseUsd(limitUsd) ?? 0n), parseUsd(wouldUsd) ?? 0n];
  return usd(twice > would ? twice : would);
}

/** The limits that a reservation would pass; none: it may be made. */
export const crossings = (standings: readonly Standing[], amount: Money): Crossing[] =>
  standings.flatMap(({ scope, booked, reserved, limit }) => {
    const would = booked + reserved + amount;
    return limit && would > limit.amount ? [{ scope, limit: limit.amount, policy: limit.policy, would }] : [];
  });

/** The scopes that a call counts in. */
export const scopesOf = (about: { run: string; persona: string; day: string }): Scope[] => [
  { kind: "run", name: about.run },
  { kind: "day", name: about.day },
  { kind: "persona-day", name: `${about.persona}/${about.day}` },
];
