/**
 * What an agent tells of its work over ACP, read with forgiveness: agents send more, less and other things than the protocol says,
 * and what cannot be read is only a sign of life.
 */
import { z } from "zod";
import { parseUsd, usdFromJson } from "./money.ts";
import { tokenCount, type Usage, usageOf } from "./usage.ts";

const Text = z.string().optional().catch(undefined);

const Tool = z.object({
  toolCallId: z.string().min(1).max(500),
  title: Text,
  name: Text,
  kind: Text,
  status: Text,
  locations: z
    .array(z.object({ path: z.string() }))
    .optional()
    .catch(undefined),
  content: z
    .array(z.object({ type: z.string(), path: Text }))
    .optional()
    .catch(undefined),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
});

/** What is known of one tool call; later updates only add to it. */
export interface ToolFacts {
  id: string;
  title?: string;
  name?: string;
  /** The protocol's word for what it does: read, edit, execute, … */
  kind?: string;
  status?: string;
  /** Every path that it names, as a place, a difference or an argument. */
  paths: readonly string[];
  /** The command that it starts: one text for a shell, or an argument list. */
  command?: string | readonly string[];
  input?: unknown;
  output?: unknown;
}

export type Heard =
  | { kind: "tool"; tool: ToolFacts }
  | { kind: "said" | "thought" | "prompt"; text: string }
  /** As it is told: steps of any length, and anything else. */
  | { kind: "plan"; entries: unknown }
  /** `costUsd` is what the conversation has cost so far. */
  | { kind: "usage"; costUsd?: string }
  /** Nothing that a turn would tell: it comes at any time, and proves nothing. */
  | { kind: "aside"; what: string };

/** Undefined when it is no update at all. */
export function readUpdate(update: unknown): Heard | undefined {
  const { sessionUpdate: what, content, entries, cost } = record(update);
  if (typeof what !== "string") return undefined;
  switch (what) {
    case "tool_call":
    case "tool_call_update": {
      const tool = toolFacts(update);
      return tool && { kind: "tool", tool };
    }
    case "agent_message_chunk":
      return { kind: "said", text: textOf(content) };
    case "agent_thought_chunk":
      return { kind: "thought", text: textOf(content) };
    case "user_message_chunk":
      return { kind: "prompt", text: textOf(content) };
    case "plan":
      return { kind: "plan", entries };
    case "usage_update": {
      const { amount, currency } = record(cost);
      const costUsd = currency === "USD" ? usdFromJson(amount) : undefined;
      return { kind: "usage", ...(costUsd !== undefined && { costUsd }) };
    }
    default:
      return { kind: "aside", what: what.slice(0, 80) };
  }
}

const textOf = (content: unknown): string => {
  const { text } = record(content);
  return typeof text === "string" ? text : "";
};

/** A tool call as an update or a permission request tells it; undefined when it has no id. */
export function toolFacts(told: unknown): ToolFacts | undefined {
  const parsed = Tool.safeParse(told);
  if (!parsed.success) return undefined;
  const { toolCallId: id, title, name, kind, status, locations = [], content = [], rawInput, rawOutput } = parsed.data;
  const command = commandOf(rawInput);
  const named = [...locations, ...content].flatMap(({ path }) => path ?? []);
  return {
    id,
    paths: [...new Set([...named, ...pathArguments(rawInput)])],
    ...(title !== undefined && { title }),
    ...(name !== undefined && { name }),
    ...(kind !== undefined && { kind }),
    ...(status !== undefined && { status }),
    ...(command !== undefined && { command }),
    ...(hasContent(rawInput) && { input: rawInput }),
    ...(rawOutput !== undefined && rawOutput !== null && { output: rawOutput }),
  };
}

/** An agent that streams a call tells its arguments as an empty object first. */
const hasContent = (input: unknown): boolean =>
  input !== undefined && input !== null && (typeof input !== "object" || Object.keys(input).length > 0);

export const mergeTool = (before: ToolFacts | undefined, now: ToolFacts): ToolFacts =>
  before ? { ...before, ...now, paths: [...new Set([...before.paths, ...now.paths])] } : now;

/** Names of arguments that hold a path; `fileText` does not. */
const PATH_NAME = /(?:path|file|filename|dir|directory|folder|cwd|destination|source)s?$/i;

function pathArguments(input: unknown): string[] {
  return Object.entries(record(input))
    .filter(([name]) => PATH_NAME.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === "string" && value !== "");
}

function commandOf(input: unknown): ToolFacts["command"] {
  const { command, cmd, argv, args } = record(input);
  const told = command ?? cmd ?? argv;
  const rest = isTexts(args) ? args : [];
  if (typeof told === "string" && told !== "") return rest.length === 0 ? told : [told, ...rest];
  return isTexts(told) && told.length > 0 ? [...told, ...rest] : undefined;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** What the answer to a prompt says was used; undefined when it says nothing. */
export function usageInAnswer(answer: unknown): Usage | undefined {
  const { usage, _meta } = record(answer);
  const told = record(usage);
  const quota = record(record(record(_meta).quota).token_count);
  const input = tokenCount(told.inputTokens) ?? tokenCount(quota.input_tokens);
  const output = tokenCount(told.outputTokens) ?? tokenCount(quota.output_tokens);
  if (!input && !output) return undefined;
  return usageOf({
    input: input ?? 0,
    output: output ?? 0,
    cached: tokenCount(told.cachedReadTokens),
    cacheWrite: tokenCount(told.cachedWriteTokens),
    reasoning: tokenCount(told.thoughtTokens),
    total: tokenCount(told.totalTokens),
  });
}

/** What was spent between two totals of a conversation; undefined when it is nothing, or one is not known: 0 tells nothing. */
export function spentBetween(before: string | undefined, now: string | undefined): bigint | undefined {
  const total = now === undefined ? undefined : parseUsd(now);
  const earlier = parseUsd(before ?? "0");
  return total !== undefined && earlier !== undefined && total > earlier ? total - earlier : undefined;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
