/** Somebody who gets webhooks, on loopback: keeps what came, and answers as a test wants. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  json: { id: string; what: string; text: string; run?: { id: string }; reason?: Record<string, string> };
}

export interface Receiver {
  url: string;
  received: readonly Received[];
  close(): Promise<void>;
}

/** `answer` gives the status; with `"never"` nothing is answered. */
export async function receiver(
  answer: (request: Received, nth: number, response: ServerResponse) => number | "never" = () => 204,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const one = { headers: request.headers, body, json: JSON.parse(body || "{}") };
      received.push(one);
      const status = answer(one, received.length, response);
      if (status === "never") return;
      if (status >= 300 && status < 400) response.setHeader("location", "/elsewhere");
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
