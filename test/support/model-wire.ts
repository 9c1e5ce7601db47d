/**
 * The wire between an agent and its model: each request as it arrived, before the scripted server makes one shape of all and joins the
 * parts of a message. What an agent sent is compared here, so that nothing is lost or forgiven on the way to the comparison.
 *
 * It knows the four ways in which agents ask: Anthropic messages, Gemini contents, OpenAI responses and OpenAI chat.
 */
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

export interface WireMessage {
  role: string;
  /** Its texts, one by one, as they were sent: not the results of tools. */
  texts: string[];
}

export interface WireRequest {
  messages: WireMessage[];
  /** It offers tools: titles, summaries and the like are asked for without. */
  tools: boolean;
}

export interface ModelWire {
  /** The base address, without `/v1`. */
  url: string;
  close(): Promise<void>;
}

/** Stands before the server at `target` and tells of each request before it is passed on. */
export async function modelWire(target: string, tell: (request: WireRequest) => void): Promise<ModelWire> {
  const server = createServer((request, response) => {
    pass(request, response, target, tell).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  tell: (request: WireRequest) => void,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const asked = read(body.toString("utf8"));
  if (asked) tell(asked);
  const { method, headers } = request;
  const onward = ask(new URL(request.url ?? "/", target), { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  // Whoever hangs up first, the other one hears of it: that is how an agent stops a turn.
  response.on("close", () => onward.destroy());
  onward.on("error", () => response.destroy());
  onward.end(body);
}

const Part = z.looseObject({ text: z.string().optional(), thought: z.boolean().optional() });
const Message = z.looseObject({
  role: z.string().optional(),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  parts: z.array(Part).optional(),
});
const Body = z.looseObject({
  messages: z.array(Message).optional(),
  contents: z.array(Message).optional(),
  input: z.union([z.string(), z.array(Message)]).optional(),
  tools: z.array(z.unknown()).optional(),
});

function read(text: string): WireRequest | undefined {
  if (!text.startsWith("{")) return undefined;
  const body = Body.safeParse(JSON.parse(text)).data;
  const list = body?.messages ?? body?.contents ?? body?.input;
  if (!body || list === undefined) return undefined;
  const messages = typeof list === "string" ? [{ role: "user", texts: [list] }] : list.map(messageOf);
  return { messages, tools: (body.tools?.length ?? 0) > 0 };
}

function messageOf({ role = "user", content, parts }: z.infer<typeof Message>): WireMessage {
  const given = content ?? parts ?? [];
  const texts = typeof given === "string" ? [given] : given.flatMap(({ text }) => (text === undefined ? [] : [text]));
  return { role, texts };
}

/** Copilot CLI puts the time before each prompt, in the same text. */
export const withoutTime = (text: string): string =>
  text.replace(/^<current_datetime>[^<\n]*<\/current_datetime>\n\n/, "");
