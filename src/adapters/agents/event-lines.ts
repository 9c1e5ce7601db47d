/** Reads the lines of a file that is still being written, JSON or text: what has come since the last time, whole lines only. */
import { open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/** A longer line is no event: it is passed over, so that an agent cannot fill the daemon's memory. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

export interface Lines<T> {
  /** Hands everything new to `take`, in order. Resolves with the bytes read so far. */
  read(take: (one: T) => void): Promise<number>;
  /** The last line, though nothing has ended it: for a file that nobody writes any more. */
  rest(take: (one: T) => void): void;
}

/** Values; lines that are not JSON are passed over. `wanted` says of a line whether it is worth parsing. */
export function eventLines(file: string, wanted: (line: string) => boolean = () => true): Lines<unknown> {
  const lines = textLines(file);
  const parsed = (take: (value: unknown) => void) => (line: string) => {
    if (!wanted(line)) return;
    try {
      take(JSON.parse(line));
    } catch {
      // Agents print warnings and banners between their events.
    }
  };
  return { read: (take) => lines.read(parsed(take)), rest: (take) => lines.rest(parsed(take)) };
}

/** Lines as they are, without the empty ones. */
export function textLines(file: string): Lines<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let offset = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;

  function keep(piece: Buffer): void {
    begunBytes += piece.length;
    if (begunBytes > MAX_LINE_BYTES) begun = [];
    else begun.push(Buffer.from(piece));
  }
  function finish(take: (line: string) => void): void {
    const text = begunBytes > MAX_LINE_BYTES ? "" : Buffer.concat(begun).toString("utf8").trim();
    begun = [];
    begunBytes = 0;
    if (text !== "") take(text);
  }
  function split(bytes: Buffer, take: (line: string) => void): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      keep(bytes.subarray(from, end));
      finish(take);
      from = end + 1;
    }
    if (from < bytes.length) keep(bytes.subarray(from));
  }

  return {
    read: async (take) => {
      const handle = await open(file, "r").catch(() => undefined);
      if (!handle) return offset;
      try {
        for (;;) {
          const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, offset);
          if (bytesRead === 0) return offset;
          offset += bytesRead;
          split(chunk.subarray(0, bytesRead), take);
        }
      } finally {
        await handle.close();
      }
    },
    rest: finish,
  };
}
