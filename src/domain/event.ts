/**
 * Event: one fact in a run's append-only log. Everything that is shown anywhere is derived from these.
 *
 * E1. An event says what happened, never what should happen next.
 * E2. What has an effect outside is told twice: an intent (`…ing`) before, a receipt after. An intent without a receipt
 *     is looked at, not repeated blindly.
 * E3. Fields are only ever added, with defaults: an old log is read by every later version.
 */
import { z } from "zod";
import { Accepted, Violation } from "./artifact.ts";
import { CrossingFact, Limit, Policy } from "./budget.ts";
import { FailureFact } from "./failure-fact.ts";
import { Digest, EscalationId, SessionId } from "./ids.ts";
import { ModelCall, PlanTold, ToolCall, ToolResult } from "./model-call.ts";
import { Usd } from "./money.ts";
import { PermissionAnswer, Permitted } from "./permission.ts";
import { Persona } from "./persona.ts";
import { Counter } from "./recovery.ts";
import { Evidence, SessionState } from "./session.ts";
import { Template } from "./template.ts";
import { TroubleSaid } from "./trouble-kind.ts";
import { Usage } from "./usage.ts";

export const Bound = z.strictObject({ persona: Persona, hash: Digest });
export const KeptSchema = z.strictObject({ schema: z.record(z.string(), z.unknown()), hash: Digest });

export const PromptPurpose = z.enum(["work", "repair", "nudge", "continue", "turn"]);
export type PromptPurpose = z.infer<typeof PromptPurpose>;

/** How a turn of a talk ends; interrupted by a person, or failed for good. */
export const TurnEnd = z.enum(["answered", "interrupted", "failed"]);
export type TurnEnd = z.infer<typeof TurnEnd>;

const phaseAttempt = { phase: z.string(), attempt: z.int().positive() };

/** What a model agent tells of itself is numbered from 1 in its session: told again after a crash, it is taken once. */
const did = { session: SessionId, nth: z.int().positive() };

export const RunStarted = z
  .strictObject({
    type: z.literal("run.started"),
    repo: z.string(),
    base: z.string(),
    baseCommit: z.string(),
    goal: z.string(),
    template: Template,
    templateHash: Digest,
    bindings: z.record(z.string(), Bound),
    schemas: z.record(z.string(), KeptSchema),
    warnings: z.array(z.string()).default([]),
    budget: Limit.optional().describe("The most that this run may cost"),
    idempotencyKey: z.string().optional(),
    requestHash: Digest.optional(),
  })
  .describe(
    "A run begins. Holds everything it needs to go on, even if every file that this came from is edited or gone",
  );
export type RunStarted = z.infer<typeof RunStarted>;

