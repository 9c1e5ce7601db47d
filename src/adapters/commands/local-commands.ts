/**
 * Runs commands on this machine (`src/ports/commands.ts`), each in a process session of its own and with a mark.
 * When a command is over, by itself or by force, all that it has started and that still runs is ended.
 */
import { stat } from "node:fs/promises";
import { Failure } from "../../domain/failure.ts";
import type { CommandResult, CommandSpec, Commands } from "../../ports/commands.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { harmlessPart, type NotStarted, runProgram, startProblem } from "../system/run-program.ts";
import { commandMark } from "./command-mark.ts";

export interface LocalCommandsOptions {
  env: Readonly<Record<string, string | undefined>>;
  endProcesses: EndProcesses;
  /** What a command gets to clean up after TERM, before it is killed. */
  graceMs?: number;
}

const GRACE_MS = 5_000;
/** What is kept of each output: enough to see why a test failed. */
const OUTPUT_BYTES = 64 * 1024;

export interface LocalCommands extends Commands {
  /** Resolves once none runs any more: a daemon that goes before would leave one behind that it has told to end. */
  idle(): Promise<void>;
}

export function localCommands({ env, endProcesses, graceMs = GRACE_MS }: LocalCommandsOptions): LocalCommands {
  const running = new Set<Promise<unknown>>();
  const counted = <T>(work: Promise<T>): Promise<T> => {
    const over = work.catch(() => undefined).finally(() => running.delete(over));
    running.add(over);
    return work;
  };
  return {
    async idle() {
      await Promise.all(running);
    },
    async end(run, phase) {
      await endProcesses({ session: commandMark(run, phase) }, graceMs);
    },
    run: (spec, signal) => counted(run(spec, signal)),
  };

  async function run(spec: CommandSpec, signal: AbortSignal): Promise<CommandResult> {
    const session = commandMark(spec.run, spec.phase);
    await endProcesses({ session }, graceMs); // what an earlier daemon's try has left
    if (signal.aborted) return NEVER_STARTED;
    const result = await runProgram(
      {
        ...spec,
        env: { ...harmlessPart(env), CI: "1", DEVFLOW_RUN: spec.run, DEVFLOW_SESSION: session },
        keepBytes: OUTPUT_BYTES,
        end: (root) => endProcesses({ session, root }, graceMs),
      },
      signal,
    );
    if (result.kind === "not started") throw await failedToStart(spec, result);
    const { kind: _, ...ended } = result;
    return ended;
  }
}

const NEVER_STARTED: CommandResult = {
  exitCode: null,
  signal: "SIGTERM",
  timedOut: false,
  durationMs: 0,
  stdout: "",
  stderr: "",
  truncated: false,
};

async function failedToStart({ phase, argv, cwd }: CommandSpec, { code, message }: NotStarted): Promise<Failure> {
  const failure = (problem: string) => new Failure("command.failed_to_start", { phase, command: argv[0], problem });
  const folder = await stat(cwd).catch(() => undefined);
  if (!folder?.isDirectory()) return failure(`there is no folder ${cwd}`);
  return failure(startProblem(argv[0], code) ?? message);
}
