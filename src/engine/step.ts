/** What performing a step means: what it may use of its run, and what comes of it. */
import type { RunEvent } from "../domain/event.ts";
import type { RunId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Step } from "../domain/run-next.ts";
import type { RunState } from "../domain/run-state.ts";

/** What a step may use of its run while it is performed. */
export interface StepContext {
  run: RunId;
  state(): RunState;
  /** Appends events of the step itself, such as its intent; resolves once they are in the log. */
  record(events: (state: RunState) => RunEvent[]): Promise<void>;
  /** Tells the run something that is not this step's own outcome. */
  tell(outcome: Outcome): void;
  /** Resolves once what was told so far is in the log, or cannot be. */
  heard(): Promise<void>;
  /** Says what this step is about to come to, while that is still being made certain: what follows is made ready meanwhile. */
  foresee(outcome: Outcome): void;
  /** What is left of a phase's time, in milliseconds; infinite while its clock stands still. */
  left(phase: string): number;
  signal: AbortSignal;
}

/** Resolves with what it has come to; without that, it is asked for again. */
export type Perform = (step: Step, context: StepContext) => Promise<Outcome | undefined>;

/** Makes a step ready that is about to be wanted; gives what it would announce first, if it is ready for that. */
export type MakeReady = (step: Step, context: StepContext) => Promise<readonly RunEvent[]>;
