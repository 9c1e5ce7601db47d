/**
 * What passes over the socket of a pty terminal, between its holder and whoever looks at it: the daemon or `devflow attach`.
 *
 * One JSON object a line, ASCII only where it matters: bytes travel as base64. Plain TypeScript without zod, because the
 * thin client and every holder process pay for each import (zod: 50 ms and 12 MB a holder).
 *
 * F1. Output is a stream with positions: `at` is the position of the first byte. A client that names the position where it
 *     stopped gets every byte from there once, or a `gap` that says what is no longer kept.
 * F2. `resized` and `exit` arrive between the bytes where they happened; nothing follows `exit`.
 * F3. Every request with an `id` gets one `answer` with that id.
 * F4. What the daemon has acknowledged (`ack`) it has dealt with: recorded, shown and, for terminal queries, answered.
 */

/** How the program ended; empty when nobody could find out. */
export interface FrameExit {
  code?: number;
  signal?: string;
}

export type ClientFrame =
  /** The first frame of a connection. `from`: the position to go on at. A viewer's size is taken over unless it only reads. */
  | { t: "hello"; role: "daemon"; from: number }
  | { t: "hello"; role: "viewer"; from: number; readOnly: boolean; cols: number; rows: number }
  | { t: "paste"; id: number; key: string; text: string }
  | { t: "type"; id: number; key: string; text: string }
  | { t: "press"; id: number; key: string; keys: string[] }
  | { t: "taken"; id: number; keys: string[] }
  | { t: "busy"; id: number }
  | { t: "resize"; id: number; cols: number; rows: number }
  /** What a person typed, as it came from the keyboard. */
  | { t: "input"; data: string }
  /** Everything before `to` is dealt with; `reply` is what a terminal answers to the queries in it. */
  | { t: "ack"; to: number; reply?: string }
  /** The exit is on record: the holder may end soon. */
  | { t: "collected" }
  /** End now, and the program with you. */
  | { t: "end" };

export type HolderFrame =
  | {
      t: "welcome";
      /** The program's, while it lives. */
      pid?: number;
      cols: number;
      rows: number;
      /** Output follows from here; up to `to` it is there already; `acked` is how far some daemon has dealt with it. */
      from: number;
      to: number;
      acked: number;
      /** The modes and the title that output no longer kept had set, as the sequences that set them (base64). */
      preamble: string;
    }
  | { t: "output"; at: number; data: string }
  | { t: "gap"; from: number; to: number; preamble: string }
  | { t: "resized"; cols: number; rows: number }
  | { t: "exit"; exit: FrameExit }
  | { t: "answer"; id: number; typed?: "typed" | "already" | "gone"; taken?: string[]; busy?: boolean };

export type AskFrame = Extract<ClientFrame, { id: number }>;
export type AnswerFrame = Extract<HolderFrame, { t: "answer" }>;

/** Longest line taken from a client: a 1 MiB paste with every character escaped is under it. */
const FRAME_LIMIT = 8 * 1024 * 1024;

export const encodeFrame = (frame: ClientFrame | HolderFrame): string => `${JSON.stringify(frame)}\n`;

/** Cuts a stream of text into whole lines, keeping what is not yet whole. Throws when a line passes `FRAME_LIMIT`. */
export function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest: string[] = [];
  let size = 0;
  return (text) => {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const line = rest.join("") + text.slice(start, end);
      rest = [];
      size = 0;
      start = end + 1;
      onLine(line);
    }
    if (start < text.length) rest.push(text.slice(start));
    size += text.length - start;
    if (size > FRAME_LIMIT) throw new Error(`a frame is over ${FRAME_LIMIT} characters`);
  };
}

/** The holder's frame in a line. The holder is ours and of one version with its frames, so only JSON itself is checked. */
export const holderFrame = (line: string): HolderFrame => JSON.parse(line) as HolderFrame;

const isText = (value: unknown) => typeof value === "string";
const isBool = (value: unknown) => typeof value === "boolean";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCells = (value: unknown) => isCount(value) && (value as number) >= 1 && (value as number) <= 1000;

/** The fields that each client frame must have. */
const SHAPES: Record<ClientFrame["t"], Record<string, (value: unknown) => boolean>> = {
  hello: { role: (value) => value === "daemon" || value === "viewer", from: isCount },
  paste: { id: isCount, key: isText, text: isText },
  type: { id: isCount, key: isText, text: isText },
  press: { id: isCount, key: isText, keys: isTexts },
  taken: { id: isCount, keys: isTexts },
  busy: { id: isCount },
  resize: { id: isCount, cols: isCells, rows: isCells },
  input: { data: isText },
  ack: { to: isCount, reply: (value) => value === undefined || isText(value) },
  collected: {},
  end: {},
};
const VIEWER = { readOnly: isBool, cols: isCells, rows: isCells };

/** The client's frame in a line, or `undefined` when it is not one. */
export function clientFrame(line: string): ClientFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const frame = value as Record<string, unknown>;
  const shape = Object.hasOwn(SHAPES, String(frame.t)) ? SHAPES[frame.t as ClientFrame["t"]] : undefined;
  const fits = (fields: typeof VIEWER | typeof shape) =>
    Object.entries(fields ?? {}).every(([name, check]) => check(frame[name]));
  if (shape === undefined || !fits(shape) || (frame.role === "viewer" && !fits(VIEWER))) return undefined;
  return frame as unknown as ClientFrame;
}
