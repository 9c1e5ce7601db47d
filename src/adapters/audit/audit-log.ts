/**
 * The audit record on the disk.
 *
 * Lines are written at once and not flushed one by one: they follow from the event log, which is flushed where it matters, so
 * what a power failure takes is written again, line for line the same. A line that no event tells of is flushed.
 * A line that a crash has cut is taken out when the record is opened, and written whole from its event.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  AuditFact,
  type AuditLine,
  CHAIN_START,
  chained,
  type Hashing,
  type Link,
  readLine,
} from "../../domain/audit.ts";
import type { AuditLog } from "../../ports/audit.ts";
import { canonicalJson, sha256Hex } from "../system/content-hash.ts";
import { type Anchor, auditAnchor } from "./anchor.ts";
import { ACTIVE, auditFiles, fullName } from "./audit-files.ts";
import { readRecord, verifyRecord } from "./read-record.ts";

export interface AuditLogOptions {
  /** Holds the files. */
  directory: string;
  /** The database that remembers where the record has come to. */
  anchor: string;
  onProblem(problem: string): void;
  maxBytes?: number;
}

/** Some hundred thousand lines: a file that an editor opens still. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Several times the longest line: commands have long arguments. */
const TAIL_BYTES = 4 * 1024 * 1024;
/** Whoever follows the record is given these without the file's being read. */
const RECENT_LINES = 1_000;
/** Between two lines that are written together the end need not be remembered each time. */
const REMEMBER_MS = 50;

const hashing: Hashing = { digest: sha256Hex, canonical: canonicalJson };

export function auditLog({
  directory,
  anchor: anchorFile,
  onProblem,
  maxBytes = MAX_BYTES,
}: AuditLogOptions): AuditLog {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const anchor: Anchor = auditAnchor(anchorFile);
  const active = join(directory, ACTIVE);
  let fd = openSync(active, "a+", 0o600);
  let bytes = cutHalfLine(fd, active, onProblem);
  const remembered = anchor.read();
  let { link, cursor, lines, hashThere } = taken(directory, remembered, onProblem);
  /** The record is not the one that is remembered: the memory is not brought up to date, so that `verify` goes on saying so. */
  let astray = link.seq >= remembered.seq && remembered.seq > 0 && hashThere !== remembered.hash;
  let firstSeq = bytes === 0 ? link.seq + 1 : (firstSeqOf(fd) ?? link.seq + 1);
  const recent: AuditLine[] = [];
  let timer: NodeJS.Timeout | undefined;

  function remember(): void {
    clearTimeout(timer);
    timer = undefined;
    // Never back: while lines that a power failure took are written again, the end that is remembered is still to come.
    if (astray || link.seq <= remembered.seq) return;
    try {
      anchor.write(link);
    } catch (error) {
      onProblem(`the end of the audit record could not be remembered: ${String(error)}`);
    }
  }

  function rotate(): void {
    fsyncSync(fd);
    closeSync(fd);
    renameSync(active, join(directory, fullName(firstSeq)));
    fd = openSync(active, "a+", 0o600);
    bytes = 0;
    firstSeq = link.seq + 1;
  }

  return {
    after: () => ({ cursor, lines }),
    append(facts) {
      if (facts.length === 0) return;
      if (bytes > maxBytes) rotate();
      const made: AuditLine[] = [];
      let text = "";
      for (const fact of facts) {
        const next = chained(AuditFact.parse(fact), made.at(-1) ?? link, hashing);
        made.push(next.line);
        text += `${next.text}\n`;
      }
      writeAll(fd, text, bytes);
      bytes += Buffer.byteLength(text);
      link = linkOf(made.at(-1)) ?? link;
      astray ||= made.some(({ seq, hash }) => seq === remembered.seq && hash !== remembered.hash);
      recent.push(...made);
      recent.splice(0, Math.max(0, recent.length - RECENT_LINES));
      for (const fact of facts) {
        if (fact.cursor === undefined) continue;
        lines = fact.cursor === cursor ? lines + 1 : 1;
        cursor = fact.cursor;
      }
      if (facts.some((fact) => fact.cursor === undefined)) fsyncSync(fd);
      timer ??= setTimeout(remember, REMEMBER_MS).unref();
    },
    async read(query) {
      const { after, limit, run } = query;
      const known =
        after !== undefined && (after >= link.seq || (recent[0]?.seq ?? Number.POSITIVE_INFINITY) <= after + 1);
      if (!known) return readRecord(directory, query);
      const lines = recent
        .filter((line) => line.seq > after && (run === undefined || line.run === run))
        .slice(0, limit);
      return { lines, seen: lines.length === limit ? (lines.at(-1)?.seq ?? after) : Math.max(after, link.seq) };
    },
    async verify() {
      remember();
      return verifyRecord(directory, anchor.read(), hashing);
    },
    close() {
      remember();
      closeSync(fd);
      anchor.close();
    },
  };
}

