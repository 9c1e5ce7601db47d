/** What was typed before: a file of JSON lines in the state directory that only its owner reads, without what looks like a secret. */
import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Redact } from "../../domain/redact.ts";

const MOST_LINES = 1_000;
/** Longer is a paste, and nobody looks for it here. */
const MOST_CHARACTERS = 4_000;

export const historyFile = (state: string): string => join(state, "chat-history.jsonl");

export interface History {
  /** Newest first. */
  readonly lines: readonly string[];
  add(line: string): Promise<void>;
}

export async function openHistory(file: string, redact: Redact): Promise<History> {
  const kept = (await readFile(file, "utf8").catch(() => "")).split("\n").flatMap(lineFrom);
  const newest = kept.slice(-MOST_LINES);
  if (kept.length > 2 * MOST_LINES) await write(file, newest).catch(() => undefined);
  return {
    lines: [...newest].reverse(),
    async add(line) {
      if (line.trim() === "" || line.length > MOST_CHARACTERS) return;
      // A full disk, or a directory that is not ours: what was said is said, and only not found again.
      await append(file, redact(line)).catch(() => undefined);
    },
  };
}

function lineFrom(json: string): string[] {
  try {
    const line: unknown = JSON.parse(json);
    return typeof line === "string" ? [line] : [];
  } catch {
    return [];
  }
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

const write = (file: string, lines: readonly string[]): Promise<void> =>
  writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
