/** The files of one pty session, written by its holder and read by whoever comes after: what runs, and how it ended. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionId } from "../../domain/ids.ts";
import type { HolderFrame } from "../../domain/terminal-frame.ts";
import type { TerminalExit, TerminalSpec } from "../../ports/terminal-host.ts";

/** What a holder is told by stdin: the environment may hold secrets, so it is in no argv and in no file. */
export interface HolderStart extends TerminalSpec {
  socket: string;
  /** Where its record, its exit and its last output go; private to the user. */
  directory: string;
}

/** The one line a holder says on stdout. */
export type HolderReady = { key: string } | { problem: string };

/** `record.json`: a holder that has started. */
export interface HolderRecord {
  session: SessionId;
  run: string;
  cols: number;
  rows: number;
  record?: TerminalSpec["record"];
  /** Names the terminal for ever: the holder's pid with the time it started. */
  key: string;
  socket: string;
}

/** `exit.json`: a program that has ended. Its last output is in `output`; `welcome` is what the holder would say now. */
export interface ExitRecord {
  exit: TerminalExit;
  /** The typing keys that were taken. */
  taken: readonly string[];
  welcome: Extract<HolderFrame, { t: "welcome" }>;
  endedAt: string;
}

const RECORD = "record.json";
const EXIT = "exit.json";
const OUTPUT = "output";

export const writeRecord = (directory: string, record: HolderRecord): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  replace(join(directory, RECORD), JSON.stringify(record));
};

/** The output first: whoever sees the exit finds both. */
export const writeExit = (directory: string, exit: ExitRecord, output: Uint8Array): void => {
  replace(join(directory, OUTPUT), output);
  replace(join(directory, EXIT), JSON.stringify(exit));
};

export const readRecord = (directory: string): HolderRecord | undefined =>
  readJson<HolderRecord>(join(directory, RECORD));

export const readExit = (directory: string): ExitRecord | undefined => readJson<ExitRecord>(join(directory, EXIT));

export const readLastOutput = (directory: string): Buffer => read(join(directory, OUTPUT)) ?? Buffer.alloc(0);

function replace(path: string, content: string | Uint8Array): void {
  const written = `${path}.${process.pid}`;
  writeFileSync(written, content, { mode: 0o600 });
  renameSync(written, path);
}

/** The content, or `undefined` when the file is not there: half-written ones cannot be, see `replace`. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function readJson<T>(path: string): T | undefined {
  const content = read(path);
  return content === undefined ? undefined : (JSON.parse(content.toString("utf8")) as T);
}
