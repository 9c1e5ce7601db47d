/**
 * The audit record: what was done, by whom, line after line, each chained to the one before; in a file that is only appended to.
 *
 * A1. `append` has written its lines when it returns: they survive `kill -9`. All of one event come together.
 * A2. `after` tells how far the log has been taken in, also after a crash between two lines of one event: nothing is taken in
 *     twice, nothing is left out.
 * A3. `verify` finds every line that was changed, dropped, added or moved, and a tail that was cut off.
 */
import type { AuditFact, AuditLine, AuditProblem } from "../domain/audit.ts";

export interface AuditQuery {
  /** Lines behind this one; the last ones when it is left out. */
  after?: number | undefined;
  limit: number;
  run?: string | undefined;
}

export interface AuditProof {
  files: number;
  lines: number;
  /** Number and hash of the last line. */
  last: { seq: number; hash: string };
  problems: readonly (AuditProblem & { file: string; line: number })[];
}

export interface AuditLog {
  /** The event that was taken in last, and how many of its lines are there. */
  after(): { cursor: number; lines: number };
  append(facts: readonly AuditFact[]): void;
  /** In their order; `seen` is the number of the last line that was looked at. */
  read(query: AuditQuery): Promise<{ lines: readonly AuditLine[]; seen: number }>;
  verify(): Promise<AuditProof>;
  close(): void;
}
