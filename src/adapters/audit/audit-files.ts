/**
 * The record's files: `audit.jsonl`, which is appended to, and beside it the full ones, named by the number of their first line.
 */
import { createReadStream, fstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ACTIVE = "audit.jsonl";
const FULL = /^audit-\d{12}\.jsonl$/;

export const fullName = (firstSeq: number): string => `audit-${String(firstSeq).padStart(12, "0")}.jsonl`;

/** Their paths, the oldest first; the one that is written last, if it is there. */
export function auditFiles(directory: string): string[] {
  const names = readdirSync(directory);
  const full = names.filter((name) => FULL.test(name)).sort();
  return [...full, ...(names.includes(ACTIVE) ? [ACTIVE] : [])].map((name) => join(directory, name));
}

export interface PlacedLine {
  file: string;
  line: number;
  text: string;
}

/** Every line of all files as they are now, in order, whatever is appended or put aside meanwhile. */
export async function* auditLines(directory: string): AsyncGenerator<PlacedLine> {
  const opened = auditFiles(directory).map((file) => {
    const fd = openSync(file, "r");
    return { file, fd, size: fstatSync(fd).size };
  });
  for (const { file, fd, size } of opened) {
    let line = 0;
    const stream = createReadStream(file, { fd, encoding: "utf8", start: 0, end: Math.max(0, size - 1) });
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
      yield { file, line: ++line, text };
  }
}
