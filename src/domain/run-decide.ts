/**
 * What an outcome means for a run: the events that follow from it. Pure; the engine appends them.
 *
 * D1. `decide` answers with every consequence at once: an accepted artifact and the phases that it starts are one append.
 * D2. An outcome that comes too late (its phase has moved on, its run has ended) means nothing.
 * D3. A phase is accepted by its artifact alone; no exit code, and nothing an agent says, can do it.
 */
import type { Accepted, Violation } from "./artifact.ts";
import type { RunEvent } from "./event.ts";
import { Failure, type FailureCode, type FailureRecord, failureRecord } from "./failure.ts";
import type { EscalationId, SessionId } from "./ids.ts";
import { type Counter, exhausted, RECOVERY } from "./recovery.ts";
import { evolve, type PhaseState, type RoleSession, type RunState } from "./run-state.ts";
import { isLive, needsPerson, observe, type SessionState, step, type Verdict } from "./session.ts";
import { loopBody, type Phase, phaseOf, type Template } from "./template.ts";

/** What performing a step, or a person, can tell a run. */
export type Outcome =
  | { kind: "started" }
  | { kind: "workspace"; path: string; branch: string; commit: string }
  | { kind: "impossible"; failure: FailureRecord }
  | { kind: "delivered"; phase: string; attempt: number; key: string; session: SessionId; receipt: EvidenceList }
  | { kind: "good"; phase: string; attempt: number; artifact: Accepted }
  | { kind: "bad"; phase: string; attempt: number; violations: readonly Violation[]; sha256: string | undefined }
  | {
      kind: "trouble";
      phase: string;
      attempt: number;
      session: SessionId;
      counter: Counter;
      cause: string;
      escalation: EscalationId;
    }
  | { kind: "lost"; phase: string; attempt: number; session: SessionId; cause: string; escalation: EscalationId }
  | { kind: "timeout"; phase: string; attempt: number; timeout: string }
  | { kind: "failed"; phase: string; attempt: number; failure: FailureRecord }
  | { kind: "closed"; session: SessionId; cause: string }
  | {
      kind: "told";
      session: SessionId;
      what: Told;
      by: string;
      escalation: EscalationId;
      sha256?: string;
      bytes?: number;
    }
  | { kind: "verdict"; session: SessionId; verdict: Verdict; escalation: EscalationId }
  | { kind: "reported"; json: string; markdown: string; sha256: string }
  | { kind: "approve" | "reject"; phase: string | undefined; by: string; comment?: string }
  | { kind: "cancel"; by: string; comment?: string }
  | { kind: "resume"; by: string; cause: string; retry: boolean }
  | { kind: "interrupt"; cause: string };

type EvidenceList = Extract<RunEvent, { type: "prompt.delivered" }>["receipt"];

type Told = Extract<RunEvent, { type: "session.told" }>["what"];

export function decide(state: RunState, outcome: Outcome): RunEvent[] {
  const events = consequences(state, outcome);
  return settle(events.reduce(evolve, state), events);
}

