/**
 * One client's connection: frames in, answers and notices out, with bounds on both.
 *
 * N1. Every request with an id gets exactly one answer; a notification gets none; a batch gets one array.
 * N2. A client that does not read is not read from either: what waits for it stays under `HIGH_WATER` plus what was asked.
 * N3. Nothing that a client sends ends another client's connection, or the daemon.
 */
import type { Socket } from "node:net";
import { Failure, type FailureCode, type FailureParams, failureRecord } from "../domain/failure.ts";
import { shortage } from "../domain/system-problem.ts";
import type { Journal } from "../ports/journal.ts";
import type { Notices } from "../protocol/event-methods.ts";
import {
  encodeNotice,
  errorAnswer,
  type Frame,
  frameDecoder,
  type Id,
  MAX_REQUEST_BYTES,
  readRequest,
  resultAnswer,
} from "../protocol/frame.ts";

/** Bytes that wait to be sent before the other side has to read some: a page of events, not a whole log. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** Requests of one client that are worked on at a time. */
const MOST_UNDER_WAY = 64;
/** More than any client of ours sends in one array; without a limit one line could ask for 20 000 things. */
const MOST_IN_BATCH = 100;

/** What handlers see of the client that asks. */
export interface Connection {
  notify<N extends keyof Notices>(name: N, params: Notices[N]): void;
  /** Runs once the answer to the request at hand is written: notices that it leads to come after it. */
  afterAnswer(action: () => void): void;
  /** Whether more can be sent without anybody's having to wait. */
  hasRoom(): boolean;
  /** Resolves to whether there is room to send more; waits at most `ms` for the client to read. */
  roomToSend(ms: number, signal: AbortSignal): Promise<boolean>;
  /** Aborts when the client is gone. */
  gone: AbortSignal;
}

export type Dispatch = (method: string, params: unknown, connection: Connection) => Promise<unknown>;

export interface OpenConnection {
  /** Resolves when what was asked is answered and sent, or the client is gone. */
  finish(ms: number): Promise<void>;
}

export function serveConnection(socket: Socket, dispatch: Dispatch, journal: Journal): OpenConnection {
  const decode = frameDecoder(MAX_REQUEST_BYTES);
  const gone = new AbortController();
  let underWay = 0;
  let finishing = false;

  const crowded = () => underWay >= MOST_UNDER_WAY || socket.writableLength > HIGH_WATER_BYTES;
  const paceReading = () => {
    if (finishing || crowded()) socket.pause();
    else if (socket.isPaused()) socket.resume();
  };
  const send = (text: string) => {
    if (!socket.writable) return;
    socket.write(text);
    paceReading();
  };

  const hasRoom = () => socket.writable && socket.writableLength <= HIGH_WATER_BYTES;
  const roomToSend = (ms: number, signal: AbortSignal): Promise<boolean> => {
    if (socket.writableLength <= HIGH_WATER_BYTES) return Promise.resolve(socket.writable);
    return new Promise((resolve) => {
      const settle = (room: boolean) => {
        clearTimeout(timer);
        socket.off("drain", onDrain);
        signal.removeEventListener("abort", onAbort);
        resolve(room);
      };
      const onDrain = () => settle(socket.writable);
      const onAbort = () => settle(false);
      const timer = setTimeout(onAbort, ms);
      socket.once("drain", onDrain);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  };

  /** The answer to one request as JSON, and what to do once it is written. `undefined` for a notification. */
  const one = async (value: unknown, later: (() => void)[]): Promise<string | undefined> => {
    const request = readRequest(value);
    if ("problem" in request) return refusal(request.id, "protocol.invalid_request", { problem: request.problem });
    const { id, method, params } = request;
    const connection: Connection = {
      notify: (name, notice) => send(encodeNotice(name, notice)),
      afterAnswer: (action) => void later.push(action),
      hasRoom,
      roomToSend,
      gone: gone.signal,
    };
    try {
      const result = await dispatch(method, params, connection);
      return id === undefined ? undefined : JSON.stringify(resultAnswer(id, result));
    } catch (error) {
      const failure = error instanceof Failure ? error : (shortage(error) ?? broken(method, error));
      return id === undefined ? undefined : JSON.stringify(errorAnswer(id, failureRecord(failure)));
    }
  };

  const broken = (method: string, error: unknown): Failure => {
    const problem = error instanceof Error ? error.message : String(error);
    journal.error("a request broke", { method, error: error instanceof Error ? error.stack : problem });
    return new Failure("internal", { problem });
  };

  const batch = async (values: readonly unknown[], later: (() => void)[]): Promise<string | undefined> => {
    const problem =
      values.length === 0
        ? "the batch is empty"
        : `a batch has at most ${MOST_IN_BATCH} requests, not ${values.length}`;
    if (values.length === 0 || values.length > MOST_IN_BATCH)
      return refusal(null, "protocol.invalid_request", { problem });
    const answers = (await Promise.all(values.map((value) => one(value, later)))).filter((text) => text !== undefined);
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
  };

  const answer = async (value: unknown): Promise<void> => {
    underWay += 1;
    const later: (() => void)[] = [];
    const reply = Array.isArray(value) ? await batch(value, later) : await one(value, later);
    if (reply !== undefined) send(`${reply}\n`);
    for (const action of later) action();
    underWay -= 1;
    paceReading();
    endWhenIdle();
  };

  const endWhenIdle = () => {
    if (finishing && underWay === 0 && socket.writable) socket.end(() => socket.destroy());
  };

  const take = (frame: Frame): void => {
    if (frame.kind === "message") void answer(frame.value);
    else if (frame.why === "syntax") send(`${refusal(null, "protocol.parse")}\n`);
    else send(`${refusal(null, "protocol.too_large", { limit: MAX_REQUEST_BYTES })}\n`);
  };

  socket.setMaxListeners(0); // Each subscription that waits for room listens.
  socket.on("data", (chunk: Buffer) => {
    for (const frame of decode(chunk)) take(frame);
  });
  socket.on("drain", paceReading);
  // A client that goes away while it is written to is nobody's error; `close` follows.
  socket.on("error", () => {});
  socket.once("close", () => gone.abort());
  // A client that has said all (`… | nc -U`) still gets its answers, but no more notices.
  socket.once("end", () => {
    finishing = true;
    endWhenIdle();
  });

  return {
    finish: (ms) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        const timer = setTimeout(() => socket.destroy(), ms);
        socket.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        finishing = true;
        endWhenIdle();
      }),
  };
}

const refusal = (id: Id, code: FailureCode, params: FailureParams = {}): string =>
  JSON.stringify(errorAnswer(id, failureRecord(new Failure(code, params))));
