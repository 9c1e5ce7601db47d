/**
 * Runs without an outside: what the engine would record for a step, with every outcome that the outside could give it.
 * The numbers that a test draws decide; the same numbers give the same run.
 */
import * as fc from "fast-check";
import { Policy } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { EscalationId, SessionId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { decide } from "../../src/domain/run-decide.ts";
import { evolve } from "../../src/domain/run-evolve.ts";
import type { Step } from "../../src/domain/run-next.ts";
import { initial, type RunState } from "../../src/domain/run-state.ts";
import { AgentState } from "../../src/domain/session.ts";
import type { Template } from "../../src/domain/template.ts";
import { checkTemplate } from "../../src/domain/template-check.ts";
import { Usage } from "../../src/domain/usage.ts";
import { drawnTemplate } from "./drawn-template.ts";
import { HASH, OTHER_HASH, started } from "./made.ts";

export interface SimulatedRun {
  readonly state: RunState;
  readonly log: { position: number; event: RunEvent }[];
  record(events: readonly RunEvent[]): void;
  tell(outcome: Outcome): void;
  /** Does a step; `dice` picks how it goes, 0 being well. */
  perform(step: Step, dice: number): void;
  /** What people, daemons and late agents do without having been asked. */
  disturb(dice: number): void;
}

export function simulatedRun(template: Template): SimulatedRun {
  let state = initial;
  const log: SimulatedRun["log"] = [];
  let ids = 0;
  const id = (): string => {
    ids += 1;
    return `01${String(ids).padStart(24, "0")}`;
  };
  const escalation = () => EscalationId.parse(id());

  const record = (events: readonly RunEvent[]): void => {
    for (const event of events) {
      state = evolve(state, event);
      log.push({ position: log.length + 1, event });
    }
  };
  const tell = (outcome: Outcome): void => record(decide(state, outcome));

  /** Records what the step announces; what it tells is for the run to decide on. */
  function outcomeOf(step: Step, dice: number): Outcome | undefined {
    switch (step.kind) {
      case "workspace":
        return dice % 9 === 8 ? IMPOSSIBLE : { kind: "workspace", path: "/w", branch: "b", commit: "c" };
      case "session": {
        const session = step.session ?? SessionId.parse(id());
        const { role } = step;
        if (!step.session) record([{ type: "session.opening", session, role, persona: "p@1", adapter: "fake" }]);
        if (dice % 5 === 4) return undefined; // killed in between: the next one finds the intent
        record([{ type: "session.opened", session, host: "process", key: session }]);
        return undefined;
      }
      case "prompt": {
        const { phase, attempt, session, key } = step;
        const known = state.phases[phase]?.prompts.some((prompt) => prompt.key === key);
        const { kind: _, ...about } = step;
        if (!known) record([{ type: "prompt.sending", ...about, sha256: HASH, bytes: 1, file: "f" }]);
        const outcomes: Outcome[] = [
          { kind: "delivered", phase, attempt, key, session, receipt: [] },
          { kind: "lost", phase, attempt, session, cause: "gone", escalation: escalation() },
          { kind: "trouble", phase, attempt, session, counter: "resubmit", cause: "?", escalation: escalation() },
          { kind: "timeout", phase, attempt },
        ];
        return picked(outcomes, dice);
      }
      case "watch": {
        const { phase, attempt, session } = step;
        const about = { phase, attempt, session, cause: "?", escalation: escalation() };
        const outcomes: Outcome[] = [
          { kind: "good", phase, attempt, artifact: { sha256: made(attempt), bytes: 2, satisfied: dice < 40 } },
          { kind: "bad", phase, attempt, violations: [], sha256: OTHER_HASH },
          { kind: "lost", ...about },
          { kind: "trouble", ...about, counter: "nudge" },
          { kind: "trouble", ...about, counter: "interrupt" },
          { kind: "trouble", ...about, counter: "backoff" },
          { kind: "timeout", phase, attempt },
        ];
        return picked(outcomes, dice);
      }
      case "command": {
        const { phase, attempt } = step;
        record([{ type: "command.starting", phase, attempt, argv: ["true"] }]);
        if (dice % 5 === 4) return undefined; // killed while it ran
        const command = { exitCode: 0, durationMs: 1 };
        const artifact = { sha256: made(attempt), bytes: 2, satisfied: dice < 40 };
        const failed = { ...IMPOSSIBLE, kind: "failed", phase, attempt, command } as const;
        return dice % 7 === 6 ? failed : { kind: "good", phase, attempt, artifact, command };
      }
      case "end command":
        return { kind: "ended", phase: step.phase, attempt: step.attempt };
      case "close":
        return { kind: "closed", session: step.session, cause: "the run has ended" };
      case "report":
        return { kind: "reported", json: "j", markdown: "m", sha256: HASH };
    }
  }

  function disturb(dice: number): void {
    const sessions = Object.values(state.sessions);
    const session = sessions[dice % Math.max(1, sessions.length)]?.session;
    const phases = Object.keys(state.phases);
    const phase = phases[dice % Math.max(1, phases.length)] ?? "";
    const { attempt, status } = state.phases[phase] ?? { attempt: 0, status: "pending" };
    const late = status === "running" || status === "repairing" ? attempt - 1 : attempt;
    const verdict = AgentState.options[dice % AgentState.options.length] ?? "unknown";
    const outcomes: Outcome[] = [
      { kind: "approve", phase: undefined, by: "ann" },
      { kind: "reject", phase: undefined, by: "ann", comment: "no" },
      { kind: "interrupt", cause: "the daemon went away" },
      { kind: "resume", by: "devflowd", cause: "the daemon is back", retry: false },
      { kind: "resume", by: "ann", cause: "asked", retry: true },
      // Too late: of an attempt that is over, or that nobody waits for any more.
      { kind: "good", phase, attempt: late, artifact: { sha256: made(attempt), bytes: 2, satisfied: true } },
      { kind: "timeout", phase, attempt: late },
    ];
    const asking = state.escalations[dice % Math.max(1, state.escalations.length)];
    if (asking) {
      const about = { kind: "answer", escalation: asking.escalation, by: "ann" } as const;
      outcomes.push({ ...about, answer: "allow" }, { ...about, answer: "stop" });
    }
    outcomes.push({ kind: "budget", usd: "5", policy: "block", by: "ann" });
    if (dice % 10 === 9) outcomes.push({ kind: "cancel", by: "ann" });
    if (session !== undefined) {
      outcomes.push(
        { kind: "verdict", session, verdict: { state: verdict, evidence: [] }, escalation: escalation() },
        { kind: "told", session, what: "kill", by: "ann", escalation: escalation() },
        { kind: "told", session, what: "restart", by: "ann", escalation: escalation() },
        { kind: "lost", phase, attempt, session, cause: "late", escalation: escalation() },
        ...Policy.options.map((policy): Outcome => {
          const crossing = { scope: "run", name: "R", limitUsd: String(dice % 3), wouldUsd: "4", policy } as const;
          return { kind: "crossed", session, crossing, escalation: escalation() };
        }),
        { kind: "afforded", session },
        { kind: "settled", session, usage: USAGE },
      );
    }
    tell(picked(outcomes, dice));
  }

  record([started(template)]);
  return {
    get state() {
      return state;
    },
    log,
    record,
    tell,
    perform: (step, dice) => {
      const outcome = outcomeOf(step, dice);
      if (outcome) tell(outcome);
    },
    disturb,
  };
}

const USAGE = Usage.parse({ inputTokens: 10, outputTokens: 1, costUsd: "0.1" });

/** Each attempt makes something else. */
const made = (attempt: number): string => attempt.toString(16).padStart(64, "0");

const IMPOSSIBLE = {
  kind: "impossible",
  failure: { code: "internal", message: "no", hint: "", details: {} },
} as const;

/** Well, in most cases: else few runs would come far. */
const picked = (outcomes: readonly Outcome[], dice: number): Outcome =>
  outcomes[dice < 50 ? 0 : dice % outcomes.length] ?? { kind: "started" };

export const dice = fc.nat(99);

/** Templates that `devflow templates validate` would take, small enough to be walked to their ends. */
export const templates: fc.Arbitrary<Template> = fc
  .array(
    fc.record({
      role: fc.option(fc.constantFrom("red", "green", "blue"), { nil: undefined, freq: 5 }),
      needs: fc.array(fc.nat(5), { maxLength: 3 }),
      approval: fc.option(fc.constantFrom("before" as const, "after" as const), { nil: undefined, freq: 3 }),
      repairs: fc.nat(2),
      repeat: fc.option(fc.record({ from: fc.nat(5), max: fc.integer({ min: 1, max: 3 }) }), {
        nil: undefined,
        freq: 3,
      }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((sketches) => drawnTemplate(sketches))
  .filter((template) => checkTemplate(template).every(({ level }) => level === "warning"));