const linkOf = (line: AuditLine | undefined): Link | undefined => line && { seq: line.seq, hash: line.hash };

/** All of it, or what was before: a full disk leaves no half line. */
function writeAll(fd: number, text: string, before: number): void {
  const data = Buffer.from(text);
  try {
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
  } catch (error) {
    ftruncateSync(fd, before);
    throw error;
  }
}

/** Takes out a line that was cut by a crash; answers with the size of the file. */
function cutHalfLine(fd: number, file: string, onProblem: (problem: string) => void): number {
  const { size } = fstatSync(fd);
  const tail = tailOf(fd, size);
  const whole = size - tail.length + tail.lastIndexOf(0x0a) + 1;
  if (whole < size) {
    ftruncateSync(fd, whole);
    onProblem(
      `the last line of ${file} was cut in the middle (${size - whole} bytes): it is taken out and written again`,
    );
  }
  return whole;
}

function tailOf(fd: number, size: number): Buffer {
  const from = Math.max(0, size - TAIL_BYTES);
  const tail = Buffer.alloc(size - from);
  return tail.subarray(0, readSync(fd, tail, 0, tail.length, from));
}

interface Taken {
  link: Link;
  /** The hash of the line that is remembered as the last one. */
  hashThere: string | undefined;
  cursor: number;
  lines: number;
}

/** How far the record has come, by its last lines. */
function taken(directory: string, remembered: Link, onProblem: (problem: string) => void): Taken {
  const last = lastLines(directory, remembered.seq);
  const end = last.at(-1);
  if (!end && remembered.seq > 0)
    onProblem(`the audit record is gone: it had ${remembered.seq} lines, and is written again from the first event`);
  if (end && end.seq < remembered.seq)
    onProblem(`the audit record ends at line ${end.seq} and had ${remembered.seq}: what events tell is written again`);
  const newest = last.findLast(({ cursor }) => cursor !== undefined)?.cursor ?? 0;
  return {
    link: linkOf(end) ?? CHAIN_START,
    hashThere: last.findLast(({ seq }) => seq === remembered.seq)?.hash,
    cursor: newest,
    lines: last.filter(({ cursor }) => cursor === newest).length,
  };
}

/** The lines at the end of the newest file that has any: back to the one that is remembered, and to the event before the newest. */
function lastLines(directory: string, rememberedSeq: number): AuditLine[] {
  for (const file of auditFiles(directory).reverse()) {
    const fd = openSync(file, "r");
    try {
      const { size } = fstatSync(fd);
      const texts = tailOf(fd, size).toString("utf8").split("\n");
      const found: AuditLine[] = [];
      let newest: number | undefined;
      for (const text of texts.reverse()) {
        const line = readLine(text);
        if (!line) continue;
        found.push(line);
        newest ??= line.cursor;
        if (newest !== undefined && line.cursor !== undefined && line.cursor !== newest && line.seq <= rememberedSeq)
          break;
      }
      if (found.length > 0) return found.reverse();
    } finally {
      closeSync(fd);
    }
  }
  return [];
}

function firstSeqOf(fd: number): number | undefined {
  const head = Buffer.alloc(TAIL_BYTES);
  const text = head.subarray(0, readSync(fd, head, 0, head.length, 0)).toString("utf8");
  return readLine(text.slice(0, text.indexOf("\n")))?.seq;
}