export const RunEvent = z.discriminatedUnion("type", [
  RunStarted,
  z
    .strictObject({ type: z.literal("workspace.ready"), path: z.string(), branch: z.string(), commit: z.string() })
    .describe("The worktree and its branch are there"),
  z
    .strictObject({
      type: z.literal("phase.started"),
      ...phaseAttempt,
      round: z.int().positive(),
      cause: z.enum(["ready", "loop", "rejected", "resumed"]),
      comment: z.string().optional(),
    })
    .describe("An attempt at a phase begins, and why"),
  z
    .strictObject({ type: z.literal("phase.accepted"), ...phaseAttempt, artifact: Accepted })
    .describe("The artifact counts: what needed it may start"),
  z
    .strictObject({ type: z.literal("phase.failed"), ...phaseAttempt, failure: FailureFact })
    .describe("The phase is given up; the run fails once nothing else is under way"),
  z
    .strictObject({ type: z.literal("phase.looped"), phase: z.string(), to: z.string(), round: z.int().positive() })
    .describe("A loop was not satisfied: every phase of its body is due again"),
  z
    .strictObject({
      type: z.literal("session.opening"),
      session: SessionId,
      role: z.string(),
      persona: z.string(),
      adapter: z.string(),
      agent: z.string().optional(),
      continues: SessionId.optional().describe(
        "The session before it, whose conversation it is to go on with if it can",
      ),
    })
    .describe("Intent: an agent is about to be started for a role"),
  z
    .strictObject({
      type: z.literal("session.opened"),
      session: SessionId,
      host: z.enum(["tmux", "pty", "process"]),
      key: z.string(),
      pid: z.int().optional(),
      conversation: z.string().optional().describe("The agent's own id of the conversation that it goes on with"),
    })
    .describe("Receipt: it runs, and this is how to find it again"),
  z
    .strictObject({
      type: z.literal("session.changed"),
      session: SessionId,
      from: SessionState,
      to: SessionState,
      cause: z.string(),
      evidence: z.array(Evidence),
    })
    .describe("The agent's state has changed, with the evidence that says so"),
  z
    .strictObject({
      type: z.literal("session.troubled"),
      session: SessionId,
      ...TroubleSaid.shape,
      account: z.string().optional().describe("Whose trouble it is, where it is not the session's alone"),
      until: z.number().optional().describe("When it is tried again: as printed, or after a while"),
    })
    .describe(
      "Something keeps the agent from its work; where it is its account's, other sessions on that are told nothing",
    ),
  z
    .strictObject({
      type: z.literal("session.recovery"),
      session: SessionId,
      counter: Counter,
      used: z.int().positive(),
      phase: z.string().optional(),
      cause: z.string(),
    })
    .describe("An agent does not get on, and one try of a recovery counter is spent on it"),
  z
    .strictObject({
      type: z.literal("session.told"),
      session: SessionId,
      what: z.enum(["send", "interrupt", "pause", "resume", "restart", "kill"]),
      by: z.string(),
      sha256: Digest.optional(),
      bytes: z.int().optional(),
    })
    .describe("A person did something to a session by devflow"),
  z
    .strictObject({
      type: z.literal("permission.answering"),
      permission: EscalationId,
      session: SessionId,
      phase: z.string().optional(),
      dialog: z.string(),
      tool: z.string(),
      text: z.string(),
      digest: Digest,
      answer: PermissionAnswer,
      by: z.string(),
      cause: z.string(),
    })
    .describe(
      "Intent: what an agent asks permission for is about to be answered, by its persona's lists or by a person",
    ),
  z
    .strictObject({
      type: z.literal("permission.answered"),
      permission: EscalationId,
      session: SessionId,
      answer: PermissionAnswer,
      result: Permitted,
    })
    .describe("Receipt: whether the answer was taken; one whose question had changed was not given"),
  z
    .strictObject({ type: z.literal("session.closed"), session: SessionId, cause: z.string() })
    .describe("The agent was ended"),
  z
    .strictObject({
      type: z.literal("prompt.sending"),
      key: z.string(),
      ...phaseAttempt,
      number: z.int().positive(),
      session: SessionId,
      purpose: PromptPurpose,
      sha256: Digest,
      bytes: z.int().nonnegative(),
      file: z.string(),
    })
    .describe("Intent: a prompt is about to be handed over. Its key makes handing it over again harmless"),
  z
    .strictObject({
      type: z.literal("prompt.delivered"),
      key: z.string(),
      ...phaseAttempt,
      session: SessionId,
      receipt: z.array(Evidence),
    })
    .describe("Receipt: the agent has taken it, as another channel than the one typed into shows"),
  z
    .strictObject({
      type: z.literal("prompt.held"),
      key: z.string(),
      ...phaseAttempt,
      session: SessionId,
      reason: z.string(),
      until: z.number().optional().describe("Its account is in trouble until then"),
    })
    .describe("A prompt waits: a dialog, a person's draft or hands, an agent that is not ready"),
  z
    .strictObject({
      type: z.literal("turn.asked"),
      ...phaseAttempt,
      number: z.int().positive(),
      key: z.string(),
      sha256: Digest,
      bytes: z.int().nonnegative(),
      by: z.string(),
    })
    .describe("A person has said something in a talk; the words are kept by their hash"),
  z
    .strictObject({
      type: z.literal("turn.ended"),
      ...phaseAttempt,
      number: z.int().positive(),
      how: TurnEnd,
      sha256: Digest.optional().describe("The answer's words, as far as the agent's kind can tell them"),
      failure: FailureFact.optional(),
    })
    .describe("The agent has answered, or its turn has ended without an answer"),
  z
    .strictObject({
      type: z.literal("turn.undone"),
      ...phaseAttempt,
      number: z.int().positive(),
      files: z.int().nonnegative(),
      by: z.string(),
    })
    .describe("What a turn had changed in the worktree was taken back"),
  z
    .strictObject({ type: z.literal("talk.ended"), ...phaseAttempt, by: z.string() })
    .describe("A person has ended a talk; its record becomes its artifact"),
  z
    .strictObject({ type: z.literal("role.bound"), role: z.string(), ...Bound.shape, by: z.string() })
    .describe("A role is another persona's from now on: its next session is opened with that one"),
  z
    .strictObject({
      type: z.literal("artifact.refused"),
      ...phaseAttempt,
      sha256: Digest.optional(),
      violations: z.array(Violation),
    })
    .describe("The artifact does not satisfy its schema; the agent is told what is wrong"),
  z
    .strictObject({ type: z.literal("artifact.checked"), ...phaseAttempt, artifact: Accepted })
    .describe("The artifact is whole, satisfies its schema and is kept under its hash"),
  z
    .strictObject({ type: z.literal("command.starting"), ...phaseAttempt, argv: z.array(z.string()) })
    .describe("Intent: the command of a phase is about to run"),
  z
    .strictObject({
      type: z.literal("command.finished"),
      ...phaseAttempt,
      exitCode: z.int().nullable(),
      durationMs: z.number(),
    })
    .describe("Receipt: how it ended; its result becomes an artifact"),
  z
    .strictObject({
      type: z.literal("approval.requested"),
      phase: z.string(),
      attempt: z.int().nonnegative(),
      when: z.enum(["before", "after"]),
      sha256: Digest.optional(),
    })
    .describe("A person must agree, before the phase or to its artifact"),
  z
    .strictObject({
      type: z.literal("approval.answered"),
      phase: z.string(),
      attempt: z.int().nonnegative(),
      when: z.enum(["before", "after"]),
      answer: z.enum(["approve", "reject"]),
      by: z.string(),
      comment: z.string().optional(),
    })
    .describe("What they said"),
  z
    .strictObject({
      type: z.literal("escalation.raised"),
      escalation: EscalationId,
      severity: z.enum(["question", "problem"]),
      failure: FailureFact,
      phase: z.string().optional(),
      session: SessionId.optional(),
    })
    .describe("A person is needed: a question of an agent, or a problem that recovery could not solve"),
  z
    .strictObject({
      type: z.literal("escalation.settled"),
      escalation: EscalationId,
      answer: z.string(),
      by: z.string(),
    })
    .describe("It is over: answered, retried, or overtaken by what happened"),
  z
    .strictObject({
      type: z.literal("usage.reported"),
      session: SessionId,
      phase: z.string().optional(),
      ...Usage.shape,
      nth: z.int().positive().optional(),
    })
    .describe("Tokens and cost, as the agent itself reports them"),
  z
    .strictObject({ type: z.literal("model.called"), ...did, ...ModelCall.shape })
    .describe("A model agent has called its model"),
  z
    .strictObject({ type: z.literal("tool.calling"), ...did, ...ToolCall.shape })
    .describe("Intent: a model agent is about to use a tool"),
  z.strictObject({ type: z.literal("tool.called"), ...did, ...ToolResult.shape }).describe("Receipt: how that ended"),
  z
    .strictObject({ type: z.literal("plan.told"), ...did, ...PlanTold.shape })
    .describe("An agent has told its plan, or how far it is with it"),
  z
    .strictObject({
      type: z.literal("budget.crossed"),
      ...CrossingFact.shape,
      session: SessionId.optional(),
      phase: z.string().optional(),
    })
    .describe("A call would pass, or with warn_continue has passed, a limit on money; once for each limit"),
  z
    .strictObject({ type: z.literal("budget.set"), usd: Usd, policy: Policy, by: z.string() })
    .describe("The run's own budget is another one now"),
  z
    .strictObject({ type: z.literal("run.interrupted"), cause: z.string() })
    .describe("The daemon went away while the run was under way"),
  z
    .strictObject({
      type: z.literal("run.resumed"),
      cause: z.string(),
      by: z.string(),
      from: z.string().optional().describe("This phase and all that need it are done again, on purpose"),
    })
    .describe("It goes on"),
  z.strictObject({ type: z.literal("run.completed") }).describe("Every phase is accepted"),
  z.strictObject({ type: z.literal("run.failed"), failure: FailureFact }).describe("The run ends without that"),
  z
    .strictObject({ type: z.literal("run.cancelled"), by: z.string(), comment: z.string().optional() })
    .describe("A person ended it"),
  z
    .strictObject({ type: z.literal("report.written"), json: z.string(), markdown: z.string(), sha256: Digest })
    .describe("The report is in its files"),
  z
    .strictObject({ type: z.literal("run.deleted"), by: z.string(), wip: z.string().optional() })
    .describe("Its worktree, recordings and report are gone; what was not committed is under the ref `wip`"),
]);
export type RunEvent = z.infer<typeof RunEvent>;
export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** An event with its place. `cursor` orders all runs' events; `position` counts from 1 within the run. */
export interface StoredEvent {
  cursor: number;
  run: string;
  position: number;
  /** Milliseconds since 1970. */
  at: number;
  event: RunEvent;
}

/**
 * Intents whose effect cannot be seen again, and answers of people: lost to a power failure they could be repeated or forgotten.
 * A prompt's intent is none of them: its terminal knows by its key whether it was typed, and a power failure ends the terminal too.
 * Nor is a phase's acceptance: its artifact is kept before, and looked at again; whatever durable follows from it takes it along.
 */
const DURABLE: ReadonlySet<RunEvent["type"]> = new Set([
  "run.started",
  "command.starting",
  "approval.answered",
  "escalation.settled",
  "permission.answering",
  "budget.set",
  "turn.asked",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "run.deleted",
]);

export const mustBeDurable = (events: readonly RunEvent[]): boolean => events.some(({ type }) => DURABLE.has(type));
