/**
 * Recovery: what is tried when a session does not get on, and how often.
 *
 * Each counter has a limit and a backoff with jitter; progress resets it. A counter that is used up raises an escalation
 * and parks the phase: nothing here loops for ever.
 */
import { z } from "zod";

export const Counter = z.enum(["resubmit", "nudge", "interrupt", "restart", "backoff", "reauth", "compact"]);
export type Counter = z.infer<typeof Counter>;

interface Rule {
  /** How often it is tried before a person is asked. */
  limit: number;
  /** Wait before the first try, in milliseconds; doubled for each further one. */
  delayMs: number;
  maxDelayMs: number;
}

// biome-ignore format: read by column
export const RECOVERY: Record<Counter, Rule> = {
  resubmit:  { limit: 3, delayMs: 3_000,   maxDelayMs: 10_000 },    // the prompt is in the composer, Enter was not taken
  nudge:     { limit: 2, delayMs: 20_000,  maxDelayMs: 120_000 },   // the turn is over and there is no artifact
  interrupt: { limit: 2, delayMs: 300_000, maxDelayMs: 900_000 },   // working without a sign of life
  restart:   { limit: 3, delayMs: 1_000,   maxDelayMs: 60_000 },    // crashed, frozen, pane gone
  backoff:   { limit: 20, delayMs: 30_000, maxDelayMs: 3_600_000 }, // rate limited: until the printed time, else by doubling
  reauth:    { limit: 1, delayMs: 0,       maxDelayMs: 0 },         // only a person can log in
  compact:   { limit: 1, delayMs: 0,       maxDelayMs: 0 },         // its context is full, and it can make it shorter
};

export type Counters = Readonly<Partial<Record<Counter, number>>>;

/** How long to wait before try number `used + 1`; `random` in [0, 1) spreads it by ±20 %. */
export function delay(counter: Counter, used: number, random: number): number {
  const { delayMs, maxDelayMs } = RECOVERY[counter];
  const base = Math.min(delayMs * 2 ** used, maxDelayMs);
  return Math.round(base * (0.8 + 0.4 * random));
}

export const exhausted = (counter: Counter, counters: Counters): boolean =>
  (counters[counter] ?? 0) >= RECOVERY[counter].limit;
