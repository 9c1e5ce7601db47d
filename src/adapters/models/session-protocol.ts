/**
 * What a model agent's process and the daemon tell each other over Node's IPC channel: one session, one process.
 *
 * P1. `taken` follows a prompt or a person's message once it stands in the session's checkpoint, and again for each further
 *     delivery under its key: nothing is taken twice.
 * P2. Each call of a model is asked for, granted, and settled: `ask` → `grant` → `settle`, under an id of its own that is
 *     never used again. A `settle` may come before the grant: the call is no longer wanted. What a process that was killed
 *     leaves open is settled by the next one; what was not confirmed by `settled` is told again.
 * P3. `did` is numbered from 1 in the session and comes after the `settle` of its call. A process that resumes tells all of
 *     them again, with the same numbers, and the newest `over`.
 * P4. The key of the provider comes as the first message, before `start`, and is nowhere else: what a process is started with
 *     (its environment, its arguments) can be read by everything that runs as the same person, its own commands included.
 * P5. `saying` is for who looks on; the words that count come with `over`.
 * P6. The process ends when the channel does. Started again in the same folder it goes on from its checkpoint.
 */
import { z } from "zod";
import { FAILURES, type FailureCode } from "../../domain/failure.ts";
import { CommandList, ModelLimits, ToolName } from "../../domain/model-agent.ts";
import { ModelCall, ToolCall, ToolResult } from "../../domain/model-call.ts";
import { AgentState } from "../../domain/session.ts";
import { Usage } from "../../domain/usage.ts";

const Key = z.string().min(1).max(500);
const Milliseconds = z.int().nonnegative();

const FailureRecord = z.strictObject({
  code: z.enum(Object.keys(FAILURES) as [FailureCode, ...FailureCode[]]),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** How patient the process is with a provider. */
const Patience = z.strictObject({
  /** The wait before the second try; it doubles, with jitter, up to `longestMs`. */
  firstMs: Milliseconds.default(1_000),
  longestMs: Milliseconds.default(30_000),
  /** One try may take this long until its answer is there whole. */
  callMs: Milliseconds.default(15 * 60_000),
  /** Trouble that lasts longer than this parks the account, so that its other sessions need not find out by themselves. */
  parkAfterMs: Milliseconds.default(60_000),
  /** How long it is parked when the provider does not say. */
  parkMs: Milliseconds.default(120_000),
  /** Trouble that lasts longer than this, parking included, fails the turn. */
  giveUpMs: Milliseconds.default(2 * 3_600_000),
});

export const Start = z.strictObject({
  t: z.literal("start"),
  session: z.string(),
  run: z.string(),
  role: z.string(),
  /** name@version */
  persona: z.string(),
  /** The run's worktree: the root of every path that the tools take. */
  cwd: z.string(),
  /** The session's own folder: checkpoint, journal, transcript. Made if it is not there. */
  folder: z.string(),
  /** With the version: `https://openrouter.ai/api/v1`. */
  baseUrl: z.string(),
  /** What shares a limit or an outage. */
  account: z.string(),
  model: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  /** The first message: who it is and what its instructions are. The same for the whole session, so that providers can cache it. */
  system: z.string(),
  tools: z.array(ToolName),
  /** The persona's list; that of a phase comes with its prompts. */
  commands: CommandList.default([]),
  limits: ModelLimits,
  /** What is known of the model. */
  contextTokens: z.int().positive().default(128_000),
  maxOutputTokens: z.int().positive().optional(),
  patience: Patience.prefault({}),
});
export type Start = z.infer<typeof Start>;

const Grant = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("granted") }),
  z.strictObject({ kind: z.literal("refused"), failure: FailureRecord }),
]);

