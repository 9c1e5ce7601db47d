/**
 * The fold behind everything people see of a run: `viewOf(events)` now, `advance` for each event that comes.
 *
 * V1. A view is a function of the stored events alone: the same in the daemon, in a client that follows, and in the report.
 * V2. The state of phases and of the run is not folded a second time: it is `run-state`'s.
 */
import type { z } from "zod";
import type { EventOf, RunEvent, StoredEvent } from "./event.ts";
import type { SessionId } from "./ids.ts";
import { parseUsd, usd } from "./money.ts";
import { referenceOf } from "./names.ts";
import { evolve } from "./run-evolve.ts";
import { initial, type RunState, statusOf } from "./run-state.ts";
import type { Usage } from "./usage.ts";
import type { AttemptView, EscalationView, PhaseView, RunView, SessionView, UsageView } from "./view.ts";

/** A view and the state that it is folded beside. */
export interface Folding {
  state: RunState;
  view: RunView;
}

export const viewOf = (events: readonly StoredEvent[]): RunView | undefined => {
  let folding: Folding | undefined;
  for (const event of events) folding = recorded(folding, event);
  const last = events.at(-1);
  // What the state says is seen at the end alone: nothing of it is folded.
  return folding && last && reflect(folding.view, folding.state, last);
};

export function advance(before: Folding | undefined, stored: StoredEvent): Folding | undefined {
  const next = recorded(before, stored);
  return next && { state: next.state, view: reflect(next.view, next.state, stored) };
}

function recorded(before: Folding | undefined, stored: StoredEvent): Folding | undefined {
  const state = evolve(before?.state ?? initial, stored.event);
  const view = before
    ? record(before.view, stored)
    : stored.event.type === "run.started"
      ? begun(stored, stored.event)
      : undefined;
  return view && { state, view };
}

/** What the state says goes into the view as it is (V2). */
function reflect(view: RunView, state: RunState, { at, cursor }: StoredEvent): RunView {
  const ended = state.ended !== undefined;
  const phases = view.phases.map((phase): PhaseView => {
    const status = state.phases[phase.id]?.status ?? "pending";
    // Whatever was under way when the run ended will not be finished any more.
    const finished = status === "accepted" || status === "failed";
    const shown = ended && !finished ? "skipped" : status;
    return shown === phase.status ? phase : { ...phase, status: shown };
  });
  const sessions = view.sessions.map((session): SessionView => {
    const now = state.sessions[session.id]?.state ?? session.state;
    return now === session.state ? session : { ...session, state: now };
  });
  const { budget } = state;
  return { ...view, status: statusOf(state), updatedAt: at, cursor, phases, sessions, ...(budget && { budget }) };
}

function begun({ run, at, cursor }: StoredEvent, event: EventOf<"run.started">): RunView {
  const { template, bindings } = event;
  return {
    id: run,
    status: "pending",
    template: referenceOf(template),
    templateHash: event.templateHash,
    goal: event.goal,
    repo: event.repo,
    base: event.base,
    baseCommit: event.baseCommit,
    startedAt: at,
    updatedAt: at,
    bindings: Object.fromEntries(
      Object.entries(bindings).map(([role, { persona, hash }]) => [
        role,
        { persona: referenceOf(persona), family: persona.family, hash },
      ]),
    ),
    warnings: event.warnings,
    phases: template.phases.map((phase): PhaseView => {
      const bound = phase.role === undefined ? undefined : bindings[phase.role];
      return {
        id: phase.id,
        title: phase.title ?? phase.id,
        ...(phase.role !== undefined && { role: phase.role }),
        ...(bound && { persona: referenceOf(bound.persona) }),
        ...(phase.run && { command: phase.run }),
        needs: phase.needs,
        schema: phase.produces.schema,
        status: "pending",
        attempts: [],
        approvals: [],
      };
    }),
    sessions: [],
    escalations: [],
    usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, uncosted: 0, unknown: [] },
    crossings: [],
    interruptions: [],
    cursor,
  };
}

