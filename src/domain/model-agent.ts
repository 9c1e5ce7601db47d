/** Model agent: what a persona that is a model behind an API may do, and where it has to stop. */
import { z } from "zod";
import { Duration, milliseconds, Slug } from "./names.ts";

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

/** What an agent has used of its limits so far, its subagents' share included. */
export interface AgentUse {
  turns: number;
  tokens: number;
  toolCalls: number;
  wallMs: number;
}

/** What an agent asks for its subagent; the rest of its own where it asks for nothing. */
export interface SubagentWish {
  tools?: readonly ToolName[] | undefined;
  maxTurns?: number | undefined;
  maxTokensTotal?: number | undefined;
}

export type SubagentGrant =
  | { ok: true; limits: ModelLimits; tools: readonly ToolName[] }
  | { ok: false; problem: string };

/** A parent needs a turn of its own to make something of what its subagent says. */
const TURNS_KEPT = 1;
/** Less is used up by the first call. */
const LEAST_TOKENS = 1_000;
const LEAST_WALL_MS = 1_000;

/** L1. What is granted is never more than what the parent has left. L2. No tool that the parent lacks, and no further subagents. */
export function subagentLimits(
  parent: Pick<ModelAgent, "limits" | "tools">,
  used: AgentUse,
  asked: SubagentWish,
): SubagentGrant {
  const { limits } = parent;
  const turns = limits.maxTurns - used.turns - TURNS_KEPT;
  const tokens = limits.maxTokensTotal - used.tokens;
  const toolCalls = limits.maxToolCalls - used.toolCalls;
  const wallMs = milliseconds(limits.wallTime) - used.wallMs;
  const missing = [
    turns < 1 && "no turns are left for it",
    tokens < LEAST_TOKENS && "too few tokens are left for it",
    toolCalls < 1 && "no tool calls are left for it",
    wallMs < LEAST_WALL_MS && "no time is left for it",
  ].find((problem) => problem !== false);
  if (missing !== undefined) return { ok: false, problem: missing };
  const wanted = asked.tools ?? parent.tools;
  return {
    ok: true,
    limits: {
      ...limits,
      maxTurns: Math.min(asked.maxTurns ?? turns, turns),
      maxTokensTotal: Math.min(asked.maxTokensTotal ?? tokens, tokens),
      maxToolCalls: toolCalls,
      wallTime: `${Math.floor(wallMs)}ms`,
    },
    tools: parent.tools.filter((tool) => wanted.includes(tool) && tool !== "request_subagent"),
  };
}
