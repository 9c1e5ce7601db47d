/**
 * What follows from an outcome, made ready while the outcome itself is still being made certain: while a good artifact is on its
 * way to the disk, the prompt of the phase after it is composed.
 *
 * R1. What is made ready is of use to nobody before it is announced, and may be thrown away: files that no prompt has named, a
 *     text that no program sees.
 * R2. It is announced with the outcome that it follows from, and only where the run stands as it stood: else its step makes it anew.
 */
import type { RunEvent } from "../domain/event.ts";
import type { Outcome } from "../domain/outcome.ts";
import { decide } from "../domain/run-decide.ts";
import { evolve } from "../domain/run-evolve.ts";
import { nextSteps, type Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";
import type { MakeReady, StepContext } from "./step.ts";

interface Stands {
  state: RunState;
  /** How many events the run has. */
  position: number;
}

export interface Foresight {
  /** `wanted` says which steps are not under way already. */
  foresee(outcome: Outcome, at: Stands, wanted: (step: Step) => boolean, context: StepContext): void;
  /** What this outcome comes to, with what is announced after it (R2); `undefined` where that was not foreseen. */
  foreseen(outcome: Outcome, position: number): RunEvent[] | undefined;
}

export function foresight(ready: MakeReady): Foresight {
  let seen: { outcome: Outcome; position: number; events: RunEvent[] } | undefined;
  return {
    foresee(outcome, { state, position }, wanted, context) {
      const events = decide(state, outcome);
      const then = events.reduce(evolve, state);
      seen = { outcome, position, events };
      for (const step of nextSteps(then)) {
        if (!wanted(step)) continue;
        // What cannot be made ready says so when it is performed.
        ready(step, { ...context, state: () => then }).then(
          (announced) => events.push(...announced),
          () => undefined,
        );
      }
    },
    foreseen: (outcome, position) =>
      seen?.outcome === outcome && seen.position === position ? [...seen.events] : undefined,
  };
}
