/** Tool: what a model agent can ask devflow to do. The schemas are what the model is told; they are strict. */
import { z } from "zod";
import { ToolName } from "./model-agent.ts";
import type { Refusal } from "./tool-refusal.ts";

/** Longest default of `run_command`: more than most test suites need, less than a hanging one costs. */
const COMMAND_SECONDS = 120;
export const MOST_COMMAND_SECONDS = 1_800;
/** Lines of a file that are read at once when nothing else is asked for. */
const READ_LINES = 2_000;

const Path = z.string().min(1);

export const ReadFileArgs = z.strictObject({
  path: Path.describe("The file, relative to the worktree: src/a.ts"),
  offset: z.int().min(1).default(1).describe("The first line to read, counted from 1"),
  limit: z.int().min(1).max(10_000).default(READ_LINES).describe("How many lines at most"),
  column: z
    .int()
    .min(1)
    .default(1)
    .describe("The first character of the first line, counted from 1; only for going on within a very long line"),
});
export type ReadFileArgs = z.infer<typeof ReadFileArgs>;

export const WriteFileArgs = z.strictObject({
  path: Path.describe("The file, relative to the worktree; folders on the way are made"),
  content: z.string().describe("All that the file is to hold: an existing file is replaced as a whole"),
});
export type WriteFileArgs = z.infer<typeof WriteFileArgs>;

export const ListDirArgs = z.strictObject({
  path: Path.default(".").describe("The folder, relative to the worktree; the worktree itself when left out"),
  offset: z.int().min(1).default(1).describe("The first entry to show, counted from 1"),
});
export type ListDirArgs = z.infer<typeof ListDirArgs>;

export const RunCommandArgs = z.strictObject({
  argv: z
    .array(z.string().max(32_000))
    .min(1)
    .max(500)
    .describe('The program and its arguments, each by itself: ["git", "status", "--short"]. There is no shell'),
  cwd: Path.default(".").describe("The folder to run it in, relative to the worktree"),
  timeoutSeconds: z.int().min(1).max(MOST_COMMAND_SECONDS).default(COMMAND_SECONDS).describe("It is ended after this"),
});
export type RunCommandArgs = z.infer<typeof RunCommandArgs>;

export const RequestSubagentArgs = z.strictObject({
  task: z
    .string()
    .min(1)
    .max(20_000)
    .describe("What it is to do, and all that it needs to know: it sees nothing of this conversation"),
  tools: z.array(ToolName).optional().describe("The tools that it gets, of yours; all of yours when left out"),
  maxTurns: z.int().min(1).optional().describe("How many turns it may take, of those that you have left"),
  maxTokensTotal: z.int().min(1_000).optional().describe("How many tokens it may use, of those that you have left"),
});
export type RequestSubagentArgs = z.infer<typeof RequestSubagentArgs>;

export const CompleteArgs = z.strictObject({
  summary: z.string().min(1).max(4_000).describe("What was done, in a few sentences"),
});
export type CompleteArgs = z.infer<typeof CompleteArgs>;

export interface ToolSpec {
  name: ToolName;
  description: string;
  schema: z.ZodType;
  /** It changes something: the same call is never carried out twice. */
  effect: boolean;
}

const row = (description: string, schema: z.ZodType, effect = false) => ({ description, schema, effect });

const ROWS = {
  read_file: row(
    "Read a UTF-8 text file of the worktree. A long file comes in parts; the note at its end says how to read on.",
    ReadFileArgs,
  ),
  write_file: row(
    "Write a UTF-8 text file of the worktree, whole. It is there completely or not at all.",
    WriteFileArgs,
    true,
  ),
  list_dir: row("List one folder of the worktree: folders end in /, files come with their size.", ListDirArgs),
  run_command: row(
    "Run a program in the worktree, if it is on the list of allowed commands. It gets no input, and nothing of it goes on running afterwards. Answers with its exit code and output.",
    RunCommandArgs,
    true,
  ),
  request_subagent: row(
    "Hand a piece of the work to a helper with a conversation of its own, and get back what it says at its end. It works in the same worktree, within your own limits.",
    RequestSubagentArgs,
  ),
  complete: row("Say that the work is finished. Write the artifact first. Nothing can be done after it.", CompleteArgs),
} as const satisfies Record<ToolName, Omit<ToolSpec, "name">>;

/** What the model is told of these tools, always in the same order, so that the prompt's beginning stays the same. */
export function toolSpecs(tools: readonly ToolName[]): ToolSpec[] {
  return ToolName.options
    .filter((name) => name === "complete" || tools.includes(name))
    .map((name) => ({ name, ...ROWS[name] }));
}

export interface Done {
  ok: true;
  /** What the model reads. */
  text: string;
  /** There is more than `text` shows; its last line says where. */
  cut?: boolean;
  /** Of run_command. */
  exitCode?: number | null;
}

/** What a tool call came to. */
export type ToolAnswer = Done | Refusal;

/** The answer as the model reads it. */
export const answerText = (answer: ToolAnswer): string =>
  answer.ok ? answer.text : answer.text === undefined ? answer.reason : `${answer.reason}\n\n${answer.text}`;

const STRING_HINTS = ["argv", "command", "cmd"];

/** A command line as one string is a mistake of its own, with a better hint than a schema can give. */
export const isCommandString = (args: unknown): boolean =>
  typeof args === "object" &&
  args !== null &&
  STRING_HINTS.some((name) => typeof (args as Record<string, unknown>)[name] === "string");

/** What does not fit the schema, argument by argument, on one line. */
export function argumentProblem(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}
