/**
 * OpenRouter on loopback: a scripted server in its shape, and in front of it a door where a test can make things go wrong. It
 * keeps what it was asked, and what it has charged, to the last digit.
 *
 * What the model does is told by the conversation and never by the order of requests: a request that is made again after a
 * crash gets the same answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ChatCompletionRequest, LLMock } from "@copilotkit/aimock";
import { parseUsd } from "../../src/domain/money.ts";

/** One answer of the model: a tool that it calls, with its arguments; or words, which only a talk takes for an answer. */
export type Move = { tool: string; args: Record<string, unknown> } | { say: string };

export interface ModelRequest {
  body: ChatCompletionRequest & { max_tokens?: number };
  /** The newest prompt of devflow in it. */
  prompt: string;
  /** What was said to it last, by whomever. */
  said: string;
  phase: string;
  artifact: string;
  /** How many answers the model has given since that prompt. */
  answered: number;
  /** How often this door was knocked at for this phase and answer, this time included. */
  knock: number;
}

/** Answers in the model's place; `undefined` lets the model answer. */
export type Fault = (
  request: ModelRequest,
  response: ServerResponse,
) => "done" | undefined | Promise<"done" | undefined>;

export interface OpenRouter {
  /** With the version, as devflow's settings take it. */
  baseUrl: string;
  requests: readonly ModelRequest[];
  /** What was charged for every answer that was sent, exact. */
  charged(): bigint;
  close(): Promise<void>;
}

export interface OpenRouterOptions {
  moves(request: ModelRequest): Move;
  /** What an answer costs, as JSON has it. */
  cost?(request: ModelRequest): number;
  fault?: Fault;
}

const MARK = /^Write the artifact to: (.+)$/m;

export async function openRouter({ moves, cost = () => 0.001, fault }: OpenRouterOptions): Promise<OpenRouter> {
  const requests: ModelRequest[] = [];
  let charged = 0n;
  const model = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", strict: true });
  model.addFixture({
    match: { predicate: () => true },
    response: (body) => {
      const request = understood(body, requests);
      const move = moves(request);
      const usage = { prompt_tokens: 1_000, completion_tokens: 50, cost: cost(request) };
      if ("say" in move) return { content: move.say, usage };
      return { toolCalls: [{ name: move.tool, arguments: JSON.stringify(move.args) }], usage };
    },
  });
  await model.start();

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(incoming);
    if (incoming.method === "POST") {
      const request = understood(JSON.parse(text) as ChatCompletionRequest, requests);
      requests.push(request);
      if ((await fault?.(request, response)) === "done") return;
    }
    const answer = await fetch(`${model.url}${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers: { "content-type": "application/json", authorization: incoming.headers.authorization ?? "" },
      ...(incoming.method === "POST" && { body: text }),
    });
    const body = await answer.text();
    const [, amount] = /"cost":([0-9.eE+-]+)/.exec(body) ?? [];
    if (amount !== undefined && !response.destroyed) charged += parseUsd(amount) ?? 0n;
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
    response.end(body);
  }

  const door = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(door.address() as AddressInfo).port}/api/v1`,
    requests,
    charged: () => charged,
    close: async () => {
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
      await model.stop();
    },
  };
}

function understood(body: ChatCompletionRequest, before: readonly ModelRequest[]): ModelRequest {
  const texts = body.messages.map(({ role, content }) =>
    role === "user" && typeof content === "string" ? content : "",
  );
  const at = texts.findLastIndex((text) => MARK.test(text));
  const prompt = texts[at] ?? "";
  const phase = /^Phase: (.+)$/m.exec(prompt)?.[1] ?? "";
  const artifact = MARK.exec(prompt)?.[1] ?? "";
  const answered = body.messages.slice(at + 1).filter(({ role }) => role === "assistant").length;
  const said = texts.findLast((text) => text !== "") ?? "";
  const same = before.filter(
    (one) => one.phase === phase && one.answered === answered && one.prompt === prompt && one.said === said,
  ).length;
  return { body, prompt, said, phase, artifact, answered, knock: same + 1 };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Writes the artifact, and says that it is done. */
export const writes =
  (content: unknown) =>
  (request: ModelRequest): Move =>
    request.answered === 0
      ? { tool: "write_file", args: { path: request.artifact, content: `${JSON.stringify(content, null, 2)}\n` } }
      : { tool: "complete", args: { summary: `${request.phase} is done` } };
