/**
 * Money: US dollars as whole numbers of 10⁻¹² dollars. Prices are per token and have up to ten decimals, so sums and products
 * of them stay exact; floats would not. What has more decimals than twelve is rounded up: a cost is never too small.
 */
import { z } from "zod";

export type Money = bigint;

/** What a column of a database holds: a little over nine million dollars. */
export const MOST_MONEY: Money = 2n ** 63n - 1n;

const DECIMALS = 12;
export const ONE_DOLLAR: Money = 10n ** BigInt(DECIMALS);
const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

const MAX_TEXT = 60;

/** A decimal number of US dollars as text: `0.00000015`, `12.5`, `1e-7`. */
export const Usd = z.string().max(MAX_TEXT).regex(DECIMAL, "a number of US dollars, such as 0.25");

/** `undefined` when it is not such a number. */
export function parseUsd(text: string): Money | undefined {
  const [, whole, fraction = "", exponent = "0"] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  const shift = DECIMALS - fraction.length + Number(exponent);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  return ceilDivide(digits, 10n ** BigInt(-shift));
}

/** Exact, as a plain decimal without trailing zeros. */
export function usd(money: Money): string {
  const sign = money < 0n ? "-" : "";
  const digits = (money < 0n ? -money : money).toString().padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -DECIMALS)}${fraction && `.${fraction}`}`;
}

/** More digits than these are noise of floating point, and finer than this money below a thousand dollars. */
const SOUND_DIGITS = 15;

/** A cost or a price above this is a mistake of whoever tells it. */
const MAX_DOLLARS = 9e6;

/** What came in JSON as an amount, a text or a number, as the decimal that was meant; `undefined` when it is none. */
export function usdFromJson(value: unknown): string | undefined {
  const text = typeof value === "number" && value >= 0 ? String(Number(value.toPrecision(SOUND_DIGITS))) : value;
  if (typeof text !== "string" || text.length > MAX_TEXT || !(Number(text) <= MAX_DOLLARS)) return undefined;
  const money = parseUsd(text);
  return money === undefined ? undefined : usd(money);
}

export const ceilDivide = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;
