/**
 * One connection to the daemon, seen from the asking side: requests out, answers and notices in. Without packages.
 *
 * A link that has ended stays ended: what was not answered rejects with `daemon.unreachable`, and nothing is sent twice.
 */
import { connect } from "node:net";
import { Failure, failureFrom } from "../domain/failure.ts";
import { encodeRequest, frameDecoder, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, readAnswer } from "./frame.ts";
import type { MethodName, ParamsIn, Result } from "./methods.ts";

export interface Link {
  call<M extends MethodName>(method: M, params: ParamsIn<M>, timeoutMs?: number): Promise<Result<M>>;
  open(): boolean;
  /** Settles once, when the connection is gone; never rejects. */
  ended: Promise<void>;
  /** Stops reading, so that a daemon which says a lot waits; `resume` goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface LinkOptions {
  onNotice?: (method: string, params: unknown) => void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(failure: Failure): void;
  timer: NodeJS.Timeout | undefined;
}

/** Connects, or throws `daemon.unreachable`. */
export function openLink(path: string, { onNotice }: LinkOptions = {}): Promise<Link> {
  const socket = connect({ path });
  const decode = frameDecoder(MAX_ANSWER_BYTES);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let open = true;

  const settle = (id: unknown): Waiting | undefined => {
    const found = typeof id === "number" ? waiting.get(id) : undefined;
    if (found === undefined) return undefined;
    waiting.delete(id as number);
    clearTimeout(found.timer);
    return found;
  };

  socket.on("data", (chunk) => {
    for (const frame of decode(chunk)) {
      const answer = frame.kind === "message" ? readAnswer(frame.value) : undefined;
      // What is not JSON-RPC cannot be matched to a request: the other side is not devflowd, or broken.
      if (answer === undefined) return void socket.destroy();
      if ("method" in answer) onNotice?.(answer.method, answer.params);
      else if ("error" in answer) settle(answer.id)?.reject(failureOf(answer.error));
      else settle(answer.id)?.resolve(answer.result);
    }
  });

  const unreachable = (cause?: unknown) => new Failure("daemon.unreachable", { socket: path }, { cause });

  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => {
      open = false;
      for (const id of [...waiting.keys()]) settle(id)?.reject(unreachable());
      resolve();
    });
  });

  const call = <M extends MethodName>(method: M, params: ParamsIn<M>, timeoutMs?: number): Promise<Result<M>> =>
    new Promise((resolve, reject) => {
      if (!open) return reject(unreachable());
      lastId += 1;
      const id = lastId;
      const request = encodeRequest(id, method, params);
      // The daemon could not tell which request it refuses: it does not read the id of one that is too long.
      if (Buffer.byteLength(request) > MAX_REQUEST_BYTES)
        return reject(new Failure("protocol.too_large", { limit: MAX_REQUEST_BYTES }));
      const late = () =>
        settle(id)?.reject(new Failure("daemon.unresponsive", { socket: path, seconds: (timeoutMs ?? 0) / 1000 }));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      waiting.set(id, { resolve: (result) => resolve(result as Result<M>), reject, timer });
      socket.write(request);
    });

  return new Promise((resolve, reject) => {
    let connected = false;
    // After the connection is up an error is always followed by `close`, which tells the callers.
    socket.on("error", (error) => connected || reject(unreachable(error)));
    socket.once("connect", () => {
      connected = true;
      resolve({
        call,
        open: () => open,
        ended,
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        close: () => void socket.destroy(),
      });
    });
  });
}

const failureOf = (error: unknown): Failure => failureFrom((error as { data?: unknown } | null)?.data);
