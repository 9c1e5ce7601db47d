/**
 * One POST over HTTP, whole answer or nothing. Node's own fetch gives up when no header came for 300 s, which a long answer
 * that is not streamed can take; and only down here can be told whether a request that failed had been sent.
 */
import { type IncomingMessage, Agent as PlainAgent, request as plain } from "node:http";
import { Agent as SecureAgent, request as secure } from "node:https";
import { StringDecoder } from "node:string_decoder";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

export type Reply =
  | { kind: "answer"; status: number; headers: Readonly<Record<string, string>>; text: string }
  /** `sent`: the provider may have begun. `generation`: its id of the call, if it had said so. */
  | { kind: "broken"; said: string; sent: boolean; generation?: string };

/** Servers close idle connections after five seconds or later; a request on one that is just being closed would be lost. */
const IDLE_MS = 4_000;

/** No answer of a model comes near this; a server gone wild does. */
const MOST_BYTES = 64 * 1024 * 1024;

const AGENTS = {
  plain: new PlainAgent({ keepAlive: true, timeout: IDLE_MS }),
  secure: new SecureAgent({ keepAlive: true, timeout: IDLE_MS }),
};

export interface Post {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  /** Is given an answer that comes as a stream of events, piece by piece. */
  hear?: (piece: string) => void;
  /** Ends it at once; the reply is `broken`. */
  signal: AbortSignal;
}

export function post({ url, headers, body, timeoutMs, hear, signal }: Post): Promise<Reply> {
  return new Promise((resolve) => {
    let sent = false;
    let answer: IncomingMessage | undefined;
    const bytes = Buffer.from(body);
    const isSecure = url.startsWith("https:");
    const request = (isSecure ? secure : plain)(url, {
      method: "POST",
      agent: isSecure ? AGENTS.secure : AGENTS.plain,
      headers: { ...headers, "content-length": bytes.length, "accept-encoding": "identity" },
    });
    const stop = (said: string) => request.destroy(new Error(said));
    const onAbort = () => stop("stopped");
    const timer = setTimeout(() => stop(`no whole answer within ${Math.round(timeoutMs / 1_000)} s`), timeoutMs);
    const settle = (reply: Reply) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(reply);
    };
    const broken = (error: Error) => {
      const generation = answer?.headers["x-generation-id"];
      settle({ kind: "broken", said: inWords(error), sent, ...(typeof generation === "string" ? { generation } : {}) });
    };
    signal.addEventListener("abort", onAbort);
    request.on("error", broken);
    request.on("finish", () => {
      sent = true;
    });
    request.on("response", (response) => {
      answer = response;
      const parts: Buffer[] = [];
      let size = 0;
      const decoder = isEvents(response.headers) && !response.headers["content-encoding"] && new StringDecoder("utf8");
      response.on("data", (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (decoder) hear?.(decoder.write(part));
        if (size > MOST_BYTES) stop(`the answer has more than ${MOST_BYTES} bytes`);
      });
      response.on("error", broken);
      response.on("end", () => {
        try {
          const text = unpacked(Buffer.concat(parts), response.headers["content-encoding"]).toString("utf8");
          settle({ kind: "answer", status: response.statusCode ?? 0, headers: single(response), text });
        } catch (error) {
          broken(error as Error);
        }
      });
    });
    if (signal.aborted) return onAbort();
    request.end(bytes);
  });
}

export const isEvents = (headers: { readonly "content-type"?: string | undefined }): boolean =>
  /^text\/event-stream\b/i.test(headers["content-type"] ?? "");

/** Some pack their answers although they are asked not to. */
function unpacked(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(bytes);
  if (encoding === "br") return brotliDecompressSync(bytes);
  return encoding === "deflate" ? inflateSync(bytes) : bytes;
}

const single = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

function inWords(error: Error): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ECONNREFUSED") return "nobody answers at its address";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name cannot be resolved";
  if (code === "ECONNRESET" || error.message === "aborted") return "the connection was closed in the middle";
  return error.message;
}
