/**
 * What holds for every run, however it went: the one place for it. Tests ask at their end (`broken`); the simulation after every
 * event (`watcher`). Each rule is a small machine that sees one event after the other, so that asking often costs nothing.
 */
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { RECOVERY } from "../../src/domain/recovery.ts";
import { evolve } from "../../src/domain/run-evolve.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { initial, isTidy, type RunState } from "../../src/domain/run-state.ts";
import { talking } from "../../src/domain/run-talk.ts";
import { isLive } from "../../src/domain/session.ts";
import { openTurn } from "../../src/domain/talk.ts";
import { receipts } from "./receipts.ts";

type Told = Pick<StoredEvent, "position" | "event">;

/** What an event breaks, in words, given the run before and after it. */
type Rule = (event: RunEvent, before: RunState, after: RunState) => string[];

export interface Watcher {
  /** The rules that this event breaks, each in words; none when the run is sound. */
  see(told: Told): string[];
  /** What the events so far come to. */
  readonly state: RunState;
  /** Its intents that nothing has answered: of a run that stands still, what it waits for. */
  owed(): string[];
}

export function watcher(): Watcher {
  const intents = receipts();
  const rules: Rule[] = [
    acceptances(),
    attempts(),
    artifacts(),
    prompts(),
    afterTheEnd(),
    sessionsOnce(),
    sessionStates,
    recoveries,
    turns(),
    questions,
    (event, before, after) => intents.see(event, before, after),
  ];
  let seen = 0;
  const here: Watcher & { state: RunState } = {
    see({ position, event }) {
      seen += 1;
      const before = here.state;
      const after = evolve(before, event);
      here.state = after;
      const found = rules.flatMap((rule) => rule(event, before, after));
      return position === seen ? found : [`event ${seen} has position ${position}`, ...found];
    },
    state: initial,
    owed: intents.owed,
  };
  return here;
}

/** The rules that a run has broken so far; none when it is sound. */
export function broken(log: readonly Told[]): string[] {
  const { see } = watcher();
  return log.flatMap(see);
}

/** Why a run that wants nothing done has not ended; undefined when there is no reason. */
export function reasonToRest(state: RunState): string | undefined {
  if (state.interrupted) return "its daemon went away";
  if (Object.values(state.phases).some(({ status }) => status === "awaiting_approval")) return "a person must agree";
  const { talk } = talking(state) ?? {};
  if (talk && !openTurn(talk)) return "a person may speak";
  return state.escalations.some(({ severity }) => severity === "problem") ? "a person must look" : undefined;
}

/** A run that has not ended goes on, or waits for somebody. */
export const rests = (state: RunState): string[] =>
  isTidy(state) || nextSteps(state).length > 0 || reasonToRest(state) !== undefined
    ? []
    : ["it rests without a reason"];

/** Says once for each key after the first that it is there again. */
function once(what: string): (key: string) => string[] {
  const before = new Set<string>();
  return (key) => {
    if (before.has(key)) return [`${what}: ${key}`];
    before.add(key);
    return [];
  };
}

/** Once for each attempt, and once for each round unless a person has resumed the run in between; never again by itself. */
function acceptances(): Rule {
  const perAttempt = once("accepted twice");
  const perRound = once("accepted twice in a round");
  let resumed = 0;
  return (event, before) => {
    if (event.type === "run.resumed") resumed += 1;
    if (event.type === "phase.started" && before.phases[event.phase]?.status === "accepted")
      return [`${event.phase} is accepted, and runs again`];
    if (event.type !== "phase.accepted") return [];
    const { round, artifact, status } = before.phases[event.phase] ?? {};
    return [
      ...perAttempt(`${event.phase}#${event.attempt}`),
      ...perRound(`${event.phase} in round ${round}, resumed ${resumed} times`),
      ...(status === "validating" && artifact?.sha256 === event.artifact.sha256
        ? []
        : [`${event.phase} is accepted by what was not checked`]),
    ];
  };
}

/** A phase's attempts count up by one, and none begins while another is open. */
function attempts(): Rule {
  const last = new Map<string, { attempt: number; open: boolean }>();
  return (event, _, after) => {
    if (event.type === "run.resumed" && event.from !== undefined)
      for (const [id, was] of last) if (after.phases[id]?.status === "pending") was.open = false; // given up on purpose
    if (event.type === "phase.started") {
      const before = last.get(event.phase);
      last.set(event.phase, { attempt: event.attempt, open: true });
      if (event.attempt !== (before?.attempt ?? 0) + 1)
        return [`${event.phase} went from attempt ${before?.attempt} to ${event.attempt}`];
      return before?.open ? [`${event.phase}#${event.attempt} began before the one before was over`] : [];
    }
    const over =
      event.type === "phase.accepted" ||
      event.type === "phase.failed" ||
      (event.type === "approval.answered" && event.answer === "reject");
    if (over) last.set(event.phase, { attempt: last.get(event.phase)?.attempt ?? 0, open: false });
    return [];
  };
}

