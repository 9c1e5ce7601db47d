/** Waiting for the proof that a headless agent has taken its prompt: the first sign of it (H1). */
import type { HeadlessProfile } from "../../domain/headless-turn.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Verdict } from "../../domain/session.ts";
import type { Delivery } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { KnownTurn } from "./headless-turns.ts";

export interface ReceiptDeps {
  clock: Clock;
  /** How long an agent may take until its first sign. */
  receiptMs: number;
  headless: HeadlessProfile;
  /** Resolves at the next change of the turn, or after `ms`, or when `signal` aborts. */
  change(ms: number, signal: AbortSignal): Promise<void>;
}

/** What of stderr goes into a reason. */
const REASON_CHARACTERS = 300;

export async function receipt(
  { files, result, turn }: KnownTurn,
  { clock, receiptMs, headless, change }: ReceiptDeps,
  signal: AbortSignal,
): Promise<Delivery> {
  const deadline = clock.steady() + receiptMs;
  for (;;) {
    const over = result();
    const first = over?.first ?? turn?.tally().first;
    const at = clock.now();
    if (first !== undefined)
      return { kind: "delivered", receipt: [{ source: "stream", said: `its first sign: ${first}`, at }] };
    if (over) return untaken(over.verdict);
    if (signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
    if (clock.steady() >= deadline) {
      const { log } = headless;
      const stderr = (await files.stderr(log && pattern(log.line))).slice(-REASON_CHARACTERS);
      const reason = `it told nothing for ${Math.round(receiptMs / 1_000)} s${stderr === "" ? "" : `: ${stderr}`}`;
      return { kind: "unconfirmed", reason };
    }
    await change(deadline - clock.steady(), signal);
  }
}

/** Ended without any sign, before it could begin: nothing was taken, and the same prompt may be tried again. */
export function refused({ result }: Pick<KnownTurn, "result">): boolean {
  const over = result();
  return over !== undefined && over.first === undefined && waits(over.verdict);
}

const waits = ({ state }: Verdict): boolean => state === "login_required" || state === "rate_limited";

/** An end without any sign. */
function untaken(verdict: Verdict): Delivery {
  const reason = verdict.evidence[0]?.said ?? "it ended without a word";
  return waits(verdict) ? { kind: "held", reason } : { kind: "lost", reason };
}
