/**
 * The tools of one agent in one phase, over one worktree. Everything that a model asks for comes through `use`.
 *
 * - `use` never rejects for what a model does: what cannot or must not be done is an answer that says so.
 * - A tool with an effect is carried out once for each call id (`call-journal.ts`), also across a crash of the process.
 * - Making a toolbox costs next to nothing: one is made for every prompt, and for every subagent.
 */
import { realpathSync } from "node:fs";
import type { SessionId } from "../../../domain/ids.ts";
import type { CommandList, ToolName } from "../../../domain/model-agent.ts";
import { type Redact, redactor } from "../../../domain/redact.ts";
import {
  argumentProblem,
  CompleteArgs,
  isCommandString,
  ListDirArgs,
  ReadFileArgs,
  RequestSubagentArgs,
  RunCommandArgs,
  type ToolAnswer,
  type ToolSpec,
  toolSpecs,
  WriteFileArgs,
} from "../../../domain/tool.ts";
import { partsOf } from "../../../domain/tool-path.ts";
import { refusal, shown } from "../../../domain/tool-refusal.ts";
import { callJournal, callKey } from "./call-journal.ts";
import { complete } from "./complete.ts";
import { listDir } from "./list-dir.ts";
import { readFile } from "./read-file.ts";
import { commandRefused, interrupted, runCommand } from "./run-command.ts";
import { worktreeAt } from "./worktree.ts";
import { stateBefore, writeAgain, writeFile, writingRefused } from "./write-file.ts";

export interface ToolboxOptions {
  /** The worktree; it must exist. */
  root: string;
  /** The tools that the agent has; `complete` is always among them. */
  tools: readonly ToolName[];
  /** What run_command may start: both lists must allow it when the phase has one. */
  commands: { persona: CommandList; phase?: CommandList | undefined };
  /** The environment that commands get the harmless part of. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where the journal of calls is kept, outside of the worktree. */
  state: string;
  /** Whose processes the commands are: they are ended with it. */
  session: SessionId;
  /** The phase's artifact, absolute or relative to the worktree: the one path under `.devflow` that may be written. */
  artifact?: string | undefined;
  /** Carries out request_subagent; without it there is none. */
  subagent?: ((args: RequestSubagentArgs, use: Use) => Promise<ToolAnswer>) | undefined;
  /** Takes secrets out of what `about` says. */
  redact?: Redact | undefined;
  /** What a command gets to clean up after TERM, before it is killed. */
  graceMs?: number | undefined;
}

export interface Use {
  /** The call's id, unique in the session: its idempotency key. */
  call: string;
  signal: AbortSignal;
}

export interface Toolbox {
  readonly specs: readonly ToolSpec[];
  use(name: string, args: unknown, use: Use): Promise<ToolAnswer>;
  /** One short line for events: the path or the command, redacted. */
  about(name: string, args: unknown): string;
}

const MOST_ABOUT_CHARACTERS = 200;
const GRACE_MS = 5_000;

/** Throws what the system says when there is no such worktree. */
export function toolbox(options: ToolboxOptions): Toolbox {
  const worktree = worktreeAt(options.root, realpathSync(options.root));
  const journal = callJournal(options.state);
  const given = options.artifact === undefined ? undefined : partsOf(options.artifact, worktree.names);
  const artifact = given?.ok ? given.parts : undefined;
  const redact = options.redact ?? redactor([]);
  const specs = toolSpecs(options.tools).filter(({ name }) => name !== "request_subagent" || options.subagent);
  const commands = { ...options, worktree, graceMs: options.graceMs ?? GRACE_MS };

  /** What each tool does with arguments that fit its schema. */
  const ACTIONS: Record<ToolName, (args: unknown, use: Use, key: string) => ToolAnswer | Promise<ToolAnswer>> = {
    read_file: (args) => readFile(worktree, ReadFileArgs.parse(args)),
    list_dir: (args) => listDir(worktree, ListDirArgs.parse(args)),
    write_file(args, _, key) {
      const writing = { worktree, artifact, args: WriteFileArgs.parse(args), key };
      const refused = writingRefused(writing);
      if (refused) return refused;
      return journal.once(key, "write_file", {
        note: stateBefore(writing),
        run: async () => writeFile(writing),
        again: async (before) => writeAgain(writing, before),
      });
    },
    run_command(args, { signal }, key) {
      const command = { ...commands, args: RunCommandArgs.parse(args), key };
      const refused = commandRefused(command);
      if (refused) return refused;
      return journal.once(key, "run_command", {
        note: undefined,
        run: () => runCommand(command, signal),
        again: () => interrupted(command),
      });
    },
    request_subagent: (args, use) =>
      options.subagent?.(RequestSubagentArgs.parse(args), use) ?? unknown("request_subagent"),
    complete: (args) => complete(worktree, artifact, CompleteArgs.parse(args)),
  };

  const unknown = (name: string): ToolAnswer =>
    refusal("tool.unknown", { tool: shown(name), tools: specs.map((spec) => spec.name).join(", ") });

  return {
    specs,
    async use(name, args, use) {
      const spec = specs.find((one) => one.name === name);
      if (spec === undefined) return unknown(name);
      if (spec.name === "run_command" && isCommandString(args)) return refusal("command.string");
      const parsed = spec.schema.safeParse(args);
      if (!parsed.success)
        return refusal("args.invalid", { tool: name, problem: shown(argumentProblem(parsed.error)) });
      try {
        return await ACTIONS[spec.name](parsed.data, use, callKey(use.call, name, parsed.data));
      } catch (error) {
        return refusal("tool.failed", { tool: name, problem: error instanceof Error ? error.message : String(error) });
      }
    },
    about(_, args) {
      const { path, argv, task } = (typeof args === "object" && args !== null ? args : {}) as Record<string, unknown>;
      const line = Array.isArray(argv) ? argv.join(" ") : (path ?? task);
      const characters = [...(typeof line === "string" ? shown(redact(line)) : "")];
      return characters.slice(0, MOST_ABOUT_CHARACTERS).join("");
    },
  };
}
