/**
 * Runs one program to its end: arguments as they are, no shell, no input, a process session of its own.
 *
 * R1. It is started before `runProgram` returns, in the folder that `cwd` means at that moment.
 * R2. When it is over, by itself, by time or by `signal`, `end` is asked to end all that it has started and that still runs.
 * R3. Of each output the last `keepBytes` are kept.
 */
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { shortage } from "../../domain/system-problem.ts";
import { processTime } from "./attended-time.ts";
import { tailOf } from "./output-tail.ts";
import { mustHaveFiles } from "./spare-files.ts";

export interface Program {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  keepBytes: number;
  /** Ends everything that belongs to it; given its first process while that runs. */
  end: (root: number | undefined) => Promise<unknown>;
}

export interface ProgramResult {
  kind: "ended";
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  durationMs: number;
  stdout: string;
  stderr: string;
  truncated: boolean;
}

export interface NotStarted {
  kind: "not started";
  /** The system's code, such as ENOENT, where there is one. */
  code: string | undefined;
  message: string;
}

/** All that a program gets of our own environment: no keys, no tokens. */
const PASSED = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];
/** How long output is waited for when all known processes are gone: only an unknown one can still hold the pipe. */
const DRAIN_MS = 1_000;

export const harmlessPart = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramResult | NotStarted> {
  const startedAt = performance.now();
  mustHaveFiles();
  const command = start(program);
  if (command instanceof Error) return { kind: "not started", code: undefined, message: command.message };
  const [stdout, stderr] = [tailOf(command.stdout, program.keepBytes), tailOf(command.stderr, program.keepBytes)];
  const exited = exitOf(command);
  const timedOut = (await firstOf(exited, program.timeoutMs, signal)) === "timeout";
  const durationMs = Math.round(performance.now() - startedAt);
  await program.end(isRunning(command) ? command.pid : undefined);
  if (isRunning(command)) command.kill("SIGKILL"); // what belongs to it could not be told
  const exit = await exited;
  if (exit === "never started") return notStarted(command);
  await drained(command);
  const truncated = stdout.truncated() || stderr.truncated();
  return { kind: "ended", ...exit, timedOut, durationMs, stdout: stdout.text(), stderr: stderr.text(), truncated };
}

type Command = Exclude<ReturnType<typeof start>, Error>;
type Exit = Pick<ProgramResult, "exitCode" | "signal">;

function start({ argv, cwd, env }: Program) {
  const [program, ...args] = argv;
  try {
    return execa(program, args, {
      cwd,
      env,
      extendEnv: false,
      stdin: "ignore",
      buffer: false,
      detached: true, // a process group and session of its own
      cleanup: false,
      reject: false,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function exitOf(command: Command): Promise<Exit | "never started"> {
  return new Promise((resolve) => {
    command.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    void command.then(() => command.pid === undefined && resolve("never started"));
  });
}

async function firstOf(exited: Promise<unknown>, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
  let forget = (): void => {};
  // A command that has ended while the daemon was stopped has ended in time: what was not seen does not count.
  const timer = new Promise((resolve) => {
    const cancel = processTime.afterAttended(timeoutMs, () => resolve("timeout"));
    const abort = () => resolve("aborted");
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    forget = () => {
      cancel();
      signal.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([exited, timer]);
  } finally {
    forget();
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

async function notStarted(command: Command): Promise<NotStarted> {
  const result = await command;
  const short = shortage(result);
  if (short) throw short;
  const code = "code" in result ? String(result.code) : undefined;
  const said = "originalMessage" in result ? result.originalMessage : undefined;
  return { kind: "not started", code, message: said ?? "unknown" };
}

/** Why a program could not be started, in words; undefined where the system's own have to do. */
export function startProblem(program: string, code: string | undefined): string | undefined {
  // Looked for on PATH, also a folder there that is closed to us makes it "permission denied".
  const missing = program.includes("/") ? "there is no such program" : "there is no such program on PATH";
  const reasons: Record<string, string> = {
    ENOENT: missing,
    EACCES: program.includes("/") ? "it may not be executed" : missing,
    E2BIG: "its arguments are too long",
  };
  return reasons[code ?? ""];
}
