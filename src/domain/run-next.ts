/**
 * What a run does next: a function of its state. Starting, resuming, and recovering after a crash are the same question.
 *
 * N1. Every step has a key of its own, made from what it is about and not from when it is asked: asked twice, it is the same step.
 * N2. A step is not done until its receipt is in the log; performing one twice must be harmless.
 * N3. A role does one phase at a time, in one session.
 * N4. No step is there twice: a session that two phases wait for is one step.
 * N5. What is only started ahead waits while a prompt is on its way: starting an agent is slow work for the whole machine.
 */
import type { PromptPurpose } from "./event.ts";
import type { SessionId } from "./ids.ts";
import {
  type PendingPermission,
  type PhaseState,
  type PhaseStatus,
  type RoleSession,
  type RunState,
  runsCommand,
} from "./run-state.ts";
import { isLive } from "./session.ts";
import { openTurn } from "./talk.ts";
import type { Phase, Template } from "./template.ts";

export type Step =
  | { kind: "workspace"; key: string }
  | {
      kind: "session";
      key: string;
      role: string;
      session: SessionId | undefined;
      restart: number;
      phase: string;
      attempt: number;
    }
  | {
      kind: "prompt";
      key: string;
      phase: string;
      attempt: number;
      number: number;
      session: SessionId;
      purpose: PromptPurpose;
    }
  | { kind: "watch"; key: string; phase: string; attempt: number; session: SessionId; prompt: string }
  /** Until a turn of a talk is over. */
  | {
      kind: "listen";
      key: string;
      phase: string;
      attempt: number;
      session: SessionId;
      prompt: string;
      turn: number;
    }
  /** What was said in a talk becomes its artifact. */
  | { kind: "record"; key: string; phase: string; attempt: number }
  | { kind: "command"; key: string; phase: string; attempt: number }
  | { kind: "permission"; key: string; session: SessionId; pending: PendingPermission }
  | { kind: "end command"; key: string; phase: string; attempt: number }
  | { kind: "close"; key: string; session: SessionId }
  | { kind: "report"; key: string };

/** Everything that can be done now; independent phases go side by side. */
export function nextSteps(state: RunState): readonly Step[] {
  const known = found.get(state) ?? stepsOf(state);
  found.set(state, known);
  return known;
}

/** Asked several times for one state: by the loop, by whoever looks whether a run rests, by the log. */
const found = new WeakMap<RunState, readonly Step[]>();

function stepsOf(state: RunState): Step[] {
  if (!state.started) return [];
  if (state.ended) return afterwards(state); // also one that was ended while it was interrupted
  if (state.interrupted) return [];
  if (!state.workspace) return [{ kind: "workspace", key: "workspace" }];
  const phases = state.started.template.phases.flatMap((phase) => {
    const now = state.phases[phase.id];
    if (now?.status !== "running" && now?.status !== "repairing") return [];
    return phase.run ? command(phase, now) : work(state, phase, now);
  });
  const handingOver = phases.some(({ kind }) => kind === "prompt"); // N5
  // A step that a phase asks for itself comes before one that is only started ahead.
  const steps = [...answers(state), ...phases, ...(handingOver ? [] : ahead(state, state.started.template))];
  const before = new Set<string>();
  return steps.filter(({ key }) => !before.has(key) && before.add(key)); // N4
}

/** What agents ask permission for, and is decided; before all else, since they wait. */
const answers = (state: RunState): Step[] =>
  Object.values(state.sessions).flatMap(({ session, state: now, permission: pending }) =>
    pending && isLive(now) ? [{ kind: "permission", key: `permission/${pending.permission}`, session, pending }] : [],
  );

/** Agents of the phases that come next start while the one before them still works, so that nobody waits for them. */
function ahead(state: RunState, template: Template): Step[] {
  return template.phases.flatMap((phase) => {
    const { role, needs, id } = phase;
    if (role === undefined || phase.approval === "before" || state.phases[id]?.status !== "pending") return [];
    const near = needs.some((need) => IN_WORK.has(state.phases[need]?.status ?? "pending"));
    const soon =
      near &&
      needs.every(
        (need) => IN_WORK.has(state.phases[need]?.status ?? "pending") || state.phases[need]?.status === "accepted",
      );
    return soon && !sessionOf(state, role)?.opened ? [open(state, role, id, 0)] : [];
  });
}

const IN_WORK: ReadonlySet<PhaseStatus> = new Set(["running", "repairing", "validating"]);

