/** Amounts of money as people read them; JSON has them exact. */
import { ceilDivide, parseUsd, usd } from "../../domain/money.ts";

/** A millionth of a dollar: what is smaller matters to nobody who looks at a table. */
const SMALLEST = 1_000_000n;

/** Exact up to six decimals, rounded up beyond them, so that something is never shown as nothing: `0.071235`. */
export function dollars(text: string): string {
  const negative = text.startsWith("-");
  const amount = parseUsd(negative ? text.slice(1) : text);
  if (amount === undefined) return text;
  const [whole = "", fraction = ""] = usd(ceilDivide(amount, SMALLEST) * SMALLEST).split(".");
  return `${negative ? "-" : ""}${whole}.${fraction.padEnd(2, "0")}`;
}

/** How much of a limit is gone, as a bar: `██▓░`: booked, reserved, left. */
export function spentBar(limit: bigint, booked: bigint, reserved: bigint, columns: number): string {
  const cells = (amount: bigint): number => {
    if (limit <= 0n) return amount > 0n ? columns : 0;
    return Math.min(columns, Number(ceilDivide(amount * BigInt(columns), limit)));
  };
  const full = cells(booked);
  const held = Math.max(0, cells(booked + reserved) - full);
  return "█".repeat(full) + "▓".repeat(held) + "░".repeat(Math.max(0, columns - full - held));
}
