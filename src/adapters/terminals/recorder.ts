/**
 * Records a terminal's output as an asciicast v2 file, which any asciinema player shows.
 *
 * The file is only appended to, and taken up again after a restart: times go on from its header, a line that was cut by
 * a crash is removed first. At the size limit one closing marker is written and nothing after it, ever.
 * Secrets are taken out of what is recorded before it is gathered; what may become one is recorded once that is known.
 * Recording never disturbs the terminal: when the file cannot be written, recording ends and `onProblem` is told.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";

/** Output is gathered this long, so that a busy screen costs a few writes a second. */
const FLUSH_MS = 100;
/** Output that has come to rest is recorded to its last character; within this time the pieces of one write have all come. */
const REST_MS = 300;
/** No line of the file is longer than what this much output becomes (six characters for a control byte). */
const PIECE_CHARS = 8 * 1024;
/** Holds the longest line and the header. */
const TAIL_BYTES = 128 * 1024;
const CLOSING = "devflow: recording ended at its size limit";

export interface Recorder {
  output(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  /** Marks a place where output may be missing. */
  gap(): void;
  /** Writes what is gathered. Nothing is recorded afterwards. */
  close(): Promise<void>;
}

export interface RecorderOptions {
  file: string;
  maxBytes: number;
  cols: number;
  rows: number;
  /** Takes secrets out. Absent: everything is recorded as it is. */
  scrub?: OutputScrubber | undefined;
  now?: () => number;
  onProblem?: (problem: string) => void;
}

export function recorder(options: RecorderOptions): Recorder {
  const { file, maxBytes, cols, rows, scrub, now = Date.now, onProblem } = options;
  const decoder = new StringDecoder("utf8");
  let gathered = "";
  let timer: NodeJS.Timeout | undefined;
  let resting: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let ended = false;
  let size = 0;
  let startedAt = 0;
  let lastTime = 0;

  const end = (problem: unknown) => {
    ended = true;
    gathered = "";
    onProblem?.(`recording to ${file} ended: ${problem instanceof Error ? problem.message : String(problem)}`);
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === "") return;
    const text = gathered;
    gathered = "";
    writing = writing.then(() => appendFile(file, text, { mode: 0o600 })).catch(end);
  };
  const gather = (line: string) => {
    gathered += line;
    size += Buffer.byteLength(line);
    timer ??= setTimeout(flush, FLUSH_MS).unref();
  };
  const shown = (text: string) => {
    for (let at = 0; at < text.length; ) {
      // Never between the halves of a character outside the basic plane.
      const cut = isHighSurrogate(text, at + PIECE_CHARS - 1) ? PIECE_CHARS - 1 : PIECE_CHARS;
      event("o", text.slice(at, at + cut));
      at += cut;
    }
  };
  const event = (kind: "o" | "r" | "m", text: string) => {
    if (ended) return;
    // A clock that was set back must not make the file go back in time.
    lastTime = Math.max(lastTime, (now() - startedAt) / 1000);
    const line = (k: string, t: string) => `${JSON.stringify([Number(lastTime.toFixed(6)), k, t])}\n`;
    const text_ = line(kind, text);
    const closing = line("m", CLOSING);
    if (size + Buffer.byteLength(text_) + Buffer.byteLength(closing) > maxBytes) {
      gather(closing);
      ended = true;
      flush();
    } else gather(text_);
  };

  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const past = readPast(file);
    if (past.startedAt === undefined) {
      startedAt = Math.floor(now() / 1000) * 1000;
      const header = {
        version: 2,
        width: cols,
        height: rows,
        timestamp: startedAt / 1000,
        env: { TERM: "xterm-256color" },
      };
      gather(`${JSON.stringify(header)}\n`);
    } else {
      startedAt = past.startedAt;
      size = past.size;
      ended = past.closed;
      // The terminal may have got another size while nobody recorded.
      if (!ended) event("r", `${cols}x${rows}`);
    }
  } catch (problem) {
    end(problem);
  }

  return {
    output(bytes) {
      if (ended) return;
      const text = decoder.write(bytes as Buffer);
      if (!scrub) return shown(text);
      shown(scrub.push(text));
      resting ??= setTimeout(() => shown(scrub.pause()), REST_MS).unref();
      resting.refresh();
    },
    resize: (width, height) => event("r", `${width}x${height}`),
    gap() {
      shown(scrub?.rest() ?? "");
      event("m", "devflow: output may be missing here");
    },
    async close() {
      clearTimeout(resting);
      shown(scrub?.rest() ?? "");
      flush();
      ended = true;
      await writing;
    },
  };
}

const isHighSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xd800;

/** What the file already holds, a line cut by a crash removed. No `startedAt` means: nothing worth keeping. */
function readPast(file: string): { startedAt?: number; size: number; closed: boolean } {
  const fd = openSync(file, "a+", 0o600);
  try {
    const { size } = fstatSync(fd);
    const read = (from: number, to: number) => {
      const bytes = Buffer.alloc(to - from);
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
    };
    const tailFrom = Math.max(0, size - TAIL_BYTES);
    const tail = read(tailFrom, size);
    const whole = tailFrom + tail.lastIndexOf(0x0a) + 1;
    if (whole < size) ftruncateSync(fd, whole);
    const startedAt = headerTime(read(0, Math.min(whole, 1024)).toString("utf8"));
    if (startedAt === undefined) {
      ftruncateSync(fd, 0);
      return { size: 0, closed: false };
    }
    return {
      startedAt,
      size: whole,
      closed: tail
        .subarray(0, whole - tailFrom)
        .toString("utf8")
        .endsWith(`"${CLOSING}"]\n`),
    };
  } finally {
    closeSync(fd);
  }
}

function headerTime(head: string): number | undefined {
  try {
    const header: unknown = JSON.parse(head.slice(0, head.indexOf("\n") + 1));
    if (typeof header !== "object" || header === null || !("timestamp" in header)) return undefined;
    return typeof header.timestamp === "number" ? header.timestamp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
