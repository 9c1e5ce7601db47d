/** The program in its pty: started with exactly its own environment, read to its last byte, and reaped. */
import { closeSync, constants, openSync } from "node:fs";
import { constants as system } from "node:os";
import { type IPty, spawn } from "node-pty";
import type { TerminalExit } from "../../ports/terminal-host.ts";

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

export function startProgram(spec: ProgramSpec, events: ProgramEvents): Program {
  const pty = spawn("/usr/bin/env", envArguments(spec), {
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

/**
 * The program by way of env(1), which becomes it: node-pty adds PWD to every environment and has no way not to. A program that
 * is not there ends with 127, as under a shell.
 */
function envArguments({ argv, env }: ProgramSpec): string[] {
  const pwd = env.PWD === undefined ? ["-u", "PWD"] : [`PWD=${env.PWD}`];
  // env would take a name with an equals sign for a variable.
  return argv[0]?.includes("=") ? [...pwd, "/bin/sh", "-c", 'exec "$0" "$@"', ...argv] : [...pwd, ...argv];
}

const signalName = (number: number): string =>
  Object.entries(system.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
