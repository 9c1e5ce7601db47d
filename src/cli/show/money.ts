/** Amounts and counts as people read them. What is not known is a word, never 0. */
import { type Money, parseUsd, usd } from "../../domain/money.ts";
import { say } from "../../messages/say.ts";
import type { SpentLine } from "../../protocol/money.ts";

/** Amounts are rounded to this many digits, but never to fewer places than cents. */
const DIGITS = 4;
const CENTS = 2;

/** `$12.34`, `$0.05213`, `$0.0000012`: rounded, for a glance. The exact amount is in `--json`. */
export function dollars(text: string): string {
  const exact = parseUsd(text) ?? 0n;
  if (exact === 0n) return "$0";
  const plain = usd(exact);
  const [whole = "0", fraction = ""] = plain.split(".");
  const zeros = whole === "0" ? (/^0*/.exec(fraction)?.[0].length ?? 0) : -whole.length;
  const places = Math.max(CENTS, zeros + DIGITS);
  const rounded = roundedTo(exact, places);
  const [dollar = "0", cents = ""] = usd(rounded).split(".");
  return `$${dollar}.${cents.padEnd(CENTS, "0")}`;
}

const DECIMALS = 12;

function roundedTo(exact: Money, places: number): Money {
  if (places >= DECIMALS) return exact;
  const step = 10n ** BigInt(DECIMALS - places);
  return ((exact + step / 2n) / step) * step;
}

/** `$0.02–$0.61`; one amount when they look the same. */
export function dollarRange(low: string, high: string): string {
  const [from, to] = [coarse(low), coarse(high)];
  return from === to ? from : `${from}–${to}`;
}

/** An estimate is not better for more digits. */
function coarse(text: string): string {
  const amount = Number(text);
  if (amount === 0) return "$0";
  if (amount < 0.01) return "<$0.01";
  return amount < 100 ? `$${amount.toFixed(2)}` : `$${Math.round(amount)}`;
}

const STEPS = [
  [1_000_000_000, "G"],
  [1_000_000, "M"],
  [1_000, "k"],
] as const;

/** `812`, `45k`, `1.2M`: never longer than five characters. */
export function tokens(count: number): string {
  for (const [step, letter] of STEPS) {
    const times = count / step;
    if (times >= 999.5) return tooLong(times, letter);
    if (times >= 1) return `${times >= 9.95 ? Math.round(times) : Number(times.toFixed(1))}${letter}`;
  }
  return String(count);
}

/** Just below the next letter it would be rounded to a thousand of this one. */
const tooLong = (times: number, letter: string): string =>
  letter === "G" ? `${Math.round(times)}G` : `1${letter === "k" ? "M" : "G"}`;

export function tokenRange(low: number, high: number): string {
  const [from, to] = [tokens(low), tokens(high)];
  return from === to ? from : `${from}–${to}`;
}

/** `$0.0412`, `~$0.0412` when a part of it is devflow's own estimate, `≥ $0.0412` when some of it is not known, `unknown`. */
export function costOf({ costUsd, estimatedUsd, unknown }: SpentLine): string {
  if (costUsd === undefined) return say("money.unknown");
  const about = estimatedUsd === "0" ? "" : "~";
  return `${unknown > 0 ? "≥ " : ""}${about}${dollars(costUsd)}`;
}
