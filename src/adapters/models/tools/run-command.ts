/** `run_command`: a program of the allowed ones, in the worktree, ended whole. */
import type { SessionId } from "../../../domain/ids.ts";
import type { CommandList } from "../../../domain/model-agent.ts";
import type { RunCommandArgs, ToolAnswer } from "../../../domain/tool.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import type { Worktree } from "./inside.ts";

export interface Command {
  worktree: Worktree;
  commands: { persona: CommandList; phase?: CommandList | undefined };
  env: Readonly<Record<string, string | undefined>>;
  session: SessionId;
  graceMs: number;
  args: RunCommandArgs;
  key: string;
}

/** Nothing may be run yet. */
export function commandRefused({ args }: Command): Refusal | undefined {
  return refusal("command.not_allowed", { command: shown(args.argv.join(" ")), allowed: "No command is." });
}

export async function runCommand(command: Command, _signal: AbortSignal): Promise<ToolAnswer> {
  return commandRefused(command) ?? interrupted(command);
}

export async function interrupted({ args }: Command): Promise<ToolAnswer> {
  return refusal("command.interrupted", { command: shown(args.argv.join(" ")) });
}
