/**
 * The state of a run, as far as deciding needs it, and what it says of itself. What only people look at is in `view.ts`.
 */
import type { Accepted, Violation } from "./artifact.ts";
import type { Limit, ScopeKind } from "./budget.ts";
import type { EventOf, PromptPurpose, RunStarted } from "./event.ts";
import type { FailureRecord } from "./failure.ts";
import type { EscalationId, SessionId } from "./ids.ts";
import type { Counters } from "./recovery.ts";
import { isLive, type SessionState } from "./session.ts";
import type { Talk } from "./talk.ts";

export type RunStatus = "pending" | "running" | "waiting" | "interrupted" | "completed" | "failed" | "cancelled";

export type PhaseStatus =
  | "pending"
  | "running"
  | "repairing"
  | "validating"
  | "awaiting_approval"
  | "accepted"
  | "rejected"
  | "failed"
  | "skipped";

export interface PromptState {
  key: string;
  number: number;
  session: SessionId;
  purpose: PromptPurpose;
  delivered: boolean;
}

export interface PhaseState {
  status: PhaseStatus;
  /** 0 before the first start. */
  attempt: number;
  /** Counts up with every loop that it is in. */
  round: number;
  /** How often its own loop has turned, since the one around it did. */
  turns: number;
  /** Why the next attempt is made, once it is due. */
  due?: { cause: "ready" | "loop" | "rejected" | "resumed"; comment?: string };
  comment?: string;
  prompts: readonly PromptState[];
  /** What the next prompt of this attempt is for; absent while one is out. */
  wanted?: PromptPurpose;
  violations: readonly Violation[];
  refused: readonly string[];
  repairs: number;
  approval?: { when: "before" | "after"; answer?: "approve" };
  /** Checked and waiting for approval, or accepted. */
  artifact?: Accepted;
  /** The one that was started last, of this attempt or of one before. */
  command?: { attempt: number; finished?: boolean };
  /** Counts what ended a watch for the artifact, so that each watch has a key of its own. */
  watch: number;
  failure?: FailureRecord;
  /** What was said in it, if it is a talk. */
  talk?: Talk;
}

/** As the intent to answer it tells it. */
export type PendingPermission = Omit<EventOf<"permission.answering">, "type">;

export interface RoleSession {
  session: SessionId;
  role: string;
  persona: string;
  state: SessionState;
  opened: boolean;
  /** The session whose conversation it goes on with: it knows what that one was told. */
  continues?: SessionId;
  /** The first prompt that it has taken: the mark by which its conversation is known. */
  told?: { phase: string; attempt: number };
  counters: Counters;
  /** An answer to what it asks permission for that is decided, and not known to be given. */
  permission?: PendingPermission;
  /** What keeps it from its work, until it works again. */
  trouble?: Omit<EventOf<"session.troubled">, "type" | "session">;
  /** Its prompt waits for its account: the phase's clock stands still. */
  parked?: true;
  /** The last of its numbered usage reports: none is booked twice. */
  usageReports: number;
  /** The last of the numbered things that a model agent has told of itself. */
  did: number;
}

export interface Escalation {
  escalation: EscalationId;
  severity: "question" | "problem";
  failure: FailureRecord;
  phase?: string;
  session?: SessionId;
}

export interface RunState {
  started?: RunStarted;
  workspace?: { path: string; branch: string; commit: string };
  ended?: { status: "completed" | "failed" | "cancelled"; failure?: FailureRecord };
  interrupted: boolean;
  /** The most that it may cost, as it was last set. */
  budget?: Limit;
  /** The limits that it was told to have crossed, each as `crossingKey` names it. */
  crossed: readonly string[];
  /** Limits beside its own that a person has raised for its sake, as long as they are what they were then. */
  allowed: readonly { kind: ScopeKind; name: string; from: string; usd: string }[];
  /** Scopes that a person will spend no more in, by `scopeKey`, until the run is resumed. */
  stopped: readonly string[];
  phases: Readonly<Record<string, PhaseState>>;
  sessions: Readonly<Record<string, RoleSession>>;
  /** How often a role's session was restarted since its last progress; survives the session itself. */
  restarts: Readonly<Record<string, number>>;
  escalations: readonly Escalation[];
  reported: boolean;
  /** Nothing of it is kept but its events; it is in no list. */
  deleted: boolean;
}

export const initial: RunState = {
  interrupted: false,
  crossed: [],
  allowed: [],
  stopped: [],
  phases: {},
  sessions: {},
  restarts: {},
  escalations: [],
  reported: false,
  deleted: false,
};

/** The phase that an outcome is about, unless it has moved on. */
export function current(state: RunState, about: { phase: string; attempt: number }): PhaseState | undefined {
  const phase = state.phases[about.phase];
  if (state.ended || !phase || phase.attempt !== about.attempt) return undefined;
  return phase.status === "running" || phase.status === "repairing" ? phase : undefined;
}

/** Its command was started, and nobody knows that it has ended. */
export const runsCommand = (phase: PhaseState | undefined): boolean =>
  phase?.command !== undefined && !phase.command.finished;

export function statusOf(state: RunState): RunStatus {
  if (!state.started) return "pending";
  if (state.ended) return state.ended.status;
  if (state.interrupted) return "interrupted";
  const phases = Object.values(state.phases);
  const busy = phases.some(({ status }) => status === "running" || status === "repairing" || status === "validating");
  const parked = phases.some(({ status }) => status === "awaiting_approval") || state.escalations.length > 0;
  return parked && (!busy || state.escalations.length > 0) ? "waiting" : "running";
}

/** Nothing is left to do: it has ended, its report is written, its sessions are closed. */
export const isTidy = (state: RunState): boolean =>
  state.ended !== undefined && state.reported && !Object.values(state.sessions).some((each) => isLive(each.state));
