/** Methods about runs: what one would do, starting it, looking at it, deciding about it. */
import { z } from "zod";
import type { StoredEvent } from "../domain/event.ts";
import { Usd } from "../domain/money.ts";
import { RunView } from "../domain/view.ts";
import { CostEstimate } from "./money.ts";
import { By, Comment, type Method, RunRef } from "./refs.ts";

/** Longest goal, in bytes of UTF-8: a goal is a text a person wrote, and it is stored with the run. */
export const MAX_GOAL_BYTES = 512 * 1024;

export const RunRequest = z.strictObject({
  template: z.string().min(1, "no template is named").max(80),
  goal: z.string(),
  repo: z.string().describe("An absolute path in the repository"),
  base: z
    .string()
    .min(1, "the branch has no name")
    .max(250)
    .optional()
    .describe("The branch to start from; the one that is checked out otherwise"),
  bind: z.record(z.string(), z.string()).default({}).describe("Role → persona"),
  models: z
    .record(z.string(), z.string().min(1).max(200))
    .optional()
    .describe("Role → the model that its persona is to use"),
  commands: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .describe("Command phase → argv to run instead"),
  budgetUsd: Usd.optional().describe("The most that the run may cost; the setting budget.runUsd otherwise"),
});
export type RunRequest = z.infer<typeof RunRequest>;

export const Preview = z.strictObject({
  template: z.string(),
  description: z.string(),
  repo: z.string(),
  base: z.string(),
  baseCommit: z.string(),
  goalBytes: z.int(),
  /** Control characters that were taken out of the goal. */
  goalRemoved: z.int(),
  phases: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      role: z.string().optional(),
      persona: z.string().optional(),
      command: z.array(z.string()).optional(),
      needs: z.array(z.string()),
      approval: z.enum(["before", "after"]).optional(),
      repeat: z.strictObject({ from: z.string(), max: z.int() }).optional(),
      timeout: z.string(),
    }),
  ),
  bindings: z.array(
    z.strictObject({ role: z.string(), persona: z.string(), agent: z.string(), family: z.string(), why: z.string() }),
  ),
  warnings: z.array(z.string()),
  estimate: CostEstimate.optional(),
});
export type Preview = z.infer<typeof Preview>;

export const RunSummary = z.strictObject({
  id: z.string(),
  status: RunView.shape.status,
  template: z.string(),
  repo: z.string(),
  base: z.string(),
  branch: z.string().optional(),
  goal: z.string(),
  startedAt: z.number(),
  updatedAt: z.number(),
  endedAt: z.number().optional(),
  at: z.string(),
  accepted: z.int(),
  phases: z.int(),
});
export type RunSummary = z.infer<typeof RunSummary>;

const Event = z.custom<StoredEvent>((value) => typeof value === "object" && value !== null);

export const RUN_METHODS = {
  "run.preview": { summary: "What a run would do, without starting it", params: RunRequest, result: Preview },
  "run.start": {
    summary: "Start a run",
    params: RunRequest.extend({ idempotencyKey: z.string().min(1).max(200).optional() }),
    result: z.strictObject({ run: z.string(), created: z.boolean(), warnings: z.array(z.string()), cursor: z.int() }),
  },
  "run.list": {
    summary: "Runs, newest first",
    params: z.strictObject({
      limit: z.int().min(1).max(1_000).default(20),
      active: z.boolean().optional(),
      status: RunView.shape.status.optional(),
    }),
    result: z.strictObject({ runs: z.array(RunSummary) }),
  },
  "run.show": { summary: "Everything about one run", params: z.strictObject({ run: RunRef }), result: RunView },
  "run.events": {
    summary: "A run's events from a position on",
    params: z.strictObject({
      run: RunRef,
      from: z.int().min(1).default(1),
      limit: z.int().min(1).max(10_000).default(1_000),
    }),
    result: z.strictObject({ run: z.string(), events: z.array(Event), more: z.boolean() }),
  },
  "run.report": {
    summary: "The report of a run that has ended",
    params: z.strictObject({ run: RunRef }),
    result: z.strictObject({
      run: z.string(),
      json: z.string().describe("The file with the report as JSON"),
      markdown: z.string().describe("The file with the report as Markdown"),
      text: z.string(),
      data: z.unknown(),
    }),
  },
  "run.approve": {
    summary: "Agree to what a run waits for",
    params: z.strictObject({ run: RunRef, phase: z.string().optional(), comment: Comment.optional(), by: By }),
    result: z.strictObject({ run: z.string(), phase: z.string() }),
  },
  "run.reject": {
    summary: "Refuse it: the phase is done again with the comment, or the run ends when it had not begun",
    params: z.strictObject({ run: RunRef, phase: z.string().optional(), comment: Comment.min(1), by: By }),
    result: z.strictObject({ run: z.string(), phase: z.string() }),
  },
  "run.resume": {
    summary: "Go on with a run that was interrupted, failed or is parked; or do it again from a phase on",
    params: z.strictObject({
      run: RunRef,
      by: By,
      from: z.string().optional().describe("Do this phase and all that need it again, also when the run is complete"),
    }),
    result: z.strictObject({ run: z.string() }),
  },
  "run.cancel": {
    summary: "End a run; its branch and worktree stay",
    params: z.strictObject({ run: RunRef, comment: Comment.optional(), by: By }),
    result: z.strictObject({ run: z.string() }),
  },
  "run.delete": {
    summary: "Remove what is kept of a run that has ended: worktree, recordings, report; its branch and events stay",
    params: z.strictObject({ run: RunRef, by: By }),
    result: z.strictObject({
      run: z.string(),
      wip: z.string().optional().describe("The ref that holds what was not committed"),
    }),
  },
  "run.diff": {
    summary: "What a run has changed, as a unified diff",
    params: z.strictObject({ run: RunRef }),
    result: z.strictObject({ run: z.string(), diff: z.string() }),
  },
} as const satisfies Record<string, Method>;
