/** Model agent: what a persona that is a model behind an API may do, and where it has to stop. */
import { z } from "zod";
import { Duration, Slug } from "./names.ts";

export const ToolName = z.enum(["read_file", "write_file", "list_dir", "run_command", "request_subagent", "complete"]);
export type ToolName = z.infer<typeof ToolName>;

/** The beginning of an argument list: `[git, status]` allows `git status --short` and no other git command. */
export const CommandList = z.array(z.array(z.string().min(1).max(200)).min(1).max(10)).max(200);
export type CommandList = z.infer<typeof CommandList>;

export const ModelLimits = z.strictObject({
  maxTurns: z.int().min(1).max(1_000).default(60).describe("Calls of the model, its subagents' included"),
  maxTokensTotal: z.int().min(1_000).default(2_000_000).describe("Input and output of all its calls"),
  maxToolCalls: z.int().min(1).max(10_000).default(200),
  maxOutputTokens: z.int().min(256).max(200_000).default(16_000).describe("Of one call"),
  contextTokens: z
    .int()
    .min(4_000)
    .optional()
    .describe("The model's context window; from the catalogue when left out, else 128 000"),
  wallTime: Duration.default("45m"),
});
export type ModelLimits = z.infer<typeof ModelLimits>;

export const ModelAgent = z.strictObject({
  provider: Slug.default("openrouter").describe("Which of the providers in devflow.yaml serves the persona's model"),
  tools: z
    .array(ToolName)
    .default([...ToolName.options])
    .describe("The tools that it has; complete is always among them"),
  commands: CommandList.default([]).describe("What run_command may start; nothing when empty"),
  limits: ModelLimits.prefault({}).describe("Where an attempt ends"),
});
export type ModelAgent = z.infer<typeof ModelAgent>;
