/** Reads the audit record from its first line to its last: to show it, and to prove it whole. */
import {
  type AuditLine,
  type AuditProblem,
  CHAIN_START,
  checked,
  checkedEnd,
  type Hashing,
  type Link,
  readLine,
} from "../../domain/audit.ts";
import type { AuditProof, AuditQuery } from "../../ports/audit.ts";
import { auditFiles, auditLines } from "./audit-files.ts";

/** One change to a file can put all that follows out of place: after so many a person has seen what is the matter. */
const MOST_PROBLEMS = 20;
/** Checking keeps the event loop busy; in between others get their turn. */
const LINES_A_TURN = 500;

export async function readRecord(directory: string, { after, limit, run }: AuditQuery) {
  const lines: AuditLine[] = [];
  let seen = after ?? 0;
  for await (const { text } of auditLines(directory)) {
    const line = readLine(text);
    if (!line || line.seq <= (after ?? 0)) continue;
    seen = line.seq;
    if (run === undefined || line.run === run) lines.push(line);
    if (after !== undefined && lines.length === limit) break;
    if (after === undefined && lines.length > limit) lines.shift();
  }
  return { lines, seen };
}

export async function verifyRecord(directory: string, remembered: Link, hashing: Hashing): Promise<AuditProof> {
  const problems: AuditProof["problems"][number][] = [];
  const note = (problem: AuditProblem, file: string, line: number): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ ...problem, file, line });
  };
  let last = CHAIN_START;
  let hashThere: string | undefined;
  let lines = 0;
  let end = { file: directory, line: 0 };
  for await (const { file, line, text } of auditLines(directory)) {
    const { link, problem } = checked(text, last, hashing);
    if (problem) note(problem, file, line);
    last = link;
    if (link.seq === remembered.seq) hashThere ??= link.hash;
    end = { file, line };
    lines += 1;
    if (lines % LINES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const cut = checkedEnd(last, remembered, () => hashThere);
  if (cut) note(cut, end.file, end.line);
  return { files: auditFiles(directory).length, lines, last, problems };
}