export const ToChild = z.discriminatedUnion("t", [
  /** What opens the provider; not sent where nothing does. */
  z.strictObject({ t: z.literal("key"), key: z.string() }),
  Start,
  z.strictObject({
    t: z.literal("prompt"),
    key: Key,
    phase: z.string(),
    /** What the limits count for: prompts of the same attempt share them, as in `spec/1`. */
    attempt: z.string(),
    /** The phase's list: it and the persona's have to allow a command; absent, the persona's alone. */
    commands: CommandList.optional(),
    /** Where the artifact belongs: the one path under `.devflow` that may be written. */
    artifact: z.string().optional(),
    /** A turn of a talk: a message without a tool call is its answer, and ends it. */
    talk: z.literal(true).optional(),
    text: z.string(),
  }),
  /** A person's message: taken between two calls of a turn, or a turn of its own when none runs. */
  z.strictObject({ t: z.literal("say"), key: Key, text: z.string() }),
  /** No further call of the model until `unpause`; what runs is finished. */
  z.strictObject({ t: z.literal("pause") }),
  z.strictObject({ t: z.literal("unpause") }),
  /** Ends the turn that runs. `key` is the interruption's own. */
  z.strictObject({ t: z.literal("interrupt"), key: Key }),
  z.strictObject({ t: z.literal("grant"), call: Key, grant: Grant }),
  /** It stands in the ledger; not told again. */
  z.strictObject({ t: z.literal("settled"), call: Key }),
  /** Ends the process; what runs is stopped. */
  z.strictObject({ t: z.literal("end") }),
]);
export type ToChild = z.infer<typeof ToChild>;

const CallEnd = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("used"),
    usage: Usage,
    served: z.string().optional(),
    provider: z.string().optional(),
    generation: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("unused") }),
  z.strictObject({ kind: z.literal("unknown"), generation: z.string().optional() }),
]);

const Did = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("model.called"), ...ModelCall.shape }),
  z.strictObject({ type: z.literal("tool.calling"), ...ToolCall.shape }),
  z.strictObject({ type: z.literal("tool.called"), ...ToolResult.shape }),
]);

export const FromChild = z.discriminatedUnion("t", [
  /** Answers `start`. `resumed`: there was a checkpoint, and a turn that it had left goes on by itself. */
  z.strictObject({ t: z.literal("ready"), resumed: z.boolean() }),
  z.strictObject({ t: z.literal("taken"), key: Key }),
  z.strictObject({
    t: z.literal("state"),
    state: AgentState,
    said: z.string().max(500),
    until: z.number().optional(),
  }),
  /** `key` is that of the prompt, or the person's message, that began the turn. */
  z.strictObject({
    t: z.literal("over"),
    key: Key,
    kind: z.enum(["completed", "failed", "interrupted"]),
    /** What the agent said at last, in a talk. */
    said: z.string().optional(),
    failure: FailureRecord.optional(),
  }),
  /** A piece of what the agent says in a talk, as it comes; `last`: no more of this message will. */
  z.strictObject({ t: z.literal("saying"), message: Key, text: z.string(), last: z.boolean() }),
  z.strictObject({
    t: z.literal("ask"),
    call: Key,
    model: z.string(),
    phase: z.string().optional(),
    /** At least as many as the call will have. */
    inputTokens: z.int().nonnegative(),
    maxOutputTokens: z.int().nonnegative(),
  }),
  z.strictObject({ t: z.literal("settle"), call: Key, end: CallEnd }),
  /** The account is in trouble; until then (milliseconds since 1970) `ask` should wait. */
  z.strictObject({ t: z.literal("park"), said: z.string().max(500), until: z.number() }),
  z.strictObject({ t: z.literal("did"), nth: z.int().positive(), did: Did }),
]);
export type FromChild = z.infer<typeof FromChild>;

/** What stands in the session's folder. */
export const SESSION_FILES = {
  checkpoint: "checkpoint.sqlite",
  journal: "journal.jsonl",
  transcript: "transcript.jsonl",
  tools: "tools",
} as const;

/** A line of the transcript: what a person reads of the session. Appended, with secrets taken out and long texts cut. */
export const TranscriptLine = z.strictObject({
  at: z.number(),
  /** `main`, or a subagent: `main/1`. */
  agent: z.string(),
  kind: z.enum(["prompt", "person", "model", "tool", "result", "notice"]),
  /** Of a call and its result. */
  tool: z.string().optional(),
  ok: z.boolean().optional(),
  text: z.string(),
});
export type TranscriptLine = z.infer<typeof TranscriptLine>;
