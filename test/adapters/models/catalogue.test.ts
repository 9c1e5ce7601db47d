/** Where prices come from, and what becomes of them when the provider has a bad day: against a real server on this machine. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelCatalogue } from "../../../src/adapters/models/catalogue.ts";
import { openDatabase } from "../../../src/adapters/storage/open.ts";
import { priceStore } from "../../../src/adapters/storage/price-store.ts";
import type { Price } from "../../../src/domain/price.ts";
import { ownPrice } from "../../../src/domain/price-rows.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-21T09:00:00Z");

let folder: TemporaryFolder;
let server: Server;
let answer: RequestListener;
let asked: string[];
let baseUrl: string;
const databases: { close(): void }[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "without a key"}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
});

afterEach(async () => {
  for (const database of databases.splice(0)) database.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});

const row = (id: string, prompt: string) => ({ id, pricing: { prompt, completion: "0.00001" } });
const list = (...data: unknown[]) => says(200, JSON.stringify({ data }));
const says =
  (status: number, body: string): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(body);
  };

const shipped = (model: string, input: string): Price => ({ model, input, output: "1", source: "shipped", at: 1 });

function catalogue(options: Partial<Parameters<typeof modelCatalogue>[0]> & { now?: () => number } = {}) {
  const file = join(folder.path, "devflow.db");
  const database = openDatabase(file);
  databases.push(database);
  return modelCatalogue({
    baseUrl,
    fetch,
    clock: { now: options.now ?? (() => NOW) },
    store: priceStore(database, file),
    shipped: [shipped("a/one", "0.9"), shipped("a/old", "0.9")],
    own: [],
    refreshMs: 24 * HOUR,
    offline: false,
    ...options,
  });
}

describe("the catalogue", () => {
  it("asks nobody until it is told to, and knows the shipped prices", () => {
    const prices = catalogue();
    expect(prices.of("a/one")).toMatchObject({ input: "0.9", source: "shipped" });
    expect(prices.state()).toEqual({
      address: `${baseUrl}/models`,
      fetchedAt: undefined,
      stale: true,
      lastError: undefined,
      models: 0,
      skipped: 0,
    });
    expect(asked).toEqual([]);
  });

  it("lays what it fetched over the shipped prices, and a person's own over both", async () => {
    const own = ownPrice("a/two", { input: 2, output: 4 }, { source: "override", at: NOW });
    const prices = catalogue({ own: [own] });
    answer = list(row("a/one", "0.000001"), row("a/two", "0.000001"), row("auto", "-1"));
    expect(await prices.refresh()).toMatchObject({ fetchedAt: NOW, stale: false, models: 2, skipped: 1 });
    expect(prices.all().map(({ model, input, source, at }) => [model, input, source, at])).toEqual([
      ["a/old", "0.9", "shipped", 1],
      ["a/one", "0.000001", "catalogue", NOW],
      ["a/two", "0.000002", "override", NOW],
    ]);
    expect(asked).toEqual(["GET /api/v1/models without a key"]);
  });

  it("is still known after a restart, and gets old", async () => {
    let now = NOW;
    answer = list(row("a/one", "0.000001"));
    await catalogue().refresh();
    const prices = catalogue({ now: () => now });
    expect(prices.of("a/one:nitro")).toMatchObject({ input: "0.000001", at: NOW });
    now = NOW + 48 * HOUR;
    expect(prices.state().stale).toBe(false);
    now += 1;
    expect(prices.state().stale).toBe(true);
  });

  it("forgets models that are offered no more", async () => {
    const prices = catalogue();
    answer = list(row("a/one", "0.1"), row("a/gone", "0.1"));
    await prices.refresh();
    answer = list(row("a/one", "0.1"));
    await prices.refresh();
    expect(prices.of("a/gone")).toBeUndefined();
    expect(catalogue().of("a/gone")).toBeUndefined();
  });

  it("of another address is another one", async () => {
    answer = list(row("a/one", "0.1"));
    await catalogue().refresh();
    const other = catalogue({ baseUrl: "http://127.0.0.1:1/v1" });
    expect(other.of("a/one")).toMatchObject({ source: "shipped" });
    expect(other.state()).toMatchObject({ fetchedAt: undefined, stale: true });
  });

  it("is fetched once for all who ask at the same time", async () => {
    const prices = catalogue();
    answer = list(row("a/one", "0.1"));
    await Promise.all([prices.refresh(), prices.refresh(), prices.refresh()]);
    expect(asked).toHaveLength(1);
  });

  it("is never fetched when the settings forbid it", async () => {
    const prices = catalogue({ offline: true });
    await expect(prices.refresh()).rejects.toMatchObject({ code: "prices.offline" });
    expect(asked).toEqual([]);
  });

  it("takes the list of a mock of OpenRouter", async () => {
    const mock = new LLMock({ port: 0, strict: true });
    const url = await mock.start();
    try {
      const prices = catalogue({ baseUrl: `${url}/api/v1/` });
      expect((await prices.refresh()).models).toBeGreaterThan(0);
      expect(prices.of("openai/gpt-4o")).toMatchObject({ input: "0", source: "catalogue", contextTokens: 128_000 });
    } finally {
      await mock.stop();
    }
  });
});

describe("a fetch that goes wrong leaves what was known, and says why", () => {
  const endless: RequestListener = (_, response) => {
    const chunk = Buffer.alloc(64 * 1024, 32);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  };
  it.each<[string, RequestListener, string]>([
    ["HTTP 500", says(500, "oops"), "it answers with HTTP 500"],
    ["HTTP 429", says(429, '{"error":{}}'), "it answers with HTTP 429"],
    ["something that is not JSON", says(200, "<html>"), "its answer is not JSON"],
    ["nothing", says(200, ""), "its answer is not JSON"],
    ["other JSON", says(200, '{"models":[]}'), "it answers with something else than a list of models"],
    ["an empty list", says(200, '{"data":[]}'), "it answers with something else than a list of models"],
    [
      "a list of nothing that has a price",
      list({ id: "x" }, 3),
      "it answers with something else than a list of models",
    ],
    ["an answer without an end", endless, "its answer is over 1000000 bytes"],
    ["half an answer and silence", (_, response) => void response.write('{"data":['), "within 0.2 s"],
    ["silence", () => undefined, "within 0.2 s"],
    ["a connection that breaks", (request) => void request.socket.destroy(), "other side closed"],
  ])("%s", async (_, wrong, problem) => {
    answer = list(row("a/one", "0.000001"));
    await catalogue().refresh();
    const prices = catalogue({ timeoutMs: problem.startsWith("within") ? 200 : 10_000, maxBytes: 1_000_000 });
    answer = wrong;

    await expect(prices.refresh()).rejects.toMatchObject({
      code: "prices.unreachable",
      message: expect.stringContaining(problem),
    });
    expect(prices.of("a/one")).toMatchObject({ input: "0.000001", source: "catalogue" });
    expect(prices.state()).toMatchObject({ fetchedAt: NOW, models: 1, lastError: expect.stringContaining(problem) });
    expect(catalogue().state().lastError).toContain(problem);

    answer = list(row("a/one", "0.000002"));
    await prices.refresh();
    expect(catalogue().state().lastError).toBeUndefined();
    expect(prices.of("a/one")?.input).toBe("0.000002");
  });

  it("a server that is not there", async () => {
    const prices = catalogue({ baseUrl: "http://127.0.0.1:1/v1" });
    await expect(prices.refresh()).rejects.toMatchObject({ message: expect.stringContaining("127.0.0.1") });
  });

  it("whoever gives up does not wait", async () => {
    answer = () => undefined;
    const prices = catalogue();
    const waiting = prices.refresh(AbortSignal.abort(new Error("enough")));
    await expect(waiting).rejects.toThrow("enough");
  });
});