function consequences(state: RunState, outcome: Outcome): RunEvent[] {
  switch (outcome.kind) {
    case "started":
      return [];
    case "workspace":
      return state.workspace || state.ended
        ? []
        : [{ type: "workspace.ready", path: outcome.path, branch: outcome.branch, commit: outcome.commit }];
    case "impossible":
      return state.ended ? [] : [{ type: "run.failed", failure: outcome.failure }];
    case "delivered": {
      const { phase, attempt, key, session, receipt } = outcome;
      return current(state, outcome) ? [{ type: "prompt.delivered", phase, attempt, key, session, receipt }] : [];
    }
    case "good":
      return current(state, outcome)
        ? [
            { type: "artifact.checked", phase: outcome.phase, attempt: outcome.attempt, artifact: outcome.artifact },
            ...overtaken(state, outcome.phase),
          ]
        : [];
    case "bad":
      return bad(state, outcome);
    case "trouble":
      return current(state, outcome) ? trouble(state, outcome) : [];
    case "lost":
      return lost(state, outcome);
    case "timeout":
      return current(state, outcome)
        ? failPhase(outcome, new Failure("phase.timeout", { phase: outcome.phase, timeout: outcome.timeout }))
        : [];
    case "failed":
      return current(state, outcome)
        ? [{ type: "phase.failed", phase: outcome.phase, attempt: outcome.attempt, failure: outcome.failure }]
        : [];
    case "closed":
      return isLive(state.sessions[outcome.session]?.state ?? "closed")
        ? [{ type: "session.closed", session: outcome.session, cause: outcome.cause }]
        : [];
    case "told":
      return told(state, outcome);
    case "verdict":
      return seen(state, outcome);
    case "reported":
      return state.reported
        ? []
        : [{ type: "report.written", json: outcome.json, markdown: outcome.markdown, sha256: outcome.sha256 }];
    case "approve":
    case "reject":
      return answer(state, outcome);
    case "cancel":
      return state.ended
        ? []
        : [
            {
              type: "run.cancelled",
              by: outcome.by,
              ...(outcome.comment !== undefined && { comment: outcome.comment }),
            },
          ];
    case "resume":
      return resume(state, outcome);
    case "interrupt":
      return state.ended || state.interrupted ? [] : [{ type: "run.interrupted", cause: outcome.cause }];
  }
}

/** The phase that an outcome is about, unless it has moved on (D2). */
function current(state: RunState, about: { phase: string; attempt: number }): PhaseState | undefined {
  const phase = state.phases[about.phase];
  if (state.ended || !phase || phase.attempt !== about.attempt) return undefined;
  return phase.status === "running" || phase.status === "repairing" ? phase : undefined;
}

/** Problems of a phase that has got on after all. */
const overtaken = (state: RunState, phase: string): RunEvent[] =>
  state.escalations
    .filter((e) => e.phase === phase && e.severity === "problem")
    .map(({ escalation }) => ({ type: "escalation.settled", escalation, answer: "overtaken", by: "devflow" }));

const failPhase = (about: { phase: string; attempt: number }, failure: Failure): RunEvent[] => [
  { type: "phase.failed", phase: about.phase, attempt: about.attempt, failure: failureRecord(failure) },
];

function bad(state: RunState, outcome: Extract<Outcome, { kind: "bad" }>): RunEvent[] {
  const now = current(state, outcome);
  const phase = state.started && phaseOf(state.started.template, outcome.phase);
  if (!now || !phase) return [];
  const { violations, sha256 } = outcome;
  if (now.repairs < phase.repairs) {
    return [
      {
        type: "artifact.refused",
        phase: phase.id,
        attempt: now.attempt,
        violations: [...violations],
        ...(sha256 !== undefined && { sha256 }),
      },
    ];
  }
  const first = violations[0];
  const problem = first ? `${first.at || "the whole of it"}: ${first.problem}` : "it does not satisfy it";
  return failPhase(
    outcome,
    new Failure("artifact.invalid", { phase: phase.id, schema: phase.produces.schema, problem }),
  );
}

