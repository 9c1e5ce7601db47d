/** The program in its pty: started with exactly its own environment, read to its last byte, and reaped. */
import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { constants as system } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { type IPty, spawn } from "node-pty";
import type { TerminalExit } from "../../ports/terminal-host.ts";

/** Where the C library looks when there is no PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";
const DEFAULT_TERM = "xterm-256color";

export interface ProgramSpec {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
}

export interface Program {
  readonly pid: number;
  /** The master side, to write to while the program lives. */
  readonly fd: number;
  pause(): void;
  resume(): void;
  resize(cols: number, rows: number): void;
  kill(): void;
}

export interface ProgramEvents {
  onOutput(bytes: Uint8Array): void;
  /** The program may have ended: hold nothing back, its last output is waiting. Told once or more before `onExit`. */
  onEnding(): void;
  /** After the last output. */
  onExit(exit: TerminalExit): void;
}

/** What node-pty has on Unix beyond its declared interface. */
type UnixPty = IPty & { readonly fd: number; readonly ptsName: string };

/** Why this program cannot be started, in words; node-pty would only say so on the screen of a terminal that has ended. */
export function startProblem({ argv, cwd, env }: ProgramSpec): string | undefined {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return `the directory ${cwd} does not exist`;
  const command = argv[0] ?? "";
  const candidates = command.includes("/")
    ? [resolve(cwd, command)]
    : (env.PATH ?? DEFAULT_PATH).split(delimiter).map((folder) => resolve(cwd, join(folder, command)));
  return candidates.some(isExecutable) ? undefined : `there is no executable ${command}`;
}

export function startProgram(spec: ProgramSpec, events: ProgramEvents): Program {
  const [command = "", ...args] = spec.argv;
  const pty = spawn(command, args, {
    name: spec.env.TERM ?? DEFAULT_TERM,
    cwd: spec.cwd,
    env: { ...spec.env },
    cols: spec.cols,
    rows: spec.rows,
    encoding: null,
  }) as UnixPty;
  // As long as somebody holds the program's side open, its end hangs nothing up and what it wrote last can still be read
  // (without this, about every third burst before an exit lost its tail).
  const programSide = openSync(pty.ptsName, constants.O_RDWR | constants.O_NOCTTY);
  process.on("SIGCHLD", () => events.onEnding());
  // With `encoding: null` the data are bytes, whatever the declaration says.
  pty.onData((bytes: unknown) => events.onOutput(bytes as Uint8Array));
  // node-pty tells the exit 200 ms after it, the time in which the rest is read.
  pty.onExit(({ exitCode, signal }) => {
    closeSync(programSide);
    events.onExit(signal ? { signal: signalName(signal) } : { code: exitCode });
  });
  return {
    pid: pty.pid,
    fd: pty.fd,
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    resize: (cols, rows) => pty.resize(cols, rows),
    kill: () => pty.kill("SIGKILL"),
  };
}

const signalName = (number: number): string =>
  Object.entries(system.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
