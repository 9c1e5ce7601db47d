/**
 * Ending what a session has started, wherever it went.
 *
 * P1. Touched is only what carries the mark `DEVFLOW_SESSION=<session>` in the environment that it was started with,
 *     what descends from such a process, and what belongs to a process session led by one. A process with the mark of
 *     another session is never touched, nor is the caller itself. (Where environments cannot be read, as on macOS,
 *     the descendants of `root` stand for all of these.)
 * P2. A process is known by its id and start time: an id that has gone to another process is not signalled.
 * P3. First TERM; what is left after `graceMs` gets KILL, and so does what has appeared meanwhile.
 * P4. Never rejects. What could not be ended is said.
 */
import type { SessionId } from "../domain/ids.ts";

export interface Ending {
  session: SessionId;
  /** The session's first process, as far as it is known to be alive. */
  root?: number | undefined;
  /** Only what also carries the mark `DEVFLOW_CALL=<call>`, with its descendants: one of the commands of a session. */
  call?: string | undefined;
}

/** The ids of processes that are still there after everything was tried: normally none. */
export type EndProcesses = (ending: Ending, graceMs: number) => Promise<readonly number[]>;
