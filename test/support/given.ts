/** `given(events).when(outcome).follows(events)`: a run's behaviour as a sentence; its state is never asserted. */
import { expect } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { evolve, fold } from "../../src/domain/run-evolve.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { type RunState, statusOf } from "../../src/domain/run-state.ts";

export function given(events: readonly RunEvent[]) {
  const state = fold(events);
  return {
    ...looking(state),
    when: (...outcomes: Outcome[]) => {
      let now = state;
      let followed: RunEvent[] = [];
      for (const outcome of outcomes) {
        followed = decide(now, outcome);
        now = followed.reduce(evolve, now);
      }
      return {
        ...looking(now),
        /** What the last outcome led to, whole. */
        follows: (expected: readonly RunEvent[]) => expect(followed).toEqual(expected),
        /** What it led to, by type and phase: `phase.started review`. */
        leads: (expected: readonly string[]) => expect(followed.map(named)).toEqual(expected),
      };
    },
  };
}

const looking = (state: RunState) => ({
  next: () => nextSteps(state).map(({ key }) => key),
  status: () => statusOf(state),
  state,
});

const named = (event: RunEvent): string =>
  "phase" in event && event.phase !== undefined ? `${event.type} ${event.phase}` : event.type;