function record(view: RunView, { at, event }: StoredEvent): RunView {
  switch (event.type) {
    case "workspace.ready":
      return { ...view, branch: event.branch, worktree: event.path };
    case "run.cancelled":
      return over(view, at, {
        cancelled: { by: event.by, ...(event.comment !== undefined && { comment: event.comment }) },
      });
    case "run.failed":
      return over(view, at, { failure: event.failure });
    case "run.completed":
      return over(view, at, {});
    case "run.interrupted":
      return { ...view, interruptions: [...view.interruptions, { at, cause: event.cause }] };
    case "run.resumed":
      return reopened(view, at);
    case "report.written":
      return { ...view, report: { json: event.json, markdown: event.markdown } };
    case "usage.reported":
      return { ...view, usage: spent(view.usage, event.session, event) };
    case "model.called":
      return event.usage ? { ...view, usage: spent(view.usage, event.session, event.usage) } : view;
    case "tool.calling":
    case "tool.called":
    case "plan.told":
    case "budget.set":
    case "session.troubled":
    case "permission.answering":
    case "permission.answered":
      return view;
    case "budget.crossed": {
      const { type: _, ...crossing } = event;
      return { ...view, crossings: [...view.crossings, { ...crossing, at }] };
    }
    case "escalation.raised":
      return { ...view, escalations: [...view.escalations, raised(at, event)] };
    case "escalation.settled":
      return {
        ...view,
        escalations: view.escalations.map((e) =>
          e.id === event.escalation ? { ...e, settledAt: at, answer: event.answer } : e,
        ),
      };
    case "session.opening":
      return {
        ...view,
        sessions: [...view.sessions, opening(view, at, event)],
        usage: { ...view.usage, unknown: [...view.usage.unknown, ...unmetered(event)] },
      };
    case "session.opened":
      return session(view, event.session, (s) => ({
        ...s,
        host: event.host,
        openedAt: at,
        ...(event.conversation !== undefined && { conversation: event.conversation }),
      }));
    case "session.changed":
      return session(view, event.session, (s) => ({
        ...s,
        since: at,
        cause: event.cause,
        ...(event.to === "lost" && { closedAt: at }),
      }));
    case "session.recovery":
      return session(view, event.session, (s) => ({
        ...s,
        recoveries: { ...s.recoveries, [event.counter]: (s.recoveries[event.counter] ?? 0) + 1 },
      }));
    case "session.closed":
      return session(view, event.session, (s) => ({ ...s, since: at, cause: event.cause, closedAt: at }));
    case "prompt.held":
      return session(view, event.session, (s) => ({ ...s, held: event.reason }));
    case "role.bound":
      return {
        ...view,
        bindings: {
          ...view.bindings,
          [event.role]: { persona: referenceOf(event.persona), family: event.persona.family, hash: event.hash },
        },
        phases: view.phases.map((p) => (p.role === event.role ? { ...p, persona: referenceOf(event.persona) } : p)),
      };
    case "turn.asked":
    case "turn.ended":
    case "turn.undone":
    case "talk.ended":
    case "session.told":
    case "run.deleted":
    case "phase.looped":
    case "run.started":
      return view;
    default:
      return inPhase(view, at, event);
  }
}

type PhaseEvent = Exclude<
  RunEvent,
  {
    type:
      | `run.${string}`
      | "workspace.ready"
      | "report.written"
      | "usage.reported"
      | "model.called"
      | `tool.${string}`
      | "plan.told"
      | `budget.${string}`
      | `escalation.${string}`
      | `permission.${string}`
      | `session.${string}`
      | `turn.${string}`
      | "talk.ended"
      | "role.bound"
      | "prompt.held"
      | "phase.looped";
  }
>;

function inPhase(view: RunView, at: number, event: PhaseEvent): RunView {
  switch (event.type) {
    case "phase.started":
      return phase(view, event.phase, (p) => ({
        ...p,
        attempts: [...p.attempts.map((a) => superseded(a, at)), newAttempt(at, event)],
      }));
    case "phase.accepted":
      return attempt(view, event, (a) => ({ ...a, endedAt: at, outcome: "accepted", artifact: event.artifact }));
    case "phase.failed":
      return attempt(view, event, (a) => ({ ...a, endedAt: at, outcome: "failed", failure: event.failure }));
    case "artifact.checked":
      return attempt(view, event, (a) => ({ ...a, artifact: event.artifact }));
    case "artifact.refused": {
      const refused = { at, violations: event.violations, ...(event.sha256 !== undefined && { sha256: event.sha256 }) };
      return attempt(view, event, (a) => ({ ...a, refused: [...a.refused, refused] }));
    }
    case "prompt.sending": {
      const { number, purpose, sha256, bytes } = event;
      return attempt(view, event, (a) => ({
        ...a,
        prompts: [...a.prompts, { number, purpose, sentAt: at, sha256, bytes }],
      }));
    }
    case "prompt.delivered": {
      const delivered = attempt(view, event, (a) => ({
        ...a,
        prompts: a.prompts.map((p) => (event.key.endsWith(`/${p.number}`) ? { ...p, deliveredAt: at } : p)),
      }));
      return session(delivered, event.session, ({ held: _, ...s }) => s);
    }
    case "command.starting":
      return view;
    case "command.finished":
      return attempt(view, event, (a) => ({ ...a, exitCode: event.exitCode }));
    case "approval.requested":
      return view;
    case "approval.answered": {
      const { attempt: number, when, answer, by, comment } = event;
      const said = { attempt: number, when, answer, by, at, ...(comment !== undefined && { comment }) };
      const noted = phase(view, event.phase, (p) => ({ ...p, approvals: [...p.approvals, said] }));
      return answer === "reject" ? attempt(noted, event, (a) => ({ ...a, endedAt: at, outcome: "rejected" })) : noted;
    }
  }
}

