/** What goes into a pty: keys and pastes as bytes, and the queue that brings them in whole however slowly they are read. */
import { writeSync } from "node:fs";
import type { Key } from "../../ports/terminal-host.ts";

/** A reader that is not reading is asked again after this long: no spinning, and no gap that a person would feel. */
const RETRY_MS = 5;

// biome-ignore format: read by column
const KEY_BYTES: Record<Key, string> = {
  Enter: "\r", Escape: "\x1b", "C-c": "\x03", "C-u": "\x15", Up: "A", Down: "B", Tab: "\t", Space: " ", BSpace: "\x7f",
  y: "y", n: "n", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9",
};

/** The bytes of keys; arrows depend on the cursor mode that the program has chosen, unknown names are no keys. */
export const keysBytes = (names: readonly string[], applicationCursor: boolean): string =>
  names.map((name) => (Object.hasOwn(KEY_BYTES, name) ? keyBytes(name as Key, applicationCursor) : "")).join("");

function keyBytes(key: Key, applicationCursor: boolean): string {
  if (key === "Up" || key === "Down") return `\x1b${applicationCursor ? "O" : "["}${KEY_BYTES[key]}`;
  return KEY_BYTES[key];
}

/** A pasted text as a terminal sends it: line ends as CR, and marked as a paste when the program asked for marks. */
export function pasteBytes(text: string, bracketed: boolean): string {
  const lines = text.replace(/\r\n?|\n/g, "\r");
  return bracketed ? `\x1b[200~${lines}\x1b[201~` : lines;
}

export interface InputQueue {
  /** Takes the bytes at once; they are written in order, as fast as the program reads. */
  push(bytes: string | Uint8Array): void;
  /** Drops what is not yet written and takes nothing more. */
  stop(): void;
}

/**
 * Writes to the pty's master itself: node-pty's own queue asks a full pty again in every turn of the loop, which costs a whole
 * core for as long as the agent does not read.
 */
export function inputQueue(fd: number): InputQueue {
  let waiting: Buffer[] = [];
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  const flush = () => {
    retry = undefined;
    while (!stopped) {
      const head = waiting[0];
      if (head === undefined) return;
      const written = writeSome(fd, head);
      if (written === "gone") {
        waiting = [];
        return;
      }
      if (written === head.length) waiting.shift();
      else waiting[0] = head.subarray(written);
      if (written === 0) {
        retry = setTimeout(flush, RETRY_MS);
        return;
      }
    }
  };
  return {
    push(bytes) {
      if (stopped || bytes.length === 0) return;
      waiting.push(Buffer.from(bytes as Uint8Array));
      if (retry === undefined) flush();
    },
    stop() {
      stopped = true;
      waiting = [];
      clearTimeout(retry);
    },
  };
}

/** How many bytes the pty took now: 0 when it is full. */
function writeSome(fd: number, bytes: Buffer): number | "gone" {
  try {
    return writeSync(fd, bytes, 0, bytes.length);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : "gone";
  }
}
