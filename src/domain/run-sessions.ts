/**
 * What outcomes about a session mean for its run: evidence, trouble, loss, and what a person did to it.
 *
 * Recovery is counted here and nowhere else. A counter that is used up raises an escalation, once; the phase then waits for a
 * person, or for its artifact, whichever comes first.
 */
import type { RunEvent } from "./event.ts";
import { Failure, type FailureCode, failureRecord } from "./failure.ts";
import type { EscalationId, SessionId } from "./ids.ts";
import type { OutcomeOf } from "./outcome.ts";
import { type Counter, exhausted, RECOVERY } from "./recovery.ts";
import { asking, isKnown } from "./run-permissions.ts";
import { current, type RoleSession, type RunState } from "./run-state.ts";
import { isLive, needsPerson, observe, type SessionState, step } from "./session.ts";
import { isSame } from "./trouble.ts";
import type { Usage } from "./usage.ts";

export function trouble(
  state: RunState,
  { session, phase, counter, cause, escalation }: OutcomeOf<"trouble">,
): RunEvent[] {
  const worker = state.sessions[session];
  if (!worker || state.escalations.some((e) => e.session === session && e.phase === phase)) return [];
  if (!exhausted(counter, worker.counters)) {
    const used = (worker.counters[counter] ?? 0) + 1;
    const to = counter === "interrupt" ? step(worker.state, used === 1 ? "quiet" : "frozen") : undefined;
    return [
      ...(to ? [changed(worker, to, cause)] : []),
      { type: "session.recovery", session, phase, counter, cause, used },
    ];
  }
  return [raise(escalation, phase, session, exhaustedFailure(worker.persona, counter))];
}

export function lost(state: RunState, outcome: OutcomeOf<"lost">): RunEvent[] {
  const { session, phase, cause, escalation } = outcome;
  const worker = state.sessions[session];
  if (!worker || state.ended || !isLive(worker.state)) return [];
  const gone = changed(worker, "lost", cause);
  const over = answered(state, session, "gone");
  // Nobody waits for it any more: it is started again when somebody does.
  if (!current(state, outcome)) return [gone, ...over];
  const used = state.restarts[worker.role] ?? 0;
  if (used < RECOVERY.restart.limit) {
    return [gone, ...over, { type: "session.recovery", session, phase, counter: "restart", cause, used: used + 1 }];
  }
  const failure = exhaustedFailure(worker.persona, "restart");
  return [
    gone,
    ...over,
    changed({ ...worker, state: "lost" }, "failed", failure.message),
    raise(escalation, phase, session, failure),
  ];
}

/**
 * The session of a role whose conversation the next one goes on with: the one before, if it was told anything. Not where the conversation
 * itself may be what ends the agent: it is full, the session that went on with it has come to nothing, or this is the last try. Nor in a talk:
 * who begins that anew, or with another persona, wants another conversation.
 */
export function continuable(state: RunState, role: string): SessionId | undefined {
  const before = Object.values(state.sessions).findLast((session) => session.role === role);
  if (state.started?.template.phases.some((phase) => phase.role === role && phase.talk)) return undefined;
  if (!before?.told || isLive(before.state) || before.trouble?.kind === "context_full") return undefined;
  return (state.restarts[role] ?? 0) < RECOVERY.restart.limit ? before.session : undefined;
}

/** After a restart every report is told again under its number: it is booked once. */
export function used(state: RunState, { session, nth, usage }: OutcomeOf<"usage">): RunEvent[] {
  const booked = state.sessions[session]?.usageReports ?? 0;
  return nth <= booked ? [] : [reported(session, usage, phaseSpentOn(state, session), nth)];
}

/** What a call came to that nobody was there to hear the end of. */
export const settledSince = (state: RunState, { session, phase, usage }: OutcomeOf<"settled">): RunEvent[] =>
  state.sessions[session] ? [reported(session, usage, phase)] : [];

const reported = (session: SessionId, usage: Usage, phase?: string, nth?: number): RunEvent => ({
  type: "usage.reported",
  session,
  ...(phase !== undefined && { phase }),
  ...usage,
  ...(nth !== undefined && { nth }),
});

/** In order, and each once: an agent that was away tells again what it cannot know to have been heard. */
export function did(state: RunState, { session, nth, did: event }: OutcomeOf<"did">): RunEvent[] {
  const worker = state.sessions[session];
  return worker && nth > worker.did ? [{ ...event, session, nth }] : [];
}

