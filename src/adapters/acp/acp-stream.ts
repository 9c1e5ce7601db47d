/**
 * ACP's messages over an agent's stdin and stdout: JSON, one message a line.
 *
 * M1. What is no message is passed over, not answered: agents print warnings and banners between their messages.
 * M2. A line that is too long is passed over too; a message is never half read.
 * M3. Updates are handed on as they come, whatever they are: the library would complain on the daemon's stderr of what it cannot read.
 *     What else an agent notifies of is not known here.
 * M4. An agent that asks faster than it takes answers is not read on until it has taken some: it cannot fill the daemon's memory.
 */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk/unstable";
import { jsonOf } from "../../domain/json-text.ts";

const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** Requests that are not answered yet, but for those that wait for a person. */
const MOST_UNANSWERED = 64;

/** After so much at once others have their turn: a flood must not hold up the daemon. */
const AT_ONCE_BYTES = 256 * 1024;

const NEWLINE = 0x0a;
const UPDATE = "session/update";
const TAKEN_BACK = "$/cancel_request";
const WAITS_FOR_PERSON = "session/request_permission";

export function agentStream(stdin: Writable, stdout: Readable, update: (params: unknown) => void): Stream {
  const asked = new Set<unknown>();
  const unanswered = new Set<unknown>();
  let answered: (() => void) | undefined;

  /** What goes on to the protocol; undefined for what is no message, or the answer to nothing. */
  function forProtocol(value: unknown): AnyMessage | undefined {
    if (!isMessage(value)) return undefined;
    if (typeof value.method !== "string") return asked.delete(value.id) ? (value as unknown as AnyMessage) : undefined;
    if (value.id === undefined) return value.method === TAKEN_BACK ? (value as unknown as AnyMessage) : undefined;
    if (value.method !== WAITS_FOR_PERSON) unanswered.add(value.id);
    return value as unknown as AnyMessage;
  }

  async function* messages(): AsyncGenerator<AnyMessage> {
    let atOnce = 0;
    for await (const line of lines(stdout)) {
      atOnce += line.length;
      if (atOnce > AT_ONCE_BYTES) {
        atOnce = 0;
        await nextTurn();
      }
      if (line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) continue;
      const value = jsonOf(line.toString("utf8"));
      if (isMessage(value) && value.method === UPDATE && value.id === undefined) {
        update(value.params); // M3
        continue;
      }
      const message = forProtocol(value);
      if (message) yield message;
      while (unanswered.size >= MOST_UNANSWERED) await new Promise<void>((resolve) => (answered = resolve)); // M4
    }
  }

  const incoming = messages();
  return {
    readable: new ReadableStream<AnyMessage>(
      {
        async pull(controller) {
          const { value, done } = await incoming.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: async () => {
          answered?.();
          stdout.destroy();
        },
      },
      { highWaterMark: 0 },
    ),
    writable: new WritableStream<AnyMessage>({
      async write(message) {
        const { id, method } = message as { id?: unknown; method?: unknown };
        if (method !== undefined && id !== undefined) asked.add(id);
        if (!stdin.write(`${JSON.stringify(message)}\n`))
          await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
        if (method === undefined && unanswered.delete(id)) answered?.();
      },
    }),
  };
}

interface Message {
  id?: unknown;
  method?: unknown;
  params?: unknown;
}

const isMessage = (value: unknown): value is Message =>
  typeof value === "object" && value !== null && (value as { jsonrpc?: unknown }).jsonrpc === "2.0";

async function* lines(stream: Readable): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let bytes = 0;
  const keep = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes > MAX_LINE_BYTES) begun = [];
    else begun.push(piece);
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, end));
      if (bytes <= MAX_LINE_BYTES) yield Buffer.concat(begun); // M2
      begun = [];
      bytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
}
