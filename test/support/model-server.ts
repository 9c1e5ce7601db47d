/**
 * A model provider on loopback that answers as it is told, request by request, also in ways that a mock of good manners cannot:
 * errors in the body of a success, arguments in strange shapes, answers that break off.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ModelRequest {
  model: string;
  max_tokens: number;
  stream: boolean;
  tools: { function: { name: string } }[];
  messages: {
    role: string;
    content: string;
    tool_call_id?: string;
    tool_calls?: { id: string; function: { name: string; arguments: unknown } }[];
  }[];
}

export interface Received {
  body: ModelRequest;
  text: string;
  headers: IncomingMessage["headers"];
}

/** What is answered to one request. */
export type Reply = (response: ServerResponse, received: Received) => void;

export interface ModelServer {
  /** With `/v1`. */
  baseUrl: string;
  received: readonly Received[];
  /** Answers the next requests, in order; when they have run out, a request is answered with HTTP 500. */
  script(...replies: Reply[]): void;
  close(): Promise<void>;
}

export async function modelServer(...replies: Reply[]): Promise<ModelServer> {
  const received: Received[] = [];
  const waiting = [...replies];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString("utf8");
    const one = { body: JSON.parse(text) as ModelRequest, text, headers: request.headers };
    received.push(one);
    const reply = waiting.shift() ?? fails(500, "the script has come to its end");
    reply(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    script: (...more) => waiting.push(...more),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, cost: 0.001 };

const PLAIN = { "content-type": "application/json", "x-generation-id": "gen-1" };

/** This JSON, whatever it is. */
export const sends =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { ...PLAIN, ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

export const fails = (status: number, message: string, headers: Record<string, string> = {}): Reply =>
  sends({ error: { code: status, message } }, status, headers);

/** A whole answer. Every one has the same id, as with some local servers. */
export const answers = (message: Record<string, unknown>, more: Record<string, unknown> = {}, finish = "tool_calls") =>
  sends({
    id: "chatcmpl-1",
    model: "some/model",
    choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", content: null, ...message } }],
    usage: USAGE,
    ...more,
  });

/** Calls of tools, with the arguments as text, as an object, or however they are given. */
export const calls = (...uses: [tool: string, args: unknown, id?: string][]): Reply =>
  answers({
    tool_calls: uses.map(([name, args, id], n) => ({
      id: id ?? `call_${n}`,
      type: "function",
      function: { name, arguments: args },
    })),
  });

export const uses = (tool: string, args: Record<string, unknown>): Reply => calls([tool, JSON.stringify(args)]);
export const completes = (summary = "All is done"): Reply => uses("complete", { summary });
export const says = (content: string): Reply => answers({ content }, {}, "stop");

/** The connection breaks in the middle of the answer. */
export const breaksOff: Reply = (response) => {
  response.writeHead(200, { ...PLAIN, "content-length": "1000" });
  response.write('{"id":"chatcmpl-1","choices":[{"mess', () => response.socket?.resetAndDestroy());
};

/** Nothing, until `then` is called. */
export function holds(then: Reply): { reply: Reply; arrived: Promise<void>; release(): void } {
  let release = () => {};
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const reply: Reply = (response, received) => {
    release = () => then(response, received);
    arrive();
  };
  return { reply, arrived, release: () => release() };
}
