/**
 * The method table: every request the daemon answers, with the shapes of its parameters and its result.
 * The client's types, the daemon's validation and `docs/protocol.md` are made from it.
 */
import { z } from "zod";
import { AuditLine } from "../domain/audit.ts";
import { Limit, Policy, ScopeKind } from "../domain/budget.ts";
import { EscalationAnswer } from "../domain/escalation.ts";
import type { StoredEvent } from "../domain/event.ts";
import { KeyChange } from "../domain/key-change.ts";
import { Usd } from "../domain/money.ts";
import { Asked } from "../domain/permission.ts";
import { Price } from "../domain/price.ts";
import { Evidence } from "../domain/session.ts";
import { EscalationView, RunView, SessionView } from "../domain/view.ts";
import { CatalogueState, CostEstimate, RunCosts, SpentStats, UsageWindow } from "./money.ts";

const RunRef = z.string().min(1).max(100).describe("A run's id, or the start or end of it");
const SessionRef = z.string().min(1).max(100).describe("A session's id, or the start or end of it");
const By = z.string().max(200).default("socket").describe("Who asks, for the record");
const Comment = z.string().max(20_000);
const Empty = z.strictObject({});
const Done = z.strictObject({ ok: z.literal(true) });

/** Longest goal, in bytes of UTF-8: a goal is a text a person wrote, and it is stored with the run. */
export const MAX_GOAL_BYTES = 512 * 1024;

/** Longest message of a talk: the request that carries it is limited to 1 MiB. */
export const MAX_SAID_CHARACTERS = 250_000;

/** Thirty days: what is older is for `spending.stats`. */
export const MAX_WINDOW_MINUTES = 30 * 24 * 60;

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

/** A live session, with how to reach it. */
export const SessionNow = z.strictObject({
  ...SessionView.shape,
  pid: z.int().optional(),
  attach: z
    .union([
      z.strictObject({ argv: z.array(z.string()), readOnlyArgv: z.array(z.string()) }),
      z.strictObject({ socket: z.string() }),
      z.strictObject({ transcript: z.string().describe("A file of JSON lines that grows as the agent works") }),
    ])
    .optional(),
  evidence: z.array(Evidence),
  asks: Asked.optional().describe("What the agent asks permission for"),
  recording: z.string().optional(),
});
export type SessionNow = z.infer<typeof SessionNow>;

/** A scope of spending as it stands: amounts are exact. */
export const ScopeNow = z.strictObject({
  scope: ScopeKind,
  name: z.string().describe("The run's id, the day, or persona/day"),
  limitUsd: Usd.optional(),
  policy: Policy.optional(),
  bookedUsd: Usd,
  reservedUsd: Usd.describe("The worst that the calls under way can come to"),
  leftUsd: z.string().optional().describe("What neither is booked nor reserved; below 0 when the limit was passed"),
});
export type ScopeNow = z.infer<typeof ScopeNow>;

const LimitSet = z.strictObject({
  scope: ScopeKind,
  name: z
    .string()
    .optional()
    .describe("The run or the persona; absent: each day, or each persona that has none of its own"),
  limit: Limit.optional().describe("Absent: it was taken away, and the setting counts again"),
});

/** An escalation of a run, with the words that it can be answered with. */
export const EscalationNow = z.strictObject({
  ...EscalationView.shape,
  run: z.string(),
  template: z.string(),
  answers: z.array(EscalationAnswer).describe("None when it is answered elsewhere, or settled"),
});
export type EscalationNow = z.infer<typeof EscalationNow>;

const EscalationRef = z.string().min(1).max(100).describe("An escalation's id, or the start or end of it");

