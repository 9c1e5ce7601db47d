/** What a model agent does, as its run's log tells it: sizes and hashes, never contents. */
import { z } from "zod";
import { Digest } from "./ids.ts";
import { Plan } from "./plan.ts";
import { Usage } from "./usage.ts";

const Bytes = z.int().nonnegative();
const About = z.string().max(200);
/** `main`, or a subagent by its place: `main/1`. */
const Agent = z.string().max(100).default("main");

export const ModelCall = z.strictObject({
  call: z.string(),
  agent: Agent,
  phase: z.string().optional(),
  model: z.string(),
  served: z.string().optional().describe("The model that answered, when it is another one"),
  provider: z.string().optional(),
  generation: z.string().optional().describe("The provider's own id of the call"),
  usage: Usage.optional().describe("Absent: not known, or nothing was used"),
  finish: z.string().max(50).describe("Why it stopped, in the provider's word; error"),
  problem: z.string().max(500).optional(),
  tries: z.int().positive().default(1),
  durationMs: z.number(),
  requestBytes: Bytes,
  requestSha256: Digest,
  answerBytes: Bytes.optional(),
  answerSha256: Digest.optional(),
});
export type ModelCall = z.infer<typeof ModelCall>;

export const ToolCall = z.strictObject({
  call: z.string().describe("The model's own id of it, unique in the session: its idempotency key"),
  agent: Agent,
  tool: z.string().max(100),
  about: About.describe("The path or the program, redacted"),
  argsBytes: Bytes,
  argsSha256: Digest,
});
export type ToolCall = z.infer<typeof ToolCall>;

export const ToolResult = z.strictObject({
  call: z.string(),
  agent: Agent,
  tool: z.string().max(100),
  ok: z.boolean(),
  refused: About.optional().describe("Why it was not done, or what went wrong"),
  resultBytes: Bytes,
  resultSha256: Digest,
  durationMs: z.number(),
});
export type ToolResult = z.infer<typeof ToolResult>;

/** The whole plan, told anew whenever it has changed. */
export const PlanTold = z.strictObject({ agent: Agent, ...Plan.shape });
export type PlanTold = z.infer<typeof PlanTold>;

export type Did =
  | ({ type: "model.called" } & ModelCall)
  | ({ type: "tool.calling" } & ToolCall)
  | ({ type: "tool.called" } & ToolResult)
  | ({ type: "plan.told" } & PlanTold);