/** What is left once a run has ended: its agents and commands first, so that the report can say what became of them. */
function afterwards(state: RunState): Step[] {
  // An agent that was faster than the receipt of its answer: what became of it is still to be told.
  const given = state.ended?.status === "completed" ? answers(state) : [];
  if (given.length > 0) return given;
  const live = Object.values(state.sessions).filter((session) => isLive(session.state));
  const closing = live.map(({ session }): Step => ({ kind: "close", key: `close/${session}`, session }));
  if (state.reported) return closing;
  const ending = Object.entries(state.phases).flatMap(([phase, now]): Step[] => {
    if (!now.command || !runsCommand(now)) return [];
    const { attempt } = now.command;
    return [{ kind: "end command", key: `end/${phase}/${attempt}`, phase, attempt }];
  });
  const left = [...closing, ...ending];
  return left.length > 0 ? left : [{ kind: "report", key: "report" }];
}

function command(phase: Phase, now: PhaseState): Step[] {
  return [
    { kind: "command", key: `command/${phase.id}/${now.attempt}/${now.watch}`, phase: phase.id, attempt: now.attempt },
  ];
}

/** The live session of a role, if it has one. */
export function sessionOf({ sessions }: RunState, role: string): RoleSession | undefined {
  const known = living.get(sessions) ?? livingOf(sessions);
  living.set(sessions, known);
  return known.get(role);
}

/** By role, found once for the sessions as they stand: a run of a hundred agents asks for each of them after each event. */
const living = new WeakMap<RunState["sessions"], ReadonlyMap<string, RoleSession>>();

const livingOf = (sessions: RunState["sessions"]): ReadonlyMap<string, RoleSession> =>
  new Map(Object.values(sessions).flatMap((session) => (isLive(session.state) ? [[session.role, session]] : [])));

function work(state: RunState, phase: Phase, now: PhaseState): Step[] {
  if (now.talk?.over)
    return [{ kind: "record", key: `record/${phase.id}/${now.attempt}`, phase: phase.id, attempt: now.attempt }];
  const role = phase.role ?? "";
  const session = sessionOf(state, role);
  if (!session?.opened) {
    const stuck = state.escalations.some((e) => e.phase === phase.id && e.severity === "problem");
    return !session && stuck ? [] : [open(state, role, phase.id, now.attempt)];
  }
  const last = now.prompts.at(-1);
  const about = { phase: phase.id, attempt: now.attempt, session: session.session };
  if (phase.talk) return answering(now, about, last);
  if (last && !now.wanted && last.session === session.session) {
    // An intent without a receipt is performed again: the terminal knows by its key what it has taken (T3).
    if (!last.delivered)
      return [{ kind: "prompt", key: last.key, ...about, number: last.number, purpose: last.purpose }];
    return [
      {
        kind: "watch",
        key: `watch/${phase.id}/${now.attempt}/${now.watch}/${last.number}`,
        ...about,
        prompt: last.key,
      },
    ];
  }
  // A new session has seen nothing: what the last one was told is told again, and that is another prompt. One that goes on with the
  // conversation of the last one knows all that this has taken.
  const knows = last?.session === session.session || (last?.delivered && last.session === session.continues);
  const purpose = knows ? (now.wanted ?? "continue") : "work";
  const number = (last?.number ?? 0) + 1;
  return [{ kind: "prompt", key: `prompt/${phase.id}/${now.attempt}/${number}`, ...about, number, purpose }];
}

/** The turn that is open in a talk: taken to the agent, and listened to until it ends. */
function answering(
  now: PhaseState,
  about: { phase: string; attempt: number; session: SessionId },
  last: PhaseState["prompts"][number] | undefined,
): Step[] {
  const turn = openTurn(now.talk);
  if (!turn) return [];
  const { phase, attempt, session } = about;
  if (!last || last.key !== turn.prompt || last.session !== session) {
    const number = (last?.number ?? 0) + 1;
    return [{ kind: "prompt", key: `prompt/${phase}/${attempt}/${number}`, ...about, number, purpose: "turn" }];
  }
  if (!last.delivered) return [{ kind: "prompt", key: last.key, ...about, number: last.number, purpose: "turn" }];
  const key = `listen/${phase}/${attempt}/${now.watch}/${last.number}`;
  return [{ kind: "listen", key, ...about, prompt: last.key, turn: turn.number }];
}

function open(state: RunState, role: string, phase: string, attempt: number): Step {
  const session = sessionOf(state, role);
  const before = Object.values(state.sessions).filter((s) => s.role === role && s !== session).length;
  const key = `session/${role}/${before}`; // N1: the same step before and after its intent
  return { kind: "session", key, role, session: session?.session, restart: state.restarts[role] ?? 0, phase, attempt };
}
