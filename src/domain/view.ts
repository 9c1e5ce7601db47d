/**
 * What people see of a run: one fold of its events, shown by `runs show`, `watch` and the report alike.
 * The shapes here are also the report's JSON: durations and times are in milliseconds, times since 1970.
 */
import { z } from "zod";
import { Violation } from "./artifact.ts";
import { CrossingFact, Limit } from "./budget.ts";
import { FailureFact } from "./failure-fact.ts";
import { Usd } from "./money.ts";
import { Counter } from "./recovery.ts";
import { SessionState } from "./session.ts";

export const AttemptView = z.strictObject({
  attempt: z.int(),
  round: z.int(),
  cause: z.string(),
  comment: z.string().optional(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  outcome: z.enum(["running", "accepted", "rejected", "failed", "superseded"]),
  prompts: z.array(
    z.strictObject({
      number: z.int(),
      purpose: z.enum(["work", "repair", "nudge", "continue", "turn"]),
      sentAt: z.number(),
      deliveredAt: z.number().optional(),
      sha256: z.string(),
      bytes: z.int(),
    }),
  ),
  refused: z.array(z.strictObject({ at: z.number(), sha256: z.string().optional(), violations: z.array(Violation) })),
  artifact: z.strictObject({ sha256: z.string(), bytes: z.int(), satisfied: z.boolean() }).optional(),
  exitCode: z.int().nullable().optional(),
  failure: FailureFact.optional(),
});
export type AttemptView = z.infer<typeof AttemptView>;

export const PhaseView = z.strictObject({
  id: z.string(),
  title: z.string(),
  role: z.string().optional(),
  persona: z.string().optional(),
  command: z.array(z.string()).optional(),
  needs: z.array(z.string()),
  schema: z.string(),
  status: z.enum([
    "pending",
    "running",
    "repairing",
    "validating",
    "awaiting_approval",
    "accepted",
    "rejected",
    "failed",
    "skipped",
  ]),
  attempts: z.array(AttemptView),
  approvals: z.array(
    z.strictObject({
      attempt: z.int(),
      when: z.enum(["before", "after"]),
      answer: z.enum(["approve", "reject"]),
      by: z.string(),
      comment: z.string().optional(),
      at: z.number(),
    }),
  ),
});
export type PhaseView = z.infer<typeof PhaseView>;

export const SessionView = z.strictObject({
  id: z.string(),
  run: z.string(),
  role: z.string(),
  persona: z.string(),
  adapter: z.string(),
  agent: z.string().optional(),
  host: z.enum(["tmux", "pty", "process"]).optional(),
  state: SessionState,
  since: z.number(),
  cause: z.string(),
  openedAt: z.number(),
  closedAt: z.number().optional(),
  recoveries: z.partialRecord(Counter, z.int()),
  held: z.string().optional().describe("Why a prompt waits, while it does"),
  conversation: z
    .string()
    .optional()
    .describe("The agent's own id of the conversation that it goes on with, after the session before it had ended"),
});
export type SessionView = z.infer<typeof SessionView>;

export const EscalationView = z.strictObject({
  id: z.string(),
  severity: z.enum(["question", "problem"]),
  failure: FailureFact,
  phase: z.string().optional(),
  session: z.string().optional(),
  raisedAt: z.number(),
  settledAt: z.number().optional(),
  answer: z.string().optional(),
});

export type EscalationView = z.infer<typeof EscalationView>;

/** Tokens and money as agents reported them; `unknown` sessions reported nothing, and are not counted as zero. */
export const UsageView = z.strictObject({
  inputTokens: z.int(),
  outputTokens: z.int(),
  cachedTokens: z.int(),
  costUsd: Usd.optional().describe("All that is known of the cost, to the last digit; absent when nothing is"),
  estimatedUsd: Usd.optional().describe("The part of it that devflow worked out itself, from prices"),
  uncosted: z.int().default(0).describe("Reports of tokens whose cost is not known"),
  unknown: z
    .array(z.string())
    .describe("Sessions that reported no usage; never of a model agent, whose calls are all metered"),
});

/** A limit on money that the run has come to. */
export const CrossingView = z.strictObject({
  ...CrossingFact.shape,
  at: z.number(),
  phase: z.string().optional(),
  session: z.string().optional(),
});

export const RunView = z.strictObject({
  id: z.string(),
  status: z.enum(["pending", "running", "waiting", "interrupted", "completed", "failed", "cancelled"]),
  template: z.string(),
  templateHash: z.string(),
  goal: z.string(),
  repo: z.string(),
  base: z.string(),
  baseCommit: z.string(),
  branch: z.string().optional(),
  worktree: z.string().optional(),
  startedAt: z.number(),
  updatedAt: z.number(),
  endedAt: z.number().optional(),
  bindings: z.record(z.string(), z.strictObject({ persona: z.string(), family: z.string(), hash: z.string() })),
  warnings: z.array(z.string()),
  phases: z.array(PhaseView),
  sessions: z.array(SessionView),
  escalations: z.array(EscalationView),
  usage: UsageView,
  budget: Limit.optional().describe("The most that it may cost, as it was last set"),
  crossings: z.array(CrossingView).default([]),
  interruptions: z.array(z.strictObject({ at: z.number(), cause: z.string(), resumedAt: z.number().optional() })),
  failure: FailureFact.optional(),
  cancelled: z.strictObject({ by: z.string(), comment: z.string().optional() }).optional(),
  report: z.strictObject({ json: z.string(), markdown: z.string() }).optional(),
  /** The cursor of the newest event in it: where to follow on from. */
  cursor: z.int(),
});
export type RunView = z.infer<typeof RunView>;
