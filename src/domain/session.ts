/**
 * Session: one living agent, from launch to exit.
 *
 *   starting ──▶ booting ──▶ ready ⇄ working
 *                              └────┴──▶ awaiting_permission | awaiting_input | login_required | rate_limited
 *                                        | stalled | unresponsive            (each goes back by what is seen)
 *   any of them ──exit──▶ lost ──restart──▶ starting            any ──close──▶ closed       lost, given up ──▶ failed
 *
 * S1. `observe` and `step` are the only ways a session changes state.
 * S2. A refused signal changes nothing: late evidence is not an error.
 * S3. Unknown is never ready: evidence that says nothing keeps the state.
 * S4. A counter that is used up raises an escalation; it is reset by progress (`working` after a receipt, an artifact), never by time.
 */
import { z } from "zod";
import { FailureFact } from "./failure-fact.ts";
import { Asked } from "./permission.ts";
import { TroubleSaid } from "./trouble-kind.ts";

export const SessionState = z.enum([
  "starting",
  "booting",
  "ready",
  "working",
  "awaiting_permission",
  "awaiting_input",
  "login_required",
  "rate_limited",
  "stalled",
  "unresponsive",
  "closed",
  "failed",
  "lost",
]);
export type SessionState = z.infer<typeof SessionState>;

/** What evidence says an agent is doing. `unknown` says nothing at all. */
export const AgentState = z.enum([
  "booting",
  "ready",
  "working",
  "awaiting_permission",
  "awaiting_input",
  "login_required",
  "rate_limited",
  "exited",
  "unknown",
]);
export type AgentState = z.infer<typeof AgentState>;

export const Evidence = z.strictObject({
  source: z.enum(["process", "status", "hook", "stream", "title", "signal", "screen", "silence", "person", "log"]),
  said: z.string().max(500),
  at: z.number(),
});
export type Evidence = z.infer<typeof Evidence>;

/** A verdict on an agent's state, with what it rests on, strongest first. */
export const Verdict = z.strictObject({
  state: AgentState,
  evidence: z.array(Evidence),
  /** When a limit ends, in milliseconds since 1970, as the agent printed it. */
  until: z.number().optional(),
  failure: FailureFact.optional().describe(
    "An agent that is ready: what has ended its turn for good, as a limit does. One that waits for a person: what is asked",
  ),
  trouble: TroubleSaid.optional().describe("What keeps it from its work, where its state does not say it"),
  asks: Asked.optional().describe("What it asks permission for, where that could be read"),
});
export type Verdict = z.infer<typeof Verdict>;

const LIVE: readonly SessionState[] = [
  "starting",
  "booting",
  "ready",
  "working",
  "awaiting_permission",
  "awaiting_input",
  "login_required",
  "rate_limited",
  "stalled",
  "unresponsive",
];

export const isLive = (state: SessionState): boolean => LIVE.includes(state);

/** States in which only a person, or time, can help: no prompt is sent and no recovery is tried. */
export const needsPerson = (state: SessionState): boolean =>
  state === "awaiting_permission" || state === "awaiting_input" || state === "login_required";

const AFTER_EVIDENCE: Record<Exclude<AgentState, "unknown">, SessionState> = {
  booting: "booting",
  ready: "ready",
  working: "working",
  awaiting_permission: "awaiting_permission",
  awaiting_input: "awaiting_input",
  login_required: "login_required",
  rate_limited: "rate_limited",
  exited: "lost",
};

/** The state after a verdict, or `undefined` when it changes nothing (S2, S3). */
export function observe(state: SessionState, verdict: Verdict): SessionState | undefined {
  if (!isLive(state) || verdict.state === "unknown") return undefined;
  const next = AFTER_EVIDENCE[verdict.state];
  // An agent that has shown its composer once does not boot again: what looks like booting is a redraw.
  if (next === "booting" && state !== "starting") return undefined;
  return next === state ? undefined : next;
}

/** What is seen of a session that is not evidence of the agent itself: it works without a sign of life; it did not react either. */
export type SessionSignal = "quiet" | "frozen";

/** The state after such a signal, or `undefined` when it changes nothing (S2). */
export function step(state: SessionState, signal: SessionSignal): SessionState | undefined {
  if (signal === "quiet") return state === "working" ? "stalled" : undefined;
  return state === "working" || state === "stalled" ? "unresponsive" : undefined;
}
