/** `run_command`: a program of the allowed ones, in the worktree, with nothing secret around it, ended whole. */
import { realpathSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { commandRefusal } from "../../../domain/command-rule.ts";
import type { SessionId } from "../../../domain/ids.ts";
import type { CommandList } from "../../../domain/model-agent.ts";
import { MOST_COMMAND_SECONDS, type RunCommandArgs, type ToolAnswer } from "../../../domain/tool.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import { endProcesses } from "../../system/processes.ts";
import {
  harmlessPart,
  type NotStarted,
  type ProgramResult,
  runProgram,
  startProblem,
} from "../../system/run-program.ts";
import { argumentPlace } from "./argument-place.ts";
import { outputText } from "./command-output.ts";
import { folderOnly, inside } from "./inside.ts";
import type { Worktree } from "./worktree.ts";

export interface Command {
  worktree: Worktree;
  commands: { persona: CommandList; phase?: CommandList | undefined };
  env: Readonly<Record<string, string | undefined>>;
  session: SessionId;
  graceMs: number;
  args: RunCommandArgs;
  /** Marks its processes, so that they are found again after a crash. */
  key: string;
}

/** Of each output; what the model does not see of it at once can be read from a file. */
const KEPT_BYTES = 1024 * 1024;

const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin";

/** Nobody is there to answer a question, to page, or to edit. */
const NOBODY_THERE = {
  CI: "1",
  PAGER: "cat",
  GIT_PAGER: "cat",
  EDITOR: "false",
  GIT_EDITOR: "false",
  GIT_TERMINAL_PROMPT: "0",
};

/** Why it may not be run, before anything is done. */
export function commandRefused({ worktree, commands, args }: Command): Refusal | undefined {
  const cwd = inside(worktree, args.cwd, {}, (place) => {
    folderOnly(place, args.cwd);
    return join(worktree.path, ...place.parts);
  });
  if (typeof cwd !== "string") return cwd;
  const lists = commands.phase === undefined ? [commands.persona] : [commands.persona, commands.phase];
  const placeOf = (argument: string) => argumentPlace(worktree.path, cwd, argument);
  return commandRefusal({ argv: args.argv, lists, placeOf });
}

export async function runCommand(command: Command, signal: AbortSignal): Promise<ToolAnswer> {
  const { worktree, args, session, key, graceMs } = command;
  const [program = "", ...rest] = args.argv;
  if (signal.aborted) return refusal("command.stopped", { command: shown(args.argv.join(" ")) });
  const env = environment(command);
  const end = (root: number | undefined) => endProcesses({ session, call: key, root }, graceMs);
  const timeoutMs = args.timeoutSeconds * 1_000;
  // Started while the folder is held: what is in its place later does not matter.
  const running = inside(worktree, args.cwd, {}, ({ path: cwd }) => ({
    result: runProgram({ argv: [program, ...rest], cwd, env, timeoutMs, keepBytes: KEPT_BYTES, end }, signal),
  }));
  if (!("result" in running)) return running;
  const result = await running.result;
  return result.kind === "ended" ? answer(command, result, signal) : notStarted(program, result);
}

/** A command that was under way when its process was killed: what is left of it is ended, and nothing is run. */
export async function interrupted({ args, session, key, graceMs }: Command): Promise<ToolAnswer> {
  await endProcesses({ session, call: key }, graceMs);
  return refusal("command.interrupted", { command: shown(args.argv.join(" ")) });
}

function environment({ worktree, env, session, key }: Command): Record<string, string> {
  const passed = harmlessPart(env);
  return {
    ...passed,
    PATH: safePath(passed.PATH, worktree.path),
    ...NOBODY_THERE,
    DEVFLOW_SESSION: session,
    DEVFLOW_CALL: key,
  };
}

/** Programs come from the system: a file that a model writes into the worktree must not take the name of one. */
function safePath(path: string | undefined, root: string): string {
  const folders = (path ?? "").split(":").filter(isAbsolute);
  const safe = folders.filter((folder) => !`${real(folder)}/`.startsWith(`${root}/`));
  return safe.length > 0 ? safe.join(":") : SYSTEM_PATH; // an empty one would mean the worktree
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function answer(command: Command, result: ProgramResult, signal: AbortSignal): ToolAnswer {
  const { args } = command;
  const shownCommand = shown(args.argv.join(" "));
  const { text, cut } = outputText(command.worktree, command.key, result);
  const refused = result.timedOut
    ? refusal("command.timed_out", { command: shownCommand, seconds: args.timeoutSeconds, most: MOST_COMMAND_SECONDS })
    : signal.aborted && result.exitCode === null
      ? refusal("command.stopped", { command: shownCommand })
      : undefined;
  if (refused) return { ...refused, text };
  return { ok: true, text, exitCode: result.exitCode, ...(cut ? { cut } : {}) };
}

const notStarted = (program: string, { code, message }: NotStarted): ToolAnswer =>
  refusal("command.not_found", { command: shown(program), problem: startProblem(program, code) ?? message });