const over = (view: RunView, at: number, more: Partial<RunView>): RunView => ({ ...view, endedAt: at, ...more });

function reopened(view: RunView, at: number): RunView {
  const { endedAt: _, failure: __, report: ___, ...rest } = view;
  const interruptions = view.interruptions.map((i) => (i.resumedAt === undefined ? { ...i, resumedAt: at } : i));
  return { ...rest, interruptions };
}

const phase = (view: RunView, id: string, change: (phase: PhaseView) => PhaseView): RunView => ({
  ...view,
  phases: view.phases.map((p) => (p.id === id ? change(p) : p)),
});

const attempt = (
  view: RunView,
  about: { phase: string; attempt: number },
  change: (attempt: AttemptView) => AttemptView,
): RunView =>
  phase(view, about.phase, (p) => ({
    ...p,
    attempts: p.attempts.map((a) => (a.attempt === about.attempt ? change(a) : a)),
  }));

const session = (view: RunView, id: string, change: (session: SessionView) => SessionView): RunView => ({
  ...view,
  sessions: view.sessions.map((s) => (s.id === id ? change(s) : s)),
});

function newAttempt(at: number, event: EventOf<"phase.started">): AttemptView {
  const { attempt: number, round, cause, comment } = event;
  return {
    attempt: number,
    round,
    cause,
    ...(comment !== undefined && { comment }),
    startedAt: at,
    outcome: "running",
    prompts: [],
    refused: [],
  };
}

const superseded = (a: AttemptView, at: number): AttemptView =>
  a.outcome === "running" ? { ...a, outcome: "superseded", endedAt: at } : a;

function opening(view: RunView, at: number, event: EventOf<"session.opening">): SessionView {
  const { session: id, role, persona, adapter, agent } = event;
  const described = { id, run: view.id, role, persona, adapter, ...(agent !== undefined && { agent }) };
  return {
    ...described,
    state: "starting",
    since: at,
    cause: "opened for its first phase",
    openedAt: at,
    recoveries: {},
  };
}

function raised(at: number, event: EventOf<"escalation.raised">): z.infer<typeof EscalationView> {
  const about = {
    ...(event.phase !== undefined && { phase: event.phase }),
    ...(event.session !== undefined && { session: event.session }),
  };
  return { id: event.escalation, severity: event.severity, failure: event.failure, ...about, raisedAt: at };
}

/** A model agent's calls are all metered: one that has told of none has made none. */
const unmetered = ({ adapter, session }: EventOf<"session.opening">): SessionId[] =>
  adapter === "agent" ? [] : [session];

function spent(usage: z.infer<typeof UsageView>, session: string, now: Usage): z.infer<typeof UsageView> {
  return {
    ...usage,
    inputTokens: usage.inputTokens + now.inputTokens,
    outputTokens: usage.outputTokens + now.outputTokens,
    cachedTokens: usage.cachedTokens + now.cachedTokens,
    ...(now.costUsd === undefined
      ? { uncosted: usage.uncosted + 1 }
      : {
          costUsd: plus(usage.costUsd, now.costUsd),
          ...(now.estimated && { estimatedUsd: plus(usage.estimatedUsd, now.costUsd) }),
        }),
    unknown: usage.unknown.filter((id) => id !== session),
  };
}

/** Exact, since a cost is (never a float). */
const plus = (one: string | undefined, other: string): string =>
  usd((parseUsd(one ?? "0") ?? 0n) + (parseUsd(other) ?? 0n));
