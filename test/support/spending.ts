/** Spenders, usages and amounts to write tests about money with. */
import { type Money, parseUsd } from "../../src/domain/money.ts";
import { Usage } from "../../src/domain/usage.ts";
import type { Booking, Spender } from "../../src/ports/ledger.ts";
import { runId } from "./run-events.ts";

export const DAY = "2026-11-21";
export const RUN = runId(1);

export const money = (text: string): Money => parseUsd(text) ?? -1n;

export const spender = (more: Partial<Spender> = {}): Spender => ({
  run: RUN,
  session: "01JZ8N3V0000S1QK5RTXW9YB4M",
  persona: "deep-coder@1",
  model: "house/large",
  at: 1_000,
  day: DAY,
  ...more,
});

export const usage = (inputTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage =>
  Usage.parse({ inputTokens, outputTokens, ...more });

/** What a call came to, with ten tokens in and one out. */
export const booking = (usd: string | undefined, more: Partial<Booking> = {}): Booking => ({
  usage: usage(10, 1),
  amount: usd === undefined ? undefined : money(usd),
  at: 2_000,
  ...more,
});
