/**
 * Whether a phase's wait is over: what was seen of the artifact, and of the agent, taken together.
 *
 * P1. A good artifact ends the wait at once, whatever the agent is doing; only one that says itself when it is done, and is
 *     paid by the call, is given the time to say so: also while it comes up again, in the middle of a turn perhaps.
 * P2. A bad one counts only when the agent can no longer mend it by itself: its turn is over, or it has ended. What an agent
 *     that has ended left half written is none.
 * P3. Unknown is not over: an agent of which nothing is known is waited for, until the phase's time is up.
 * P4. A turn that was ended for good fails its phase, unless it has left a good artifact: no reminder would help.
 */
import type { Look } from "./artifact.ts";
import type { AgentState } from "./session.ts";
import type { TroubleRow } from "./trouble.ts";

/** A file that has not changed for this long is not being written any more. */
export const SETTLED_MS = 2_000;

/** How long an agent may take to show that it was interrupted. */
export const REACTS_MS = 10_000;

/** How long an agent that has left a good artifact may take to say that it is done. */
export const FINISH_MS = 120_000;

export interface Moment {
  look: Look;
  agent: AgentState;
  /** How long the agent has been in that state without any sign of life, in milliseconds. */
  quietMs: number;
  /** It says itself when its turn is done. */
  finishes: boolean;
  /** Its turn was ended for good, by a limit or a budget. */
  failed: boolean;
  /** What ended its turn helps itself later, or needs a fresh session; absent when nothing did. */
  helps?: TroubleRow["helps"] | undefined;
  /** How long to wait before it is told to go on after such trouble. */
  backoffMs: number;
  /** How long it may still take to show that it was interrupted; 0 when it was not. */
  reactsMs: number;
  /** A usage limit has held the agent up, and nothing was told to it since. */
  limited: boolean;
  /** How long ago the look last changed. */
  unchangedMs: number;
  /** How long the agent may be idle without an artifact before it is nudged. */
  patienceMs: number;
  /** How long it may work without a sign of life before it is interrupted; infinite where the agent keeps limits of its own. */
  stallMs: number;
}

export type Turn =
  | { kind: "good" | "bad" | "lost" | "failed" | "nudge" | "interrupt" | "backoff" | "fresh" }
  | { kind: "wait"; again: number };

/** What to do now; `again` says in how many milliseconds the answer may change by itself. */
export function turn(moment: Moment): Turn {
  const { look, agent, finishes, failed, limited, quietMs, unchangedMs, patienceMs, stallMs } = moment;
  const { helps, backoffMs, reactsMs } = moment;
  if (look.kind === "good") {
    if (finishes && agent === "awaiting_input") return { kind: "wait", again: Number.POSITIVE_INFINITY }; // a person holds it
    const busy = agent === "working" || agent === "booting";
    const waits = finishes && busy && unchangedMs < FINISH_MS;
    return waits ? { kind: "wait", again: FINISH_MS - unchangedMs } : { kind: "good" }; // P1
  }
  if (agent === "exited") return look.kind === "bad" && look.parses ? { kind: "bad" } : { kind: "lost" };
  if (agent === "ready") {
    if (failed) {
      const written = look.kind !== "unfinished" || unchangedMs >= SETTLED_MS; // it may have been the last thing that it did
      return written ? { kind: "failed" } : { kind: "wait", again: SETTLED_MS - unchangedMs }; // P4
    }
    if (look.kind === "bad") {
      const settled = look.parses || unchangedMs >= SETTLED_MS; // what does not parse may still be half of something
      return settled ? { kind: "bad" } : { kind: "wait", again: SETTLED_MS - unchangedMs }; // P2
    }
    if (look.kind === "stale" && look.rewritten) return { kind: "bad" }; // the agent's answer to what it was told about it
    if (limited) return { kind: "backoff" }; // its turn was cut off, and the limit is over
    if (helps === "fresh") return { kind: "fresh" };
    if (helps === "later")
      return quietMs >= backoffMs ? { kind: "backoff" } : { kind: "wait", again: backoffMs - quietMs };
    return quietMs >= patienceMs ? { kind: "nudge" } : { kind: "wait", again: patienceMs - quietMs };
  }
  if (agent === "working") {
    if (helps === "interrupt") return reactsMs > 0 ? { kind: "wait", again: reactsMs } : { kind: "interrupt" };
    return quietMs >= stallMs ? { kind: "interrupt" } : { kind: "wait", again: stallMs - quietMs };
  }
  return { kind: "wait", again: Number.POSITIVE_INFINITY }; // P3
}