/** What was refused in an attempt is not taken in it, and what a person has refused not in the next one either. */
function artifacts(): Rule {
  const rejected = new Map<string, string[]>();
  return (event, before) => {
    if (event.type === "approval.answered" && event.answer === "reject") {
      const sha256 = before.phases[event.phase]?.artifact?.sha256;
      if (sha256 !== undefined) rejected.set(event.phase, [...(rejected.get(event.phase) ?? []), sha256]);
    }
    if (event.type === "phase.started" && event.cause !== "rejected") rejected.delete(event.phase);
    // A command that says the same again is right to.
    if (event.type !== "artifact.checked" || before.phases[event.phase]?.command) return [];
    const { sha256 } = event.artifact;
    const refused = [...(before.phases[event.phase]?.refused ?? []), ...(rejected.get(event.phase) ?? [])];
    return refused.includes(sha256) ? [`${event.phase}#${event.attempt} takes an artifact that was refused`] : [];
  };
}

function prompts(): Rule {
  const sent = new Set<string>();
  const sentTwice = once("sent twice");
  const takenTwice = once("delivered twice");
  return (event) => {
    if (event.type === "prompt.sending") {
      sent.add(event.key);
      return sentTwice(event.key);
    }
    if (event.type !== "prompt.delivered") return [];
    return [...takenTwice(event.key), ...(sent.has(event.key) ? [] : [`delivered and never sent: ${event.key}`])];
  };
}

/** The turns of a talk come one after the other: each is asked once, ends once, and is never asked again under another number. */
function turns(): Rule {
  const askedTwice = once("asked twice");
  const endedTwice = once("ended twice");
  return (event, before) => {
    if (event.type !== "turn.asked" && event.type !== "turn.ended") return [];
    const { talk } = before.phases[event.phase] ?? {};
    const turn = `turn ${event.number} of ${event.phase}#${event.attempt}`;
    const open = openTurn(talk);
    if (event.type === "turn.ended")
      return [...endedTwice(turn), ...(open?.number === event.number ? [] : [`${turn} ends, and was not open`])];
    const next = (talk?.turns.length ?? 0) + 1;
    return [
      ...askedTwice(`a turn of ${event.phase} by the key ${event.key}`),
      ...(open ? [`${turn} begins before turn ${open.number} is over`] : []),
      ...(event.number === next ? [] : [`${turn} should be turn ${next}`]),
    ];
  };
}

/** What may still be told of a run that has ended: its agents' last words and ends, and the report. */
const AFTERWARDS: readonly RunEvent["type"][] = [
  "session.opened",
  "session.changed",
  "session.closed",
  "session.told",
  "permission.answered",
  "command.finished",
  "usage.reported",
  "model.called",
  "tool.calling",
  "tool.called",
  "plan.told",
  "escalation.settled",
  "budget.set",
  "report.written",
  "run.resumed",
  "run.deleted",
];

function afterTheEnd(): Rule {
  let ended = false;
  let reports = 0;
  return (event) => {
    const found = ended && !AFTERWARDS.includes(event.type) ? [`${event.type} after the end`] : [];
    if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled") {
      ended = true;
      reports = 0;
    }
    if (event.type === "run.resumed") ended = false;
    if (event.type === "report.written") reports += 1;
    if (event.type === "report.written" && (!ended || reports > 1)) found.push(`report ${reports}, ended: ${ended}`);
    return found;
  };
}

/** A session is opened once and closed once, and a role has one at a time. */
function sessionsOnce(): Rule {
  const opening = once("opened twice");
  const opened = once("told to be open twice");
  const closed = once("closed twice");
  return (event, _, { sessions }) => {
    if (event.type === "session.opened") return opened(event.session);
    if (event.type === "session.closed") return closed(event.session);
    if (event.type !== "session.opening") return [];
    const live = Object.values(sessions).filter(({ role, state }) => role === event.role && isLive(state));
    return [...opening(event.session), ...(live.length > 1 ? [`${event.role} has ${live.length} sessions`] : [])];
  };
}

/** Every change of a session starts from where it was; one that has ended does nothing more. */
const sessionStates: Rule = (event, { sessions }) => {
  const before = "session" in event && event.session !== undefined ? sessions[event.session] : undefined;
  if (event.type === "session.changed" && before?.state !== event.from)
    return [`${event.session} was ${before?.state}, not ${event.from}`];
  if (event.type === "session.changed" && event.from === event.to) return [`${event.session} stayed ${event.to}`];
  const ended = before && !isLive(before.state) && event.type.startsWith("prompt.");
  return ended ? [`${event.type} to a session that is ${before.state}`] : [];
};

/** No counter passes its limit without a person. */
const recoveries: Rule = (event) =>
  event.type === "session.recovery" && event.used > RECOVERY[event.counter].limit
    ? [`${event.counter} was used ${event.used} times`]
    : [];

/** Nobody is asked on behalf of what is gone, or about what is over. */
const questions: Rule = (_, before, after) => {
  if (!isTidy(after) || isTidy(before)) return [];
  const ended = (session: string): boolean => !isLive(after.sessions[session]?.state ?? "starting");
  return [
    ...after.escalations
      .filter(({ session, severity }) => severity === "question" && session !== undefined && ended(session))
      .map(({ failure }) => `a question of an agent that is gone: ${failure.code}`),
    ...(after.ended?.status === "completed" && after.escalations.some(({ severity }) => severity === "problem")
      ? ["a problem that outlived the run"]
      : []),
  ];
};