function trouble(
  state: RunState,
  { session, phase, counter, cause, escalation }: Extract<Outcome, { kind: "trouble" }>,
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

function lost(state: RunState, outcome: Extract<Outcome, { kind: "lost" }>): RunEvent[] {
  const { session, phase, cause, escalation } = outcome;
  const worker = state.sessions[session];
  if (!worker || state.ended || !isLive(worker.state)) return [];
  const gone = changed(worker, "lost", cause);
  const used = state.restarts[worker.role] ?? 0;
  if (used < RECOVERY.restart.limit) {
    return [gone, { type: "session.recovery", session, phase, counter: "restart", cause, used: used + 1 }];
  }
  const failure = exhaustedFailure(worker.persona, "restart");
  return [
    gone,
    changed({ ...worker, state: "lost" }, "failed", failure.message),
    raise(escalation, phase, session, failure),
  ];
}

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

function answer(state: RunState, outcome: Extract<Outcome, { kind: "approve" | "reject" }>): RunEvent[] {
  if (state.ended) return [];
  const waiting = Object.entries(state.phases).find(
    ([id, { status }]) => status === "awaiting_approval" && (outcome.phase === undefined || outcome.phase === id),
  );
  if (!waiting) return [];
  const [phase, { attempt, approval }] = waiting;
  const when = approval?.when ?? "after";
  const { by, comment } = outcome;
  const said: RunEvent = {
    type: "approval.answered",
    phase,
    attempt,
    when,
    answer: outcome.kind,
    by,
    ...(comment !== undefined && { comment }),
  };
  if (outcome.kind === "approve" || when === "after") return [said];
  // Before a phase there is no work to do again: a no is the end of the run.
  const failure = failureRecord(new Failure("phase.rejected", { phase, comment: comment ?? "" }));
  return [said, { type: "run.failed", failure }];
}

/** What a person did to a session by devflow. One that is killed stays down until the run is resumed; one that is restarted does not. */
function told(state: RunState, outcome: Extract<Outcome, { kind: "told" }>): RunEvent[] {
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
  if (what === "send" || what === "interrupt") return [said];
  const closed: RunEvent = {
    type: "session.closed",
    session,
    cause: `${what === "kill" ? "killed" : "restarted"} by ${by}`,
  };
  const phase = phaseOfSession(state, session);
  if (what === "restart" || phase === undefined || state.ended) return [said, closed];
  return [
    said,
    closed,
    raise(escalation, phase, session, new Failure("session.killed", { persona: worker.persona, by })),
  ];
}

const phaseOfSession = (state: RunState, session: SessionId): string | undefined =>
  Object.entries(state.phases).find(([, p]) => p.status === "running" && p.prompts.at(-1)?.session === session)?.[0];

/** A verdict that changes the session's state; a state that only a person can end is asked about, once, until it ends. */
function seen(state: RunState, { session, verdict, escalation }: Extract<Outcome, { kind: "verdict" }>): RunEvent[] {
  const worker = state.sessions[session];
  const to = worker && observe(worker.state, verdict);
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
  const open = state.escalations.find((e) => e.session === session && e.severity === "question");
  const over: RunEvent[] = open
    ? [{ type: "escalation.settled", escalation: open.escalation, answer: "seen", by: "devflow" }]
    : [];
  if (state.ended || !needsPerson(to)) return [changed, ...over];
  const phase = phaseOfSession(state, session);
  const failure = failureRecord(
    new Failure(QUESTIONS[to] ?? "session.awaits_person", { persona: worker.persona, session }),
  );
  const asked = { type: "escalation.raised", escalation, severity: "question", failure, session } as const;
  return [changed, ...over, { ...asked, ...(phase !== undefined && { phase }) }];
}

const QUESTIONS: Partial<Record<SessionState, FailureCode>> = {
  login_required: "session.login_required",
  awaiting_permission: "session.awaits_permission",
  awaiting_input: "session.awaits_input",
};

function resume(state: RunState, { by, cause, retry }: Extract<Outcome, { kind: "resume" }>): RunEvent[] {
  const problems = retry ? state.escalations.filter(({ severity }) => severity === "problem") : [];
  const settled: RunEvent[] = problems.map(({ escalation }) => ({
    type: "escalation.settled",
    escalation,
    answer: "retry",
    by,
  }));
  const stopped = state.interrupted || (retry && state.ended?.status === "failed");
  return stopped || settled.length > 0 ? [...settled, { type: "run.resumed", by, cause }] : [];
}

/** Follows the state to where only the outside can take it further (D1). */
function settle(state: RunState, events: RunEvent[]): RunEvent[] {
  let now = state;
  const all = [...events];
  for (let next = consequence(now); next; next = consequence(now)) {
    all.push(next);
    now = evolve(now, next);
  }
  return all;
}

/** The one thing that follows from the state itself, if any. */
function consequence(state: RunState): RunEvent | undefined {
  const template = state.started?.template;
  if (!template || state.ended || state.interrupted) return undefined;
  for (const phase of template.phases) {
    const now = state.phases[phase.id];
    if (now?.status === "validating") return checked(phase, now);
    const looped = now?.status === "accepted" ? turn(template, state, phase, now) : undefined;
    if (looped) return looped;
  }
  const phases = Object.values(state.phases);
  const failed = phases.find(({ status }) => status === "failed");
  if (failed) {
    const busy = phases.some(({ status }) => status === "running" || status === "repairing");
    return busy || !failed.failure ? undefined : { type: "run.failed", failure: failed.failure };
  }
  if (phases.every(({ status }) => status === "accepted")) return { type: "run.completed" };
  if (!state.workspace) return undefined;
  return template.phases.map((phase) => start(template, state, phase)).find((event) => event !== undefined);
}

function checked(phase: Phase, now: PhaseState): RunEvent | undefined {
  if (!now.artifact) return undefined;
  const { attempt, artifact } = now;
  if (phase.approval === "after" && now.approval?.answer !== "approve") {
    return { type: "approval.requested", phase: phase.id, attempt, when: "after", sha256: artifact.sha256 };
  }
  return { type: "phase.accepted", phase: phase.id, attempt, artifact };
}

/** A loop whose artifact does not satisfy `until` goes round again, or is at its end. */
function turn(template: Template, state: RunState, phase: Phase, now: PhaseState): RunEvent | undefined {
  if (!phase.repeat || now.artifact?.satisfied !== false) return undefined;
  if (now.round < phase.repeat.max)
    return { type: "phase.looped", phase: phase.id, to: phase.repeat.from, round: now.round + 1 };
  const busy = loopBody(template, phase).some((id) => state.phases[id]?.status === "running");
  if (busy) return undefined;
  const failure = new Failure("phase.loop_exhausted", { phase: phase.id, max: phase.repeat.max, run: "" });
  return { type: "phase.failed", phase: phase.id, attempt: now.attempt, failure: failureRecord(failure) };
}

function start(template: Template, state: RunState, phase: Phase): RunEvent | undefined {
  const now = state.phases[phase.id];
  if (!now || (now.status !== "pending" && now.status !== "rejected")) return undefined;
  if (!phase.needs.every((need) => available(template, state, need, phase.id))) return undefined;
  if (phase.role !== undefined && roleBusy(template, state, phase.role)) return undefined;
  if (phase.approval === "before" && now.approval?.answer !== "approve") {
    return { type: "approval.requested", phase: phase.id, attempt: now.attempt, when: "before" };
  }
  return {
    type: "phase.started",
    phase: phase.id,
    attempt: now.attempt + 1,
    round: now.round,
    cause: now.due?.cause ?? "ready",
    ...(now.due?.comment !== undefined && { comment: now.due.comment }),
  };
}

/** Accepted, and not inside a loop that may still go round (unless the asker is in that loop too). */
function available(template: Template, state: RunState, need: string, asker: string): boolean {
  if (state.phases[need]?.status !== "accepted") return false;
  return template.phases
    .filter((phase) => phase.repeat && loopBody(template, phase).includes(need))
    .every((phase) => {
      const end = state.phases[phase.id];
      return (
        loopBody(template, phase).includes(asker) || (end?.status === "accepted" && end.artifact?.satisfied !== false)
      );
    });
}

function roleBusy(template: Template, state: RunState, role: string): boolean {
  return template.phases.some((phase) => {
    const status = state.phases[phase.id]?.status;
    return phase.role === role && (status === "running" || status === "repairing");
  });
}
