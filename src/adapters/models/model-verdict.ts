/** What is known of a model agent, as a verdict: from what its process has told, and from what its calls wait for. */
import type { FailureRecord } from "../../domain/failure.ts";
import type { AgentState, Verdict } from "../../domain/session.ts";
import type { Waiting } from "../../ports/spending.ts";

export interface Told {
  state: AgentState;
  said: string;
  at: number;
  until?: number;
}

export interface Known {
  /** Why it is over for good. */
  over: string | undefined;
  /** Its process is there and has read its checkpoint. */
  up: boolean;
  /** A turn was begun and is not over, as far as is known. */
  busy: boolean;
  waiting: Waiting | undefined;
  /** A person holds it; the failure tells them what to do. */
  paused: FailureRecord | undefined;
  /** What has ended its newest turn, if it was ended for good. */
  failed: FailureRecord | undefined;
  told: Told;
}

export function modelVerdict({ over, up, busy, waiting, paused, failed, told }: Known): Verdict {
  const says = (state: AgentState, said: string, more: Partial<Verdict> = {}): Verdict => ({
    state,
    evidence: [{ source: "stream", said: said.slice(0, 500), at: told.at }],
    ...more,
  });
  const until = (at: number | undefined): Partial<Verdict> => (at === undefined ? {} : { until: at });
  if (over !== undefined) return says("exited", over);
  if (!up) return says(busy ? "working" : "booting", told.said);
  // Whether a person is asked about money is the ledger's to say, and asked by it.
  if (waiting?.for === "budget") return says("working", waiting.said);
  if (waiting) return says("rate_limited", waiting.said, until(waiting.until));
  if (paused && told.state !== "ready") return says("awaiting_input", "it was paused", { failure: paused });
  if (told.state !== "ready") return says(told.state, told.said, until(told.until));
  return failed && !busy ? says("ready", failed.message, { failure: failed }) : says("ready", told.said);
}