/** What a person did to a session by devflow. One that is killed stays down until the run is resumed; one that is restarted does not. */
export function told(state: RunState, outcome: OutcomeOf<"told">): RunEvent[] {
  const { session, what, by, escalation, sha256, bytes } = outcome;
  const worker = state.sessions[session];
  if (!worker || !isLive(worker.state)) return [];
  const said: RunEvent = {
    type: "session.told",
    session,
    what,
    by,
    ...(sha256 !== undefined && { sha256 }),
    ...(bytes !== undefined && { bytes }),
  };
  if (what !== "kill" && what !== "restart") return [said];
  const closed = close(state, session, `${what === "kill" ? "killed" : "restarted"} by ${by}`);
  const phase = phaseOfSession(state, session);
  if (what === "restart" || phase === undefined || state.ended) return [said, ...closed];
  return [
    said,
    ...closed,
    raise(escalation, phase, session, new Failure("session.killed", { persona: worker.persona, by })),
  ];
}

/** The end of a session that devflow or a person has ended; nothing when it had ended before. */
export function close(state: RunState, session: SessionId, cause: string): RunEvent[] {
  if (!isLive(state.sessions[session]?.state ?? "closed")) return [];
  return [{ type: "session.closed", session, cause }, ...answered(state, session, "gone")];
}

/** What an agent has asked is over: a person has answered it there, or the agent is gone. An answer on its way has a receipt. */
const answered = (state: RunState, session: SessionId, answer: "seen" | "gone"): RunEvent[] =>
  state.escalations
    .filter((e) => e.session === session && e.severity === "question")
    .filter((e) => answer === "gone" || e.escalation !== state.sessions[session]?.permission?.permission)
    .map(({ escalation }) => ({ type: "escalation.settled", escalation, answer, by: "devflow" }));

/** A verdict that changes the session's state; a state that only a person can end is asked about, once, until it ends. */
export function seen(state: RunState, outcome: OutcomeOf<"verdict">): RunEvent[] {
  const { session, trouble } = outcome;
  const events = judged(state, outcome);
  const worker = state.sessions[session];
  const told = trouble && worker && isLive(worker.state) && !isSame(trouble, worker.trouble);
  return told ? [...events, { type: "session.troubled", session, ...trouble }] : events;
}

function judged(state: RunState, { session, verdict, escalation }: OutcomeOf<"verdict">): RunEvent[] {
  const worker = state.sessions[session];
  const to = worker && observe(worker.state, verdict);
  const phase = phaseOfSession(state, session);
  const asked = verdict.state === "awaiting_permission" && !state.ended ? verdict.asks : undefined;
  if (worker?.state === "awaiting_permission" && asked && !isKnown(state, worker, asked.digest))
    return [...answered(state, session, "seen"), ...asking(state, worker, asked, { escalation, phase })];
  // An agent that has ended is the business of whoever waits for it: `lost` knows the phase.
  if (!worker || !to || to === "lost") return [];
  const changed: RunEvent = {
    type: "session.changed",
    session,
    from: worker.state,
    to,
    cause: verdict.evidence[0]?.said ?? verdict.state,
    evidence: verdict.evidence.slice(0, 5),
  };
  const over = answered(state, session, "seen");
  if (state.ended || !needsPerson(to)) return [changed, ...over];
  if (asked) return [changed, ...over, ...asking(state, worker, asked, { escalation, phase })];
  const failure =
    verdict.failure ??
    failureRecord(new Failure(QUESTIONS[to] ?? "session.awaits_person", { persona: worker.persona, session }));
  const raised = { type: "escalation.raised", escalation, severity: "question", failure, session } as const;
  return [changed, ...over, { ...raised, ...(phase !== undefined && { phase }) }];
}

const QUESTIONS: Partial<Record<SessionState, FailureCode>> = {
  login_required: "session.login_required",
  awaiting_permission: "session.awaits_permission",
  awaiting_input: "session.awaits_input",
};

/** The phase that a session works on, if any. */
export const phaseOfSession = (state: RunState, session: SessionId): string | undefined =>
  Object.entries(state.phases).find(([, p]) => p.status === "running" && p.prompts.at(-1)?.session === session)?.[0];

/** What its usage is spent on: some tell of it only when the phase is over. */
export const phaseSpentOn = (state: RunState, session: SessionId): string | undefined =>
  phaseOfSession(state, session) ??
  Object.entries(state.phases).findLast(([, { prompts }]) => prompts.at(-1)?.session === session)?.[0];

const changed = ({ session, state: from }: RoleSession, to: SessionState, cause: string): RunEvent => ({
  type: "session.changed",
  session,
  from,
  to,
  cause,
  evidence: [],
});

const exhaustedFailure = (persona: string, counter: Counter): Failure =>
  new Failure("session.recovery_exhausted", { persona, counter, limit: RECOVERY[counter].limit });

const raise = (escalation: EscalationId, phase: string, session: SessionId, failure: Failure): RunEvent => ({
  type: "escalation.raised",
  escalation,
  severity: "problem",
  failure: failureRecord(failure),
  phase,
  session,
});
