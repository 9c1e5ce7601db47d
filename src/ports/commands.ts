/** Runs a phase's own command: program and arguments on pipes, never a shell, ended with its whole tree when time is up. */

export interface CommandSpec {
  run: string;
  /** Tells this command from the others of its run: what an earlier try of it has left is ended before it starts. */
  phase: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  timeoutMs: number;
}

export interface CommandResult {
  /** Null when it was ended by a signal. */
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  durationMs: number;
  /** The last 64 KiB of each, as text; `truncated` says that there was more. */
  stdout: string;
  stderr: string;
  truncated: boolean;
}

export interface Commands {
  /** Throws `Failure` `command.failed_to_start` when the program cannot be found or started. */
  run(spec: CommandSpec, signal: AbortSignal): Promise<CommandResult>;
  /** Ends what is left of a command that nobody waits for any more, also of an earlier daemon's; none is fine. */
  end(run: string, phase: string): Promise<void>;
}
