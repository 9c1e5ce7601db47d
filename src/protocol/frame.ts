/**
 * Frames: JSON-RPC 2.0, one message a line, both ways. Pure and without packages: the thin client is built on it.
 *
 * F1. Only LF (byte 10) ends a line: U+2028, U+2029 and a lone CR are ordinary text.
 * F2. A line over the limit, of invalid UTF-8 or of bad JSON is one `bad` frame; the lines after it are read as ever.
 * F3. A decoder holds at most the limit plus one chunk, whatever comes in.
 */
import type { FailureCode, FailureRecord } from "../domain/failure.ts";

/** Longest request: a goal of the greatest length fits, also with every line break and quote of it escaped. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
/** Longest answer that a client takes: a diff of a whole run is one line. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const LF = 10;

export type Id = string | number | null;

export interface Request {
  /** Absent in a notification, which gets no answer. */
  id?: Id;
  method: string;
  params: unknown;
}

interface ErrorObject {
  code: number;
  message: string;
  data: FailureRecord;
}

export type Answer = { jsonrpc: "2.0"; id: Id; result: unknown } | { jsonrpc: "2.0"; id: Id; error: ErrorObject };

export type Frame = { kind: "message"; value: unknown } | { kind: "bad"; why: "syntax" | "too_large" };

export const encode = (message: object): string => `${JSON.stringify(message)}\n`;

export const encodeRequest = (id: number, method: string, params: unknown): string =>
  encode({ jsonrpc: "2.0", id, method, params });

export const encodeNotice = (method: string, params: unknown): string => encode({ jsonrpc: "2.0", method, params });

/** Takes bytes as they come and gives the frames that they complete. */
export function frameDecoder(limit: number): (chunk: Uint8Array) => Frame[] {
  const text = new TextDecoder("utf-8", { fatal: true });
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let skipping = false;

  const finish = (end: Uint8Array): Frame | undefined => {
    if (heldBytes + end.length > limit) return { kind: "bad", why: "too_large" };
    const line = held.length === 0 ? end : joined(held, heldBytes, end);
    try {
      const json = text.decode(line);
      return json.trim() === "" ? undefined : { kind: "message", value: JSON.parse(json) as unknown };
    } catch {
      return { kind: "bad", why: "syntax" };
    }
  };

  return (chunk) => {
    const frames: Frame[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const frame = skipping ? undefined : finish(chunk.subarray(start, end));
      if (frame) frames.push(frame);
      held = [];
      heldBytes = 0;
      skipping = false;
      start = end + 1;
    }
    if (skipping || start === chunk.length) return frames;
    const rest = chunk.subarray(start);
    if (heldBytes + rest.length > limit) {
      // Said at once, not at the end of the line: whoever sends without end would never hear of it.
      frames.push({ kind: "bad", why: "too_large" });
      held = [];
      heldBytes = 0;
      skipping = true;
    } else {
      held.push(rest);
      heldBytes += rest.length;
    }
    return frames;
  };
}

function joined(parts: readonly Uint8Array[], bytes: number, end: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes + end.length);
  let at = 0;
  for (const part of [...parts, end]) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is Id => typeof value === "string" || typeof value === "number" || value === null;

/** A request as JSON-RPC means it, or what is wrong with it and the id to answer to. */
export function readRequest(value: unknown): Request | { problem: string; id: Id } {
  if (!isObject(value)) return { problem: "it is not an object", id: null };
  const { jsonrpc, id, method, params } = value;
  const known = isId(id) ? id : null;
  if (jsonrpc !== "2.0") return { problem: 'jsonrpc must be "2.0"', id: known };
  if (typeof method !== "string") return { problem: "method must be a string", id: known };
  if (id !== undefined && !isId(id)) return { problem: "id must be a string, a number or null", id: null };
  if (params !== undefined && typeof params !== "object") return { problem: "params must be an object", id: known };
  return { ...(id !== undefined && { id }), method, params: params ?? {} };
}

/** What a client can get: an answer to one of its requests, or a notice. `undefined` for anything else. */
export function readAnswer(
  value: unknown,
): { id: Id; result: unknown } | { id: Id; error: unknown } | { method: string; params: unknown } | undefined {
  if (!isObject(value)) return undefined;
  const { id, method, params, result, error } = value;
  if (typeof method === "string") return { method, params };
  if (!isId(id)) return undefined;
  return error === undefined ? { id, result } : { id, error };
}

/** The numbers that JSON-RPC reserves; every other failure is -32000, told apart by `data.code`. */
const NUMBERS: Partial<Record<FailureCode, number>> = {
  "protocol.parse": -32700,
  "protocol.too_large": -32600,
  "protocol.invalid_request": -32600,
  "protocol.unknown_method": -32601,
  "protocol.invalid_params": -32602,
  internal: -32603,
};

export const errorAnswer = (id: Id, record: FailureRecord): Answer => ({
  jsonrpc: "2.0",
  id,
  error: { code: NUMBERS[record.code] ?? -32000, message: record.message, data: record },
});

export const resultAnswer = (id: Id, result: unknown): Answer => ({ jsonrpc: "2.0", id, result });
