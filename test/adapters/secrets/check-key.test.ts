/** Whether a provider takes a key, asked of real servers on loopback. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { checkKey } from "../../../src/adapters/secrets/check-key.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
const ask = (baseUrl: string, key = "good-key", timeoutMs = 5_000) =>
  checkKey({ baseUrl, headers: { "X-Title": "devflow" } }, key, { fetch, timeoutMs });

test("a provider that knows of keys is asked about this one, and nothing else", async () => {
  const asked: string[] = [];
  const url = await serving((request, response) => {
    asked.push(`${request.url} ${request.headers["x-title"]}`);
    response.writeHead(request.headers.authorization === "Bearer good-key" ? 200 : 401).end("{}");
  });
  expect(await ask(url)).toEqual({ kind: "accepted" });
  expect(asked).toEqual(["/v1/key devflow"]);
  expect(await ask(url, "bad-key")).toEqual({ kind: "refused", status: 401 });
});

test("another is asked for its models", async () => {
  const url = await serving((request, response) => {
    const good = request.headers.authorization === "Bearer good-key";
    response.writeHead(request.url === "/v1/models" ? (good ? 200 : 403) : 404).end("{}");
  });
  expect(await ask(url)).toEqual({ kind: "accepted" });
  expect(await ask(url, "bad-key")).toEqual({ kind: "refused", status: 403 });
});

test("trouble of the server says nothing about the key", async () => {
  const url = await serving((_, response) => response.writeHead(503).end());
  expect(await ask(url)).toEqual({ kind: "unknown", problem: "it answers with HTTP 503" });
  const gone = await serving(() => {});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await ask(gone)).toEqual({
    kind: "unknown",
    problem: "it cannot be reached: ECONNREFUSED",
  });
  const silent = await serving(() => {});
  expect(await ask(silent, "good-key", 200)).toEqual({ kind: "unknown", problem: "it has not answered within 0.2 s" });
});

test("a key does not follow a redirect to another place", async () => {
  let carried = false;
  const elsewhere = await serving((_, response) => {
    carried = true;
    response.end("{}");
  });
  const url = await serving((_, response) => response.writeHead(302, { location: `${elsewhere}/key` }).end());
  expect(await ask(url)).toMatchObject({ kind: "unknown" });
  expect(carried).toBe(false);
});
