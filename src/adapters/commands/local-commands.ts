/**
 * Runs commands on this machine (`src/ports/commands.ts`), each in a process session of its own and with a mark.
 * When a command is over, by itself or by force, all that it has started and that still runs is ended.
 */
import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { Failure } from "../../domain/failure.ts";
import type { CommandResult, CommandSpec, Commands } from "../../ports/commands.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { commandMark } from "./command-mark.ts";
import { tailOf } from "./output-tail.ts";

export interface LocalCommandsOptions {
  env: Readonly<Record<string, string | undefined>>;
  endProcesses: EndProcesses;
  /** What a command gets to clean up after TERM, before it is killed. */
  graceMs?: number;
}

const GRACE_MS = 5_000;
/** What is kept of each output: enough to see why a test failed. */
const OUTPUT_BYTES = 64 * 1024;
/** How long output is waited for when all known processes are gone: only an unknown one can still hold the pipe. */
const DRAIN_MS = 1_000;
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** All that a command gets of the daemon's environment: no keys, no tokens. */
const PASSED = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

export function localCommands({ env, endProcesses, graceMs = GRACE_MS }: LocalCommandsOptions): Commands {
  return {
    async run(spec, signal) {
      const session = commandMark(spec.run, spec.phase);
      await endProcesses({ session }, graceMs); // what an earlier daemon's try has left
      if (signal.aborted) return NEVER_STARTED;
      const startedAt = performance.now();
      const command = start(spec, { ...passed(env), CI: "1", DEVFLOW_RUN: spec.run, DEVFLOW_SESSION: session });
      const [stdout, stderr] = [tailOf(command.stdout, OUTPUT_BYTES), tailOf(command.stderr, OUTPUT_BYTES)];
      const exited = exitOf(command);
      const timedOut = (await firstOf(exited, spec.timeoutMs, signal)) === "timeout";
      const durationMs = Math.round(performance.now() - startedAt);
      await endProcesses({ session, root: isRunning(command) ? command.pid : undefined }, graceMs);
      if (isRunning(command)) command.kill("SIGKILL"); // its mark could not be read
      const exit = await exited;
      if (exit === "never started") throw await failedToStart(spec, command);
      await drained(command);
      const truncated = stdout.truncated() || stderr.truncated();
      return { ...exit, timedOut, durationMs, stdout: stdout.text(), stderr: stderr.text(), truncated };
    },
  };
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

type Command = ReturnType<typeof start>;
type Exit = Pick<CommandResult, "exitCode" | "signal">;

function start(spec: CommandSpec, env: Record<string, string>) {
  const [program, ...args] = spec.argv;
  try {
    return execa(program, args, {
      cwd: spec.cwd,
      env,
      extendEnv: false,
      stdin: "ignore",
      buffer: false,
      detached: true, // a process group and session of its own
      cleanup: false,
      reject: false,
    });
  } catch (error) {
    throw startFailure(spec, error instanceof Error ? error.message : String(error));
  }
}

function exitOf(command: Command): Promise<Exit | "never started"> {
  return new Promise((resolve) => {
    command.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    void command.then(() => command.pid === undefined && resolve("never started"));
  });
}

async function firstOf(exited: Promise<unknown>, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
  const settled = new AbortController();
  const timer = pause(Math.min(timeoutMs, LONGEST_TIMER_MS), "timeout", {
    signal: AbortSignal.any([signal, settled.signal]),
  }).catch(() => "aborted"); // by the caller, or because it has exited
  try {
    return await Promise.race([exited, timer]);
  } finally {
    settled.abort();
  }
}

const isRunning = ({ pid, exitCode, signalCode }: Command): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/** What was written before the end is still in the pipes; a process that escaped must not hold them open for ever. */
async function drained(command: Command): Promise<void> {
  const over = new AbortController();
  const late = pause(DRAIN_MS, "late", { signal: over.signal }).catch(() => undefined);
  if ((await Promise.race([command, late])) === "late") {
    command.stdout.destroy();
    command.stderr.destroy();
  }
  over.abort();
}

async function failedToStart(spec: CommandSpec, command: Command): Promise<Failure> {
  const result = await command;
  const folder = await stat(spec.cwd).catch(() => undefined);
  if (!folder?.isDirectory()) return startFailure(spec, `there is no folder ${spec.cwd}`);
  // Looked for on PATH, also a folder there that is closed to us makes it "permission denied".
  const missing = spec.argv[0].includes("/") ? "there is no such program" : "there is no such program on PATH";
  const reasons: Record<string, string> = {
    ENOENT: missing,
    EACCES: spec.argv[0].includes("/") ? "it may not be executed" : missing,
    E2BIG: "its arguments are too long",
  };
  const said = "originalMessage" in result ? result.originalMessage : undefined;
  return startFailure(spec, reasons[String("code" in result ? result.code : "")] ?? said ?? "unknown");
}

const startFailure = ({ phase, argv }: CommandSpec, problem: string): Failure =>
  new Failure("command.failed_to_start", { phase, command: argv[0], problem });

const passed = (env: LocalCommandsOptions["env"]): Record<string, string> =>
  Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
