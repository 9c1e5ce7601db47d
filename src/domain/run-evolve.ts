/**
 * How a run's state comes to be: a fold of its events. `evolve` is the only way.
 *
 * R1. `evolve` never fails: an event that the state does not expect changes nothing.
 */
import type { EventOf, RunEvent } from "./event.ts";
import type { EscalationId } from "./ids.ts";
import type { Counter, Counters } from "./recovery.ts";
import { crossingKey, spendingAnswered } from "./run-budget.ts";
import { initial, type PhaseState, type RoleSession, type RunState } from "./run-state.ts";
import { marked, talked } from "./run-talk.ts";
import { ancestors, loopBody, phaseOf } from "./template.ts";

const NEW_PHASE: PhaseState = {
  status: "pending",
  attempt: 0,
  round: 1,
  turns: 0,
  prompts: [],
  violations: [],
  refused: [],
  repairs: 0,
  watch: 0,
};

export const fold = (events: readonly RunEvent[]): RunState => events.reduce(evolve, initial);

export function evolve(state: RunState, event: RunEvent): RunState {
  const known = made.get(event);
  if (known?.before === state) return known.after;
  const after = changed(state, event);
  made.set(event, { before: state, after });
  return after;
}

/**
 * What an event has last made of a state. Whoever decides, whoever writes it down and whoever follows fold the same events one
 * after the other, and the answer is the same: it is worked out once.
 */
const made = new WeakMap<RunEvent, { before: RunState; after: RunState }>();

function changed(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case "run.started":
      return {
        ...state,
        started: event,
        ...(event.budget && { budget: event.budget }),
        phases: Object.fromEntries(
          event.template.phases.map(({ id }) => [id, { ...NEW_PHASE, due: { cause: "ready" } }]),
        ),
      };
    case "workspace.ready":
      return { ...state, workspace: { path: event.path, branch: event.branch, commit: event.commit } };
    case "phase.started":
      return phase(state, event.phase, (p) => begin(p, event));
    case "phase.accepted":
      return phase(state, event.phase, (p) => ({
        ...p,
        status: "accepted",
        artifact: event.artifact,
        watch: p.watch + 1,
      }));
    case "phase.failed":
      return phase(state, event.phase, (p) => ({ ...p, status: "failed", failure: event.failure, watch: p.watch + 1 }));
    case "phase.looped":
      return loop(state, event);
    case "artifact.refused":
      return phase(state, event.phase, (p) => ({
        ...p,
        status: "repairing",
        wanted: "repair",
        violations: event.violations,
        refused: event.sha256 === undefined ? p.refused : [...p.refused, event.sha256],
        repairs: p.repairs + 1,
        watch: p.watch + 1,
      }));
    case "turn.asked":
    case "turn.ended":
    case "turn.undone":
    case "talk.ended":
      return phase(state, event.phase, (p) => talked(p, event));
    case "role.bound":
      return rebound(state, event);
    case "artifact.checked":
      return progress(
        phase(state, event.phase, (p) => ({
          ...p,
          status: "validating",
          artifact: event.artifact,
          watch: p.watch + 1,
        })),
        event.phase,
      );
    case "command.starting":
      return phase(state, event.phase, (p) => ({ ...p, command: { attempt: event.attempt } }));
    case "command.finished":
      return phase(state, event.phase, (p) =>
        p.command?.attempt === event.attempt ? { ...p, command: { ...p.command, finished: true } } : p,
      );
    case "approval.requested":
      return phase(state, event.phase, (p) => ({ ...p, status: "awaiting_approval", approval: { when: event.when } }));
    case "approval.answered":
      return phase(state, event.phase, (p) => answered(p, event));
    case "prompt.sending":
      return phase(state, event.phase, (p) => marked(sending(p, event), { prompt: event.key }));
    case "prompt.delivered":
      return phase(
        session(state, event.session, ({ parked: _, ...s }) => ({
          ...s,
          told: s.told ?? { phase: event.phase, attempt: event.attempt },
        })),
        event.phase,
        (p) => ({
          ...p,
          prompts: p.prompts.map((prompt) => (prompt.key === event.key ? { ...prompt, delivered: true } : prompt)),
        }),
      );
    case "session.opening":
      return {
        ...state,
        sessions: {
          ...state.sessions,
          [event.session]: {
            session: event.session,
            role: event.role,
            persona: event.persona,
            state: "starting",
            opened: false,
            ...(event.continues !== undefined && { continues: event.continues }),
            counters: {},
            usageReports: 0,
            did: 0,
          },
        },
      };
    case "session.opened":
      return session(state, event.session, ({ continues, ...s }) => ({
        ...s,
        opened: true,
        ...(continues !== undefined && event.conversation !== undefined && { continues }),
      }));
    case "session.changed":
      return session(state, event.session, ({ trouble, ...s }) => ({
        ...s,
        state: event.to,
        ...(trouble && event.to !== "working" && { trouble }),
      }));
    case "session.troubled": {
      const { type: _, session: id, ...trouble } = event;
      return session(state, id, (s) => ({ ...s, trouble }));
    }
    case "permission.answering": {
      const { type: _, ...permission } = event;
      return session(state, event.session, (s) => ({ ...s, permission }));
    }
    case "permission.answered":
      return session(state, event.session, ({ permission, ...s }) =>
        permission && permission.permission !== event.permission ? { ...s, permission } : s,
      );
    case "session.recovery":
      return recovered(state, event);
    case "session.closed":
      return session(state, event.session, (s) => ({ ...s, state: "closed" }));
    case "escalation.raised": {
      const { escalation, severity, failure } = event;
      const about = { ...(event.phase && { phase: event.phase }), ...(event.session && { session: event.session }) };
      return { ...state, escalations: [...state.escalations, { escalation, severity, failure, ...about }] };
    }
    case "escalation.settled":
      return settled(state, event.escalation, event.answer);
    case "run.interrupted":
      return state.ended ? state : { ...state, interrupted: true };
    case "run.resumed":
      return resumed(state, event.from);
    case "run.completed":
      return { ...state, ended: { status: "completed" } };
    case "run.failed":
      return { ...state, ended: { status: "failed", failure: event.failure } };
    case "run.cancelled":
      return { ...state, ended: { status: "cancelled" } };
    case "report.written":
      return { ...state, reported: true };
    case "run.deleted":
      return { ...state, deleted: true };
    case "prompt.held":
      return session(state, event.session, ({ parked: _, ...s }) =>
        event.until === undefined ? s : { ...s, parked: true as const },
      );
    case "session.told":
      return event.what === "interrupt" ? stopped(state, event.session) : state;
    case "budget.crossed":
      return { ...state, crossed: [...state.crossed, crossingKey(event)] };
    case "budget.set":
      return { ...state, budget: { usd: event.usd, policy: event.policy } };
    case "model.called":
    case "tool.calling":
    case "tool.called":
    case "plan.told":
      return session(state, event.session, (s) => ({ ...s, did: Math.max(s.did, event.nth) }));
    case "usage.reported":
      return session(state, event.session, (s) => ({ ...s, usageReports: Math.max(s.usageReports, event.nth ?? 0) }));
  }
}

