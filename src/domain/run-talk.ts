/** What people and agents say in a talk, and what it means for its run. `talk.ts` has the rules. */
import type { RunEvent } from "./event.ts";
import type { FailureRecord } from "./failure.ts";
import type { SessionId } from "./ids.ts";
import type { OutcomeOf } from "./outcome.ts";
import { close } from "./run-sessions.ts";
import { current, type PhaseState, type RunState } from "./run-state.ts";
import { isLive } from "./session.ts";
import { NO_TALK, openTurn, type Talk, type TalkTurn } from "./talk.ts";
import type { Phase } from "./template.ts";

interface Talking {
  phase: Phase;
  now: PhaseState;
  talk: Talk;
}

/** The talk that a person can speak in now. */
export function talking(state: RunState): Talking | undefined {
  if (state.ended) return undefined;
  for (const phase of state.started?.template.phases ?? []) {
    const now = state.phases[phase.id];
    if (phase.talk && now?.status === "running") return { phase, now, talk: now.talk ?? NO_TALK };
  }
  return undefined;
}

/** What has come of the key before, if anything. */
export const turnOfKey = (state: RunState, key: string): TalkTurn | undefined =>
  Object.values(state.phases)
    .flatMap(({ talk }) => talk?.turns ?? [])
    .find((turn) => turn.key === key);

export function asked(state: RunState, { key, sha256, bytes, by }: OutcomeOf<"say">): RunEvent[] {
  const at = talking(state);
  if (!at || at.talk.over || openTurn(at.talk) || turnOfKey(state, key)) return [];
  const about = { phase: at.phase.id, attempt: at.now.attempt, number: at.talk.turns.length + 1 };
  return [{ type: "turn.asked", ...about, key, sha256, bytes, by }];
}

export function turnEnded(state: RunState, outcome: OutcomeOf<"turn">): RunEvent[] {
  const now = current(state, outcome);
  const turn = openTurn(now?.talk);
  if (!now || turn?.number !== outcome.number) return [];
  const { phase, attempt, number, sha256, failure } = outcome;
  const how = outcome.how === "answered" && turn.stopped ? "interrupted" : outcome.how;
  return [
    {
      type: "turn.ended",
      ...{ phase, attempt, number, how },
      ...(sha256 !== undefined && { sha256 }),
      ...(failure && { failure }),
    },
  ];
}

/** A failure ends the turn, and never the talk: the person says what is next. `undefined`: it is no talk. */
export function turnFailed(state: RunState, phase: string, failure: FailureRecord): RunEvent[] | undefined {
  const now = state.phases[phase];
  const isTalk = state.started?.template.phases.some(({ id, talk }) => id === phase && talk);
  if (!isTalk || !now) return undefined;
  const turn = openTurn(now.talk);
  if (!turn || !current(state, { phase, attempt: now.attempt })) return [];
  return [{ type: "turn.ended", phase, attempt: now.attempt, number: turn.number, how: "failed", failure }];
}

/** A person stops the agent before it was told anything: then there is nothing to wait for. */
export function stoppedEarly(state: RunState, session: SessionId): RunEvent[] {
  const at = talking(state);
  const turn = openTurn(at?.talk);
  const its = at && state.sessions[session]?.role === at.phase.role;
  if (!its || !turn || turn.prompt !== undefined) return [];
  const about = { phase: at.phase.id, attempt: at.now.attempt, number: turn.number };
  return [{ type: "turn.ended", ...about, how: "interrupted" }];
}

export function undone(state: RunState, { number, files, by }: OutcomeOf<"undone">): RunEvent[] {
  const at = talking(state);
  const turn = at?.talk.turns.find((one) => one.number === number);
  if (!at || !turn || turn.undone || openTurn(at.talk)) return [];
  return [{ type: "turn.undone", phase: at.phase.id, attempt: at.now.attempt, number, files, by }];
}

/** The session of the persona before is over: the next turn is another one's. */
export function bound(state: RunState, { role, persona, hash, by }: OutcomeOf<"bound">): RunEvent[] {
  const at = talking(state);
  if (!at || at.phase.role !== role || openTurn(at.talk)) return [];
  const live = Object.values(state.sessions).filter((one) => one.role === role && isLive(one.state));
  return [
    ...live.flatMap(({ session }) => close(state, session, `${by} has chosen another persona`)),
    { type: "role.bound", role, persona, hash, by },
  ];
}

export function talkEnded(state: RunState, { by }: OutcomeOf<"end talk">): RunEvent[] {
  const at = talking(state);
  return at && !at.talk.over ? [{ type: "talk.ended", phase: at.phase.id, attempt: at.now.attempt, by }] : [];
}

/** How the events of a talk change its phase. */
type TalkEvent = Extract<RunEvent, { type: `turn.${string}` | "talk.ended" }>;

export function talked(before: PhaseState, event: TalkEvent): PhaseState {
  const talk = before.talk ?? NO_TALK;
  switch (event.type) {
    case "turn.asked": {
      const { number, key, sha256, by } = event;
      return { ...before, talk: { ...talk, turns: [...talk.turns, { number, key, sha256, by }] } };
    }
    case "turn.ended": {
      const ended = turn(talk, event.number, (one) => ({
        ...one,
        how: event.how,
        ...(event.sha256 !== undefined && { answer: event.sha256 }),
      }));
      return { ...before, talk: ended, watch: before.watch + 1 };
    }
    case "turn.undone":
      return { ...before, talk: turn(talk, event.number, (one) => ({ ...one, undone: true })) };
    case "talk.ended":
      return { ...before, talk: { ...talk, over: true } };
  }
}

/** The turn that is open was taken to the agent by this prompt, or a person stops it. */
export function marked(before: PhaseState, change: Pick<TalkTurn, "prompt" | "stopped">): PhaseState {
  const open = openTurn(before.talk);
  return before.talk && open
    ? { ...before, talk: turn(before.talk, open.number, (one) => ({ ...one, ...change })) }
    : before;
}

const turn = (talk: Talk, number: number, change: (turn: TalkTurn) => TalkTurn): Talk => ({
  ...talk,
  turns: talk.turns.map((one) => (one.number === number ? change(one) : one)),
});