const DaemonStatus = z.strictObject({
  pid: z.int(),
  version: z.string(),
  startedAt: z.number(),
  socket: z.string(),
  home: z.string(),
  host: z.enum(["tmux", "pty", "none"]),
  paused: z.boolean(),
  runs: z.strictObject({ running: z.int(), waiting: z.int() }),
  sessions: z.int(),
  memoryMb: z.number(),
  /** What stands in the way now: runs wait for it, and go on by themselves once it is gone. */
  problems: z.array(z.strictObject({ code: z.string(), message: z.string(), hint: z.string() })),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

const Event = z.custom<StoredEvent>((value) => typeof value === "object" && value !== null);

interface Method {
  summary: string;
  params: z.ZodType;
  result: z.ZodType;
}

export const METHODS = {
  "daemon.ping": {
    summary: "Is anybody there",
    params: Empty,
    result: z.strictObject({ pid: z.int(), version: z.string() }),
  },
  "daemon.status": { summary: "What the daemon is and does", params: Empty, result: DaemonStatus },
  "daemon.methods": {
    summary: "This table, with JSON Schemas",
    params: z.strictObject({ method: z.string().optional() }),
    result: z.array(
      z.strictObject({ method: z.string(), summary: z.string(), params: z.unknown(), result: z.unknown() }),
    ),
  },
  "daemon.pause": { summary: "Start no new steps; what is under way goes on", params: Empty, result: Done },
  "daemon.resume": { summary: "Go on after a pause", params: Empty, result: Done },
  "daemon.shutdown": {
    summary: "Stop; agents in terminals live on and are taken up again",
    params: Empty,
    result: Done,
  },

  "keys.changed": {
    summary: "Keys were kept or deleted: what the keyring holds is read anew, and who did it is recorded",
    params: z.strictObject({ change: KeyChange.optional() }),
    result: Done,
  },
  "notify.test": {
    summary: "Send a notification to every channel that the settings have, and say how that went",
    params: Empty,
    result: z.strictObject({
      sent: z.array(
        z.strictObject({
          channel: z.string(),
          told: z.boolean(),
          problem: z.string().optional().describe("Why it was not told"),
        }),
      ),
    }),
  },
  "daemon.backup": {
    summary: "Write everything that devflow knows into one archive, while it runs",
    params: z.strictObject({ file: z.string().startsWith("/").describe("An absolute path where nothing is yet") }),
    result: z.strictObject({ file: z.string(), bytes: z.int() }),
  },

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

  "talk.say": {
    summary: "Say something in a talk: the agent is told, and a turn begins",
    params: z.strictObject({
      run: RunRef,
      text: z.string().min(1).max(MAX_SAID_CHARACTERS),
      key: z.string().min(1).max(200).optional().describe("Said again with the same key, it is the same turn"),
      by: By,
    }),
    result: z.strictObject({ run: z.string(), turn: z.int() }),
  },
  "talk.turn": {
    summary: "What was said in a turn of a talk, and answered as far as that is known",
    params: z.strictObject({ run: RunRef, turn: z.int().positive() }),
    result: z.strictObject({ turn: z.int(), said: z.string(), answered: z.string().optional() }),
  },
  "talk.undo": {
    summary: "Take back what the last turn has changed in the worktree",
    params: z.strictObject({ run: RunRef, by: By }),
    result: z.strictObject({ turn: z.int(), files: z.int() }),
  },
  "talk.choose": {
    summary: "Go on with another persona or another model; the worktree stays, the conversation begins anew",
    params: z.strictObject({
      run: RunRef,
      persona: z.string().min(1).max(80).optional(),
      model: z.string().min(1).max(200).optional(),
      by: By,
    }),
    result: z.strictObject({ persona: z.string(), model: z.string().optional() }),
  },
  "talk.end": {
    summary: "End a talk: its record is kept, its agent ends, its branch and worktree stay",
    params: z.strictObject({ run: RunRef, by: By }),
    result: z.strictObject({ run: z.string() }),
  },

  "session.list": {
    summary: "Sessions of active runs; of all recent runs with `all`",
    params: z.strictObject({ run: RunRef.optional(), all: z.boolean().default(false) }),
    result: z.strictObject({ sessions: z.array(SessionNow) }),
  },
  "session.show": {
    summary: "One session: its state, what that rests on, and its screen",
    params: z.strictObject({ session: SessionRef }),
    result: z.strictObject({
      session: SessionNow,
      screen: z.array(z.string()).optional(),
      explanation: z.array(z.string()),
    }),
  },
  "session.send": {
    summary: "Send a text to an agent, as a person would type it",
    params: z.strictObject({ session: SessionRef, text: z.string().min(1).max(1_000_000), by: By }),
    result: z.strictObject({ session: z.string(), delivered: z.boolean(), detail: z.string() }),
  },
  "session.interrupt": {
    summary: "Stop the turn that an agent is in",
    params: z.strictObject({ session: SessionRef, by: By }),
    result: Done,
  },
  "session.pause": {
    summary: "Hold a model agent before its next call of the model",
    params: z.strictObject({ session: SessionRef, by: By }),
    result: Done,
  },
  "session.resume": {
    summary: "Let an agent that was paused go on",
    params: z.strictObject({ session: SessionRef, by: By }),
    result: Done,
  },
  "session.restart": {
    summary: "End an agent and start it again",
    params: z.strictObject({ session: SessionRef, by: By }),
    result: Done,
  },
  "session.kill": {
    summary: "End an agent; its run decides what follows",
    params: z.strictObject({ session: SessionRef, by: By }),
    result: Done,
  },
  "session.record": {
    summary: "Where the recording of a session is",
    params: z.strictObject({ session: SessionRef }),
    result: z.strictObject({ session: z.string(), file: z.string(), bytes: z.int() }),
  },

  "price.show": {
    summary: "What a model costs, by the name that it is called by",
    params: z.strictObject({ model: z.string().min(1).max(200) }),
    result: z.strictObject({ price: Price, catalogue: CatalogueState }),
  },
  "price.used": {
    summary: "The prices of the models that personas name or that were called before",
    params: z.strictObject({ repo: z.string().optional().describe("Whose own personas count too") }),
    result: z.strictObject({
      models: z.array(
        z.strictObject({
          model: z.string(),
          personas: z.array(z.string()),
          calls: z.int(),
          price: Price.optional().describe("Absent: not known"),
        }),
      ),
      catalogue: CatalogueState,
    }),
  },
  "model.list": {
    summary: "Every model that has a price; with `refresh` the catalogue is fetched first",
    params: z.strictObject({ search: z.string().max(200).optional(), refresh: z.boolean().default(false) }),
    result: z.strictObject({ models: z.array(Price), catalogue: CatalogueState }),
  },
  "spending.stats": {
    summary: "What was spent, summed up",
    params: z.strictObject({
      by: SpentStats.shape.by,
      since: z.number().optional().describe("Milliseconds since 1970"),
    }),
    result: SpentStats,
  },
  "spending.run": {
    summary: "What one run has cost",
    params: z.strictObject({ run: RunRef }),
    result: RunCosts,
  },
  "usage.window": {
    summary: "Tokens and money of the last minutes",
    params: z.strictObject({ minutes: z.int().min(1).max(MAX_WINDOW_MINUTES).default(60) }),
    result: UsageWindow,
  },
  "usage.reset": {
    summary: "Begin the count of `usage.window` anew; the books stay as they are",
    params: Empty,
    result: z.strictObject({ at: z.number() }),
  },

  "budget.show": {
    summary: "What was spent and is reserved in each scope, against its limit",
    params: z.strictObject({ run: RunRef.optional().describe("This run instead of those that are active") }),
    result: z.strictObject({
      day: z.string(),
      scopes: z.array(ScopeNow),
      limits: z.array(LimitSet).describe("As people have set them; what the settings say is in none of these"),
    }),
  },
  "budget.set": {
    summary: "Limit what a run, each day, or each day of a persona may cost",
    params: z.strictObject({
      scope: ScopeKind,
      name: z.string().min(1).max(100).optional().describe("The run, or the persona with or without its version"),
      usd: Usd.or(z.literal("none")).describe("none takes the limit away: the setting counts again"),
      policy: Policy.optional().describe("As it was, or as the setting says, when left out"),
      by: By,
    }),
    result: LimitSet,
  },

  "audit.read": {
    summary: "Lines of the audit record, in their order: those behind a line, or the last ones",
    params: z.strictObject({
      after: z.int().nonnegative().optional(),
      limit: z.int().min(1).max(1_000).default(50),
      run: RunRef.optional(),
    }),
    result: z.strictObject({
      lines: z.array(AuditLine),
      seen: z.int().describe("The last line that was looked at: where to go on from"),
    }),
  },
  "audit.verify": {
    summary: "Prove the audit record whole: no line changed, dropped, added, moved, or cut off at the end",
    params: Empty,
    result: z.strictObject({
      whole: z.boolean(),
      files: z.int(),
      lines: z.int(),
      last: z.strictObject({ seq: z.int(), hash: z.string() }),
      problems: z.array(
        z.strictObject({
          kind: z.enum(["changed", "missing", "added", "moved", "cut off", "rewritten"]),
          said: z.string(),
          file: z.string(),
          line: z.int(),
        }),
      ),
    }),
  },

  "escalation.list": {
    summary: "Escalations that wait for a person; of one run, the settled ones too",
    params: z.strictObject({ run: RunRef.optional() }),
    result: z.strictObject({ escalations: z.array(EscalationNow) }),
  },
  "escalation.show": {
    summary: "One escalation",
    params: z.strictObject({ escalation: EscalationRef }),
    result: EscalationNow,
  },
  "escalation.answer": {
    summary: "Answer an escalation with one of its words",
    params: z.strictObject({ escalation: EscalationRef, answer: z.string().max(100), by: By }),
    result: z.strictObject({ escalation: z.string(), run: z.string(), answer: EscalationAnswer }),
  },

  "events.subscribe": {
    summary: "Follow events after a cursor: `events.event` notices come, none lost, none twice",
    params: z.strictObject({
      cursor: z.int().min(0).optional().describe("0 for all; absent for what comes from now on"),
      run: RunRef.optional(),
      saying: z
        .boolean()
        .optional()
        .describe(
          "With a run: what its agents say comes as well, in `session.saying` notices, as far as it can be read along",
        ),
    }),
    result: z.strictObject({ subscription: z.int(), cursor: z.int() }),
  },
  "events.unsubscribe": { summary: "Stop following", params: z.strictObject({ subscription: z.int() }), result: Done },
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
/** What a caller gives: defaults may be left out. */
export type ParamsIn<M extends MethodName> = z.input<(typeof METHODS)[M]["params"]>;
export type Params<M extends MethodName> = z.output<(typeof METHODS)[M]["params"]>;
export type Result<M extends MethodName> = z.output<(typeof METHODS)[M]["result"]>;

/** What the daemon says unasked, on a connection that has subscribed. */
export interface Notices {
  "events.event": { subscription: number; event: StoredEvent };
  /** A piece of what an agent says in a talk, while it says it; `last`: nothing more of this message will come. */
  "session.saying": { subscription: number; session: string; message: string; text: string; last: boolean };
  /** The subscription has ended by the daemon's side: subscribe again after this cursor. */
  "events.closed": { subscription: number; cursor: number; reason: string };
}