function phase(state: RunState, id: string, change: (phase: PhaseState) => PhaseState): RunState {
  const before = state.phases[id];
  return before ? { ...state, phases: { ...state.phases, [id]: change(before) } } : state;
}

function session(state: RunState, id: string, change: (session: RoleSession) => RoleSession): RunState {
  const before = state.sessions[id];
  return before ? { ...state, sessions: { ...state.sessions, [id]: change(before) } } : state;
}

function begin(before: PhaseState, event: EventOf<"phase.started">): PhaseState {
  return {
    ...NEW_PHASE,
    status: "running",
    attempt: event.attempt,
    round: event.round,
    turns: before.turns,
    wanted: "work",
    watch: before.watch + 1,
    // What a person has refused does not count again.
    ...(event.cause === "rejected" && { refused: before.refused }),
    // A loop's next round keeps what a person agreed to before the first one.
    ...(before.approval?.when === "before" && before.approval.answer && { approval: before.approval }),
    // That of the attempt before may run still: whoever starts this one's ends it, or else the run's end does.
    ...(before.command && { command: before.command }),
    ...(event.comment !== undefined && { comment: event.comment }),
  };
}

/** The turn of a talk that this session is in was stopped by a person. */
function stopped(state: RunState, session: string): RunState {
  const at = Object.entries(state.phases).find(([, p]) => p.talk && p.prompts.at(-1)?.session === session);
  return at
    ? phase(state, at[0], (p) => marked(p, { stopped: p.prompts.at(-1)?.delivered ? "at work" : "early" }))
    : state;
}

function rebound(state: RunState, { role, persona, hash }: EventOf<"role.bound">): RunState {
  if (!state.started) return state;
  const bindings = { ...state.started.bindings, [role]: { persona, hash } };
  return { ...state, started: { ...state.started, bindings }, restarts: { ...state.restarts, [role]: 0 } };
}

function loop(state: RunState, event: EventOf<"phase.looped">): RunState {
  const template = state.started?.template;
  const repeating = template && phaseOf(template, event.phase);
  if (!template || !repeating) return state;
  return loopBody(template, repeating).reduce(
    (next, id) =>
      phase(next, id, (p) => ({
        ...p,
        status: "pending",
        round: p.round + 1,
        // A loop inside this one has all its rounds again.
        turns: id === event.phase ? p.turns + 1 : 0,
        due: { cause: "loop" },
        watch: p.watch + 1,
      })),
    state,
  );
}

