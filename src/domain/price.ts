/**
 * Price: what a model's tokens cost, where that is known from, and what follows from it for a call.
 *
 * P1. All sums are exact; one that has to be rounded, because of a discount, is rounded up.
 * P2. `worstCase` is an upper bound: whatever is cached, whatever is thought, at whatever time of the week, and without the discount.
 * P3. A special price counts for a call that meets all its conditions; of several the last one, for each kind of token.
 */
import { z } from "zod";
import { ceilDivide, type Money, ONE_DOLLAR, parseUsd, Usd } from "./money.ts";
import type { Usage } from "./usage.ts";

const Rates = {
  input: Usd.describe("For each input token"),
  output: Usd.describe("For each output token, reasoning included"),
  cacheRead: Usd.optional().describe("For each input token that came from the provider's cache; as input otherwise"),
  cacheWrite: Usd.optional().describe("For each input token that was written to it; as input otherwise"),
  cacheWrite1h: Usd.optional().describe("The same for one that is kept for an hour; never what devflow asks for"),
  reasoning: Usd.optional().describe("For each output token that nobody sees; as output otherwise, and when it is 0"),
};

/** `0400` is 4:00 UTC. */
const ClockNumber = z.int().min(0).max(2_400);

export const SpecialPrice = z.strictObject({
  over: z.int().nonnegative().optional().describe("For calls with more input tokens than this"),
  from: ClockNumber.optional().describe("From this time of the day, UTC, as HHMM"),
  until: ClockNumber.optional().describe("Before this time of the day; past midnight when it is the earlier one"),
  days: z.array(z.int().min(0).max(6)).optional().describe("On these days of the week, UTC; 0 is Sunday"),
  unclear: z
    .literal(true)
    .optional()
    .describe("It has conditions that devflow does not know: only the worst case heeds it"),
  input: Rates.input.optional(),
  output: Rates.output.optional(),
  cacheRead: Rates.cacheRead,
  cacheWrite: Rates.cacheWrite,
  cacheWrite1h: Rates.cacheWrite1h,
  reasoning: Rates.reasoning,
});
export type SpecialPrice = z.infer<typeof SpecialPrice>;

export const Price = z.strictObject({
  model: z.string().min(1).max(200),
  title: z.string().max(200).optional(),
  aliases: z.array(z.string().min(1).max(200)).max(20).optional().describe("Other names of the same model"),
  ...Rates,
  request: Usd.optional().describe("For each call"),
  discount: Usd.optional().describe("The part that is taken off, from 0 to 1"),
  special: z.array(SpecialPrice).max(50).optional(),
  source: z.enum(["override", "catalogue", "shipped"]),
  at: z.number().describe("When this was so, in milliseconds since 1970"),
  contextTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
});
export type Price = z.infer<typeof Price>;

type Rate = keyof typeof Rates;

const amount = (text: string | undefined): Money => (text === undefined ? 0n : (parseUsd(text) ?? 0n));

export type Priced = Pick<Usage, "inputTokens" | "outputTokens" | "cachedTokens" | "cacheWriteTokens"> &
  Partial<Pick<Usage, "reasoningTokens">>;

/** What these tokens of one call cost. Prices for certain hours need `at`, when it was made, in milliseconds since 1970. */
export function costOf(price: Price, usage: Priced, at?: number): Money {
  const { inputTokens, outputTokens } = usage;
  const rate = (key: Rate): string | undefined => rateFor(price, key, inputTokens, at);
  const [input, output] = [amount(rate("input")), amount(rate("output"))];
  const cached = Math.min(usage.cachedTokens, inputTokens);
  const written = Math.min(usage.cacheWriteTokens, inputTokens - cached);
  const thought = Math.min(usage.reasoningTokens ?? 0, outputTokens);
  const whole =
    BigInt(inputTokens - cached - written) * input +
    BigInt(cached) * (told(rate("cacheRead")) ?? input) +
    BigInt(written) * (told(rate("cacheWrite")) ?? input) +
    BigInt(outputTokens - thought) * output +
    BigInt(thought) * (amount(rate("reasoning")) || output) +
    amount(price.request);
  return discounted(whole, price.discount);
}

const told = (text: string | undefined): Money | undefined => (text === undefined ? undefined : amount(text));

/** The rate of a call with so many input tokens, at that time. P3 */
function rateFor(price: Price, key: Rate, inputTokens: number, at: number | undefined): string | undefined {
  const special = price.special?.findLast((one) => one[key] !== undefined && counts(one, inputTokens, at));
  return special?.[key] ?? price[key];
}

function counts(special: SpecialPrice, inputTokens: number, at: number | undefined): boolean {
  if (special.unclear || (special.over !== undefined && inputTokens <= special.over)) return false;
  if (special.from === undefined && special.until === undefined && special.days === undefined) return true;
  return at !== undefined && within(special, new Date(at));
}

/** A window past midnight belongs to the day that the call is made on. */
function within({ from = 0, until = 2_400, days }: SpecialPrice, date: Date): boolean {
  const now = date.getUTCHours() * 100 + date.getUTCMinutes();
  const inWindow = from <= until ? now >= from && now < until : now >= from || now < until;
  return inWindow && (days === undefined || days.includes(date.getUTCDay()));
}

function discounted(whole: Money, discount: string | undefined): Money {
  const off = amount(discount);
  if (off === 0n) return whole;
  return ceilDivide(whole * (off > ONE_DOLLAR ? 0n : ONE_DOLLAR - off), ONE_DOLLAR); // P1
}

/** The most that a call with at most so many tokens can cost. P2 */
export function worstCase(price: Price, tokens: { inputTokens: number; maxOutputTokens: number }): Money {
  const reachable = (price.special ?? []).filter(({ over }) => over === undefined || tokens.inputTokens > over);
  const dearest = (...keys: Rate[]): Money =>
    [price, ...reachable].flatMap((rates) => keys.map((key) => amount(rates[key]))).reduce(larger);
  return (
    BigInt(tokens.inputTokens) * dearest("input", "cacheRead", "cacheWrite", "cacheWrite1h") +
    BigInt(tokens.maxOutputTokens) * dearest("output", "reasoning") +
    amount(price.request)
  );
}

const larger = (one: Money, other: Money): Money => (one > other ? one : other);
