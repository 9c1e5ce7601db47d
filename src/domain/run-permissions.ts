/**
 * What follows when an agent asks permission: its persona's lists answer, or a person is asked; then the answer is given, once.
 *
 * Q1. A question is known by the digest of its text: seen again, it is the same; another text is another question.
 * Q2. An answer is an intent before it is pressed, and has a receipt after. An intent without one is performed again, with the same key.
 * Q3. What a person was asked is over when they have answered it in the pane, when it has changed, or when their answer was taken.
 */
import type { RunEvent } from "./event.ts";
import { Failure, failureRecord } from "./failure.ts";
import type { EscalationId } from "./ids.ts";
import type { OutcomeOf } from "./outcome.ts";
import { type Asked, permissionFor } from "./permission.ts";
import type { Escalation, PendingPermission, RoleSession, RunState } from "./run-state.ts";

/** Whether this question of the session is open already, or being answered (Q1). */
export const isKnown = (state: RunState, worker: RoleSession, digest: string): boolean =>
  worker.permission?.digest === digest ||
  state.escalations.some((e) => e.session === worker.session && e.failure.details.digest === digest);

export function asking(
  state: RunState,
  worker: RoleSession,
  asked: Asked,
  { escalation, phase }: { escalation: EscalationId; phase: string | undefined },
): RunEvent[] {
  const { session, role } = worker;
  const lists = state.started?.bindings[role]?.persona.permissions;
  const { answer, why } = lists
    ? permissionFor(lists, asked, state.workspace?.path ?? "")
    : { answer: "ask" as const, why: "" };
  const given = worker.permission ? overtaken(state, worker, worker.permission) : [];
  const about = { session, ...(phase !== undefined && { phase }) };
  if (answer === "ask") return [...given, question(worker, asked, { escalation, ...about })];
  const { dialog, tool, text, digest } = asked;
  const what = { permission: escalation, ...about, dialog, tool, text, digest };
  return [...given, { type: "permission.answering", ...what, answer, by: worker.persona, cause: why }];
}

type About = Pick<Extract<RunEvent, { type: "escalation.raised" }>, "escalation" | "session" | "phase">;

function question({ persona, session }: RoleSession, asked: Asked, about: About): RunEvent {
  const { dialog, tool, command, text, options, digest } = asked;
  const what = command ?? text.split("\n")[0] ?? tool;
  const details = { dialog, tool, text, options: options.join("\n"), digest, ...(command && { command }) };
  const failure = new Failure("session.awaits_permission", { persona, session, what: `: ${what}`, ...details });
  return { type: "escalation.raised", severity: "question", failure: failureRecord(failure), ...about };
}

/** A person's word; it counts only while the question is open and nothing is on its way to the agent. */
export function permit(state: RunState, { escalation: id, answer, by }: OutcomeOf<"permit">): RunEvent[] {
  const open = state.escalations.find(({ escalation }) => escalation === id);
  const worker = state.sessions[open?.session ?? ""];
  if (!open || !worker || state.ended || worker.permission?.permission === id) return [];
  const { dialog = "", tool = "", text = "", digest } = open.failure.details;
  if (digest === undefined) return [];
  const asked = { dialog: String(dialog), tool: String(tool), text: String(text), digest: String(digest) };
  const about = { permission: id, session: worker.session, ...(open.phase !== undefined && { phase: open.phase }) };
  return [{ type: "permission.answering", ...about, ...asked, answer, by, cause: `answered by ${by}` }];
}

export function permitted(state: RunState, outcome: OutcomeOf<"permitted">): RunEvent[] {
  const { session, permission: id, result, escalation } = outcome;
  const worker = state.sessions[session];
  const pending = worker?.permission;
  if (!worker || pending?.permission !== id) return [];
  const open = state.escalations.find((e) => e.escalation === id);
  const answer = result === "answered" ? pending.answer : result === "unanswered" ? result : "seen";
  const by = result === "answered" ? pending.by : "devflow";
  const over: RunEvent[] = open ? [{ type: "escalation.settled", escalation: id, answer, by }] : [];
  const told = [received(pending, worker, result), ...over];
  if (result !== "unanswered") return told;
  return [...told, asksStill(worker, pending, open, escalation)];
}

/** It stands there although the answer was pressed: a person must look, and may answer anew. */
function asksStill(worker: RoleSession, pending: PendingPermission, open: Escalation | undefined, id: EscalationId) {
  const { dialog, tool, text, digest } = pending;
  const options = String(open?.failure.details.options ?? "");
  const phase = open?.phase ?? pending.phase;
  return question(
    worker,
    { dialog, tool, text, digest, options: options === "" ? [] : options.split("\n") },
    { escalation: id, session: worker.session, ...(phase !== undefined && { phase }) },
  );
}

/** Another question stands there before anybody knows whether the answer to the one before was taken. */
const overtaken = (state: RunState, worker: RoleSession, pending: PendingPermission): RunEvent[] => [
  received(pending, worker, "changed"),
  ...state.escalations
    .filter(({ escalation }) => escalation === pending.permission)
    .map(({ escalation }): RunEvent => ({ type: "escalation.settled", escalation, answer: "seen", by: "devflow" })),
];

const received = (
  { permission, answer }: PendingPermission,
  { session }: RoleSession,
  result: OutcomeOf<"permitted">["result"],
): RunEvent => ({ type: "permission.answered", permission, session, answer, result });