function answered(p: PhaseState, event: EventOf<"approval.answered">): PhaseState {
  if (event.answer === "approve")
    return {
      ...p,
      status: event.when === "before" ? "pending" : "validating",
      approval: { when: event.when, answer: "approve" },
    };
  const comment = event.comment ?? "";
  const { approval: _, artifact: __, ...rest } = p;
  return {
    ...rest,
    status: "rejected",
    due: { cause: "rejected", comment },
    refused: p.artifact ? [...p.refused, p.artifact.sha256] : p.refused,
  };
}

function sending(p: PhaseState, event: EventOf<"prompt.sending">): PhaseState {
  if (p.prompts.some(({ key }) => key === event.key)) return p;
  const { wanted: _, ...rest } = p;
  const { key, number, session, purpose } = event;
  return { ...rest, status: "running", prompts: [...p.prompts, { key, number, session, purpose, delivered: false }] };
}

/** What ends with the agent being told to go on. */
const TOLD_TO_GO_ON: readonly Counter[] = ["nudge", "backoff", "compact"];

function recovered(state: RunState, event: EventOf<"session.recovery">): RunState {
  const counted = session(state, event.session, (s) => ({
    ...s,
    counters: { ...s.counters, [event.counter]: event.used },
  }));
  const role = counted.sessions[event.session]?.role;
  const restarts =
    event.counter === "restart" && role !== undefined ? { ...counted.restarts, [role]: event.used } : counted.restarts;
  const next = { ...counted, restarts };
  if (event.phase === undefined) return next;
  return phase(next, event.phase, (p) => ({
    ...p,
    watch: p.watch + 1,
    ...(TOLD_TO_GO_ON.includes(event.counter) && { wanted: "nudge" as const }),
  }));
}

/** An artifact is progress: the counters of the session that made it start anew (S4). */
function progress(state: RunState, id: string): RunState {
  const worker = state.phases[id]?.prompts.at(-1)?.session;
  if (worker === undefined) return state;
  const role = state.sessions[worker]?.role ?? "";
  return { ...session(state, worker, (s) => ({ ...s, counters: {} })), restarts: { ...state.restarts, [role]: 0 } };
}

const RETRY_COUNTERS: readonly Counter[] = ["nudge", "interrupt", "restart", "resubmit", "compact"];

function settled(before: RunState, id: EscalationId, answer: string): RunState {
  const escalation = before.escalations.find((e) => e.escalation === id);
  const escalations = before.escalations.filter((e) => e.escalation !== id);
  const state = escalation ? spendingAnswered(before, escalation, answer) : before;
  if (!escalation || answer !== "retry") return { ...state, escalations };
  const { session: worker, phase: about } = escalation;
  const role = worker === undefined ? undefined : state.sessions[worker]?.role;
  const cleared =
    worker === undefined
      ? state
      : session(state, worker, (s) => ({ ...s, counters: without(s.counters, RETRY_COUNTERS) }));
  const next = {
    ...cleared,
    escalations,
    restarts: role === undefined ? cleared.restarts : { ...cleared.restarts, [role]: 0 },
  };
  return about === undefined ? next : phase(next, about, (p) => ({ ...p, watch: p.watch + 1 }));
}

const without = (counters: Counters, names: readonly Counter[]): Counters =>
  Object.fromEntries(Object.entries(counters).filter(([name]) => !names.includes(name as Counter)));

/** Done again on purpose, a phase has all its rounds again, and is asked about again. */
function anew({ approval: _, ...phase }: PhaseState): PhaseState {
  return { ...phase, turns: 0 };
}

function resumed(state: RunState, from: string | undefined): RunState {
  const template = state.started?.template;
  const again = (id: string): boolean =>
    from !== undefined && template !== undefined && (id === from || ancestors(template, id).has(from));
  const phases = Object.fromEntries(
    Object.entries(state.phases).map(([id, p]) => {
      if (p.status !== "failed" && !again(id)) return [id, p];
      const { failure: _, ...rest } = p;
      const next = { ...rest, status: "pending" as const, due: { cause: "resumed" as const }, watch: p.watch + 1 };
      return [id, again(id) ? anew(next) : next];
    }),
  );
  const { ended: _, ...rest } = state;
  const reopens = state.ended?.status === "failed" || (from !== undefined && state.ended !== undefined);
  const reopened = reopens ? { ...rest, reported: false } : state;
  return { ...reopened, interrupted: false, stopped: [], phases };
}
