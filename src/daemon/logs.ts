/** The daemon's log file as a person reads it, and as it grows. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { failureSaid } from "../domain/failure.ts";

/** What is shown of the past: enough to see what has just happened. */
const LAST_LINES = 200;
const CHUNK_BYTES = 64 * 1024;
const LOOK_MS = 250;

export interface LogsOptions {
  file: string;
  follow: boolean;
  /** Lines as they are in the file, for programs. */
  raw: boolean;
  print: (line: string) => void;
  signal: AbortSignal;
}

export async function printLogs({ file, follow, raw, print, signal }: LogsOptions): Promise<void> {
  const show = (line: string) => print(raw ? line : readable(line));
  let at = 0;
  let partial = Buffer.alloc(0);

  /** The whole lines after `at`. The file starts over when the daemon has cut it. */
  const fresh = (): string[] => {
    if (!existsSync(file)) return [];
    const fd = openSync(file, "r");
    try {
      const { size } = fstatSync(fd);
      if (size < at) at = 0;
      const chunks: Buffer[] = [partial];
      while (at < size) {
        const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
        const read = readSync(fd, chunk, 0, chunk.length, at);
        if (read === 0) break;
        chunks.push(chunk.subarray(0, read));
        at += read;
      }
      const all = Buffer.concat(chunks);
      const end = all.lastIndexOf(10) + 1;
      partial = all.subarray(end);
      return all.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
    } finally {
      closeSync(fd);
    }
  };

  for (const line of fresh().slice(-LAST_LINES)) show(line);
  while (follow && !signal.aborted) {
    await pause(signal);
    for (const line of fresh()) show(line);
  }
}

const LEVELS: Record<number, string> = { 30: "info ", 40: "WARN ", 50: "ERROR", 60: "FATAL" };

/** `12:30:01 info  message key=value`; a line that is not the journal's own is shown as it is. */
export function readable(line: string): string {
  const failure = failureSaid(line);
  if (failure) return `devflowd: ${failure.message}${failure.hint ? ` (${failure.hint})` : ""}`;
  if (!line.startsWith("{")) return line;
  try {
    const { level, time, pid: _, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const rest = Object.entries(fields).map(
      ([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
    return `${String(time).slice(0, 19).replace("T", " ")} ${LEVELS[Number(level)] ?? level} ${msg}${rest.join("")}`;
  } catch {
    return line;
  }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener("abort", done, { once: true });
  });
