/** What a provider's records say of a call that was cut off, from a server on loopback. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generationRecords } from "../../../src/adapters/models/generation-record.ts";
import { accountOf, type Provider } from "../../../src/domain/provider.ts";

let server: Server;
let provider: Provider;
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    if (!request.url?.endsWith("id=gen-1")) return response.writeHead(404).end("{}");
    const data = {
      id: "gen-1",
      model: "some/model-2026",
      provider_name: "Somebody",
      total_cost: 0.0000012,
      tokens_prompt: 9,
      tokens_completion: 4,
      native_tokens_prompt: 10,
      native_tokens_completion: 5,
      native_tokens_cached: 3,
      native_tokens_reasoning: 2,
    };
    return response.end(JSON.stringify({ data }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  provider = { baseUrl: `http://127.0.0.1:${port}/api/v1`, key: "THE_KEY", headers: {}, free: false };
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const records = () => generationRecords({ providers: { mine: provider }, secretOf: async () => "sk-1", fetch });

test("a record is asked for with the key, and its cost is exact", async () => {
  expect(await records()(accountOf(provider), "gen-1")).toEqual({
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      cachedTokens: 3,
      cacheWriteTokens: 0,
      reasoningTokens: 2,
      costUsd: "0.0000012",
      estimated: false,
    },
    served: "some/model-2026",
    provider: "Somebody",
  });
  expect(asked).toEqual(["/api/v1/generation?id=gen-1 Bearer sk-1"]);
});

test("one that is not there is an error, and nobody else's account is asked", async () => {
  await expect(records()(accountOf(provider), "gen-2")).rejects.toThrow("404");
  expect(await records()("http://elsewhere THE_KEY", "gen-1")).toBeUndefined();
  expect(asked).toHaveLength(1);
});
