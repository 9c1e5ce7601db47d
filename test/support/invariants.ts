/** What holds for every run, however it went: checked at the end of tests that take runs through trouble. */
import { expect } from "vitest";
import type { EventOf, RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { RECOVERY } from "../../src/domain/recovery.ts";
import { evolve } from "../../src/domain/run-evolve.ts";
import { initial, isTidy, type RunState } from "../../src/domain/run-state.ts";
import { isLive } from "../../src/domain/session.ts";

type Log = readonly Pick<StoredEvent, "position" | "event">[];

/** Fails with every rule that the run has broken. */
export function expectSound(log: Log): void {
  expect(broken(log)).toEqual([]);
}

/** The rules that a run has broken so far, each in words; none when it is sound. */
export function broken(log: Log): string[] {
  const events = log.map(({ event }) => event);
  return [
    ...gaps(log),
    ...acceptances(events),
    ...attempts(events),
    ...prompts(events),
    ...afterTheEnd(events),
    ...sessions(events),
    ...recoveries(events),
    ...unexplained(events),
  ];
}

const gaps = (log: Log): string[] =>
  log.flatMap(({ position }, at) => (position === at + 1 ? [] : [`event ${at + 1} has position ${position}`]));

const of = <T extends RunEvent["type"]>(events: readonly RunEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

const twice = (keys: readonly string[], what: string): string[] =>
  [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))].map((key) => `${what}: ${key}`);

/** Once for each attempt, and once for each round unless a person has resumed the run in between. */
function acceptances(events: readonly RunEvent[]): string[] {
  let resumed = 0;
  const rounds = new Map<string, number>();
  const attempts: string[] = [];
  const perRound: string[] = [];
  for (const event of events) {
    if (event.type === "run.resumed") resumed += 1;
    if (event.type === "phase.started") rounds.set(event.phase, event.round);
    if (event.type !== "phase.accepted") continue;
    attempts.push(`${event.phase}#${event.attempt}`);
    perRound.push(`${event.phase} in round ${rounds.get(event.phase)}, resumed ${resumed} times`);
  }
  return [...twice(attempts, "accepted twice"), ...twice(perRound, "accepted twice in a round")];
}

/** A phase's attempts count up by one, and none begins while another is open. */
function attempts(events: readonly RunEvent[]): string[] {
  const last = new Map<string, { attempt: number; open: boolean }>();
  return events.flatMap((event) => {
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
  });
}

function prompts(events: readonly RunEvent[]): string[] {
  const sent = of(events, "prompt.sending").map(({ key }) => key);
  const taken = of(events, "prompt.delivered").map(({ key }) => key);
  const early = taken.filter((key) => !sent.includes(key)).map((key) => `delivered and never sent: ${key}`);
  return [...twice(sent, "sent twice"), ...twice(taken, "delivered twice"), ...early];
}

/** What may still be told of a run that has ended: its agents' last words and ends, and the report. */
const AFTERWARDS: readonly RunEvent["type"][] = [
  "session.opened",
  "session.changed",
  "session.closed",
  "session.told",
  "permission.answered",
  "usage.reported",
  "model.called",
  "tool.calling",
  "tool.called",
  "escalation.settled",
  "budget.set",
  "report.written",
  "run.resumed",
];

function afterTheEnd(events: readonly RunEvent[]): string[] {
  let ended = false;
  let reports = 0;
  return events.flatMap((event) => {
    const found = ended && !AFTERWARDS.includes(event.type) ? [`${event.type} after the end`] : [];
    if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled") {
      ended = true;
      reports = 0;
    }
    if (event.type === "run.resumed") ended = false;
    if (event.type === "report.written") reports += 1;
    if (event.type === "report.written" && (!ended || reports > 1)) found.push(`report ${reports}, ended: ${ended}`);
    return found;
  });
}

/** Every change of a session starts from where it was; one that has ended does nothing more; it is opened once. */
function sessions(events: readonly RunEvent[]): string[] {
  let state: RunState = initial;
  return [
    ...twice(
      of(events, "session.opening").map(({ session }) => session),
      "opened twice",
    ),
    ...twice(
      of(events, "session.opened").map(({ session }) => session),
      "told to be open twice",
    ),
    ...twice(
      of(events, "session.closed").map(({ session }) => session),
      "closed twice",
    ),
    ...events.flatMap((event) => {
      const before = "session" in event && event.session !== undefined ? state.sessions[event.session] : undefined;
      state = evolve(state, event);
      if (event.type === "session.changed" && before?.state !== event.from)
        return [`${event.session} was ${before?.state}, not ${event.from}`];
      if (event.type === "session.changed" && event.from === event.to) return [`${event.session} stayed ${event.to}`];
      const ended = before && !isLive(before.state) && event.type.startsWith("prompt.");
      return ended ? [`${event.type} to a session that is ${before.state}`] : [];
    }),
  ];
}

/** No counter passes its limit without a person. */
function recoveries(events: readonly RunEvent[]): string[] {
  return of(events, "session.recovery")
    .filter(({ counter, used }) => used > RECOVERY[counter].limit)
    .map(({ counter, used }) => `${counter} was used ${used} times`);
}

/** Every intent of a run that is over and tidied up has its receipt, or something tells why it has none. */
function unexplained(events: readonly RunEvent[]): string[] {
  const state = events.reduce(evolve, initial);
  if (!isTidy(state)) return [];
  const completed = state.ended?.status === "completed";
  const sessionEnded = (id: string): boolean => !isLive(state.sessions[id]?.state ?? "starting");
  const failed = of(events, "phase.failed").map(({ phase, attempt }) => `${phase}#${attempt}`);
  const finished = of(events, "command.finished").map(({ phase, attempt }) => `${phase}#${attempt}`);
  const taken = of(events, "prompt.delivered").map(({ key }) => key);
  const opened = of(events, "session.opened").map(({ session }) => session);
  const gone = [...of(events, "session.closed"), ...of(events, "session.changed").filter(({ to }) => to === "lost")];
  const explained = (session: string): boolean => gone.some((event) => event.session === session);
  return [
    ...of(events, "prompt.sending")
      .filter(({ key, session }) => !taken.includes(key) && !explained(session))
      .map(({ key }) => `a prompt without a receipt: ${key}`),
    ...of(events, "command.starting")
      .map(({ phase, attempt }) => `${phase}#${attempt}`)
      .filter((about) => !finished.includes(about) && !failed.includes(about) && completed)
      .map((about) => `a command without an end: ${about}`),
    ...of(events, "session.opening")
      .filter(({ session }) => !opened.includes(session) && !explained(session))
      .map(({ session }) => `a session without a receipt: ${session}`),
    ...state.escalations
      .filter(({ session, severity }) => severity === "question" && session !== undefined && sessionEnded(session))
      .map(({ failure }) => `a question of an agent that is gone: ${failure.code}`),
    ...(completed && state.escalations.some(({ severity }) => severity === "problem")
      ? ["a problem that outlived the run"]
      : []),
  ];
}
