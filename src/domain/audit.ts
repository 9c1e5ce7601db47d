/**
 * The audit record's lines: how they are chained, and what is wrong with a line that does not fit.
 *
 * H1. A line is canonical JSON. Its hash is SHA-256 over the hash of the line before and the line without its own hash, so no
 *     line can be changed, and none put in or taken out, without every hash behind it being another one.
 * H2. Lines are numbered from 1 across all files.
 * H3. What a line says follows from its event alone: written again after a crash it is the same line, with the same hash.
 */
import { z } from "zod";

export const AUDIT_KINDS = [
  "run",
  "session",
  "prompt",
  "command",
  "tool",
  "artifact",
  "approval",
  "escalation",
  "secret",
  "login",
  "budget",
  "person",
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

const Plain = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** What was done. `cursor` is the event that tells it; absent for what no event tells. */
export const AuditFact = z.strictObject({
  at: z.number().describe("Milliseconds since 1970"),
  kind: z.enum(AUDIT_KINDS),
  what: z.string(),
  by: z.string().optional().describe("The person, or the part of devflow, that did it"),
  run: z.string().optional(),
  cursor: z.int().positive().optional(),
  about: z.record(z.string(), Plain),
});
export type AuditFact = z.infer<typeof AuditFact>;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
export const AuditLine = z.strictObject({ ...AuditFact.shape, seq: z.int().positive(), prev: Hash, hash: Hash });
export type AuditLine = z.infer<typeof AuditLine>;

/** Where a chain has come to. */
export interface Link {
  seq: number;
  hash: string;
}
export const CHAIN_START: Link = { seq: 0, hash: "0".repeat(64) };

/** SHA-256 of text in UTF-8, and canonical JSON (RFC 8785): the domain knows no Node. */
export interface Hashing {
  digest(text: string): string;
  canonical(value: unknown): string;
}

/** The next line of a chain, and as text without its line end. */
export function chained(
  fact: AuditFact,
  before: Link,
  { digest, canonical }: Hashing,
): { line: AuditLine; text: string } {
  const unsigned = { ...fact, seq: before.seq + 1, prev: before.hash };
  const hash = digest(before.hash + canonical(unsigned));
  const line = { ...unsigned, hash };
  return { line, text: canonical(line) };
}

export interface AuditProblem {
  kind: "changed" | "missing" | "added" | "moved" | "cut off" | "rewritten";
  said: string;
}

/** What a line comes to behind `before`: where to go on from, and what is wrong with it. */
export function checked(text: string, before: Link, hashing: Hashing): { link: Link; problem?: AuditProblem } {
  const line = readLine(text);
  const next = { seq: before.seq + 1, hash: before.hash };
  // The chain goes on from what it says of itself, if anything can be read of it: one change is one problem, not all that follow.
  if (!line) return { link: next, problem: { kind: "changed", said: "it is no line of an audit record" } };
  const { hash, ...unsigned } = line;
  const link = { seq: line.seq, hash };
  const own = hashing.digest(line.prev + hashing.canonical(unsigned)) === hash;
  if (!own || hashing.canonical(line) !== text)
    return { link, problem: { kind: "changed", said: `line ${line.seq} does not have the hash that belongs to it` } };
  if (line.seq > next.seq) {
    const gap = line.seq - next.seq === 1 ? `line ${next.seq} is` : `lines ${next.seq} to ${line.seq - 1} are`;
    return { link, problem: { kind: "missing", said: `${gap} missing before line ${line.seq}` } };
  }
  if (line.seq === before.seq)
    return { link: before, problem: { kind: "added", said: `line ${line.seq} is there twice` } };
  if (line.seq < next.seq)
    return { link: before, problem: { kind: "moved", said: `line ${line.seq} stands behind line ${before.seq}` } };
  if (line.prev !== before.hash)
    return { link, problem: { kind: "added", said: `line ${line.seq} does not follow from the line before it` } };
  return { link };
}

/** The line that a text is, if it is one. */
export function readLine(text: string): AuditLine | undefined {
  try {
    return AuditLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the end of a chain says beside what was remembered of it elsewhere. `at` gives the hash of an earlier line. */
export function checkedEnd(
  last: Link,
  remembered: Link,
  hashAt: (seq: number) => string | undefined,
): AuditProblem | undefined {
  if (last.seq < remembered.seq) {
    const count = remembered.seq - last.seq;
    return {
      kind: "cut off",
      said: `the last ${count === 1 ? "line is" : `${count} lines are`} missing: the record went on to line ${remembered.seq}`,
    };
  }
  const hash = remembered.seq === 0 ? remembered.hash : hashAt(remembered.seq);
  if (remembered.seq > 0 && hash !== remembered.hash)
    return {
      kind: "rewritten",
      said: `line ${remembered.seq} is not the one that was written: the record was made anew`,
    };
  return undefined;
}
