/** A real daemon and a price list on this machine: what it asks for by itself, what it is told to ask, and what it still knows. */
import { appendFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Result } from "../../src/protocol/methods.ts";
import { type World, world } from "../support/world.ts";

const TIMEOUT = 60_000;

let server: Server;
let asked: string[];
let stage: World;

beforeEach(async () => {
  asked = [];
  const rows = [
    { id: "deepseek/deepseek-chat", pricing: { prompt: "0.0000002", completion: "0.0000008" } },
    { id: "house/new", pricing: { prompt: "0.000001", completion: "0.000002", discount: 0.5 } },
  ];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(JSON.stringify({ data: rows }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  stage = world();
  const settings = join(stage.home, "config", "devflow.yaml");
  appendFileSync(settings, `providers:\n  openrouter:\n    baseUrl: ${baseUrl}\n`);
});

afterEach(async () => {
  await stage.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it("prices are fetched when they are asked for, and outlive the daemon", { timeout: TIMEOUT }, async () => {
  const shipped = await stage.json<Result<"price.show">>("pricing", "deepseek-chat");
  expect(shipped.price).toMatchObject({ model: "deepseek/deepseek-chat", source: "shipped" });
  expect(await stage.devflow("pricing", "house/new")).toMatchObject({ code: 4 });
  expect(asked).toEqual([]);

  const { models, catalogue } = await stage.json<Result<"model.list">>("models", "--refresh", "--search", "house");
  expect(models).toMatchObject([{ model: "house/new", input: "0.000001", discount: "0.5", source: "catalogue" }]);
  expect(catalogue).toMatchObject({ models: 2, stale: false });
  expect(asked).toEqual(["/api/v1/models"]);

  await stage.devflowd("restart");
  const again = await stage.json<Result<"price.show">>("pricing", "openrouter/deepseek/deepseek-chat:floor");
  expect(again.price).toMatchObject({ input: "0.0000002", source: "catalogue" });
  expect(asked).toHaveLength(1);
});

it("a run of agents in terminals costs an unknown amount, before it and after it", { timeout: TIMEOUT }, async () => {
  const request = ["run", "spec-and-review", "--goal", "Greet people"];
  const preview = await stage.devflow(...request, "--preview");
  expect(preview.out).toContain("What it will cost is unknown");
  const { estimate } = await stage.json<Result<"run.preview">>(...request, "--preview");
  expect(estimate?.phases.map(({ phase, basis }) => [phase, basis])).toEqual([
    ["specify", "unmetered"],
    ["review", "unmetered"],
    ["verify", "unmetered"],
  ]);

  expect(await stage.devflow(...request, "--yes")).toMatchObject({ code: 0 });
  const run = (await stage.latest())?.id ?? "";
  const costs = await stage.json<Result<"spending.run">>("costs", run);
  expect(costs.total.costUsd).toBeUndefined();
  expect(costs.phases.map(({ name, unmetered }) => [name, unmetered])).toEqual([
    ["specify", true],
    ["review", true],
    ["verify", true],
  ]);
  expect(costs.unmetered).toHaveLength(3);
  expect((await stage.devflow("costs", run)).out).toContain("unknown");
  expect((await stage.devflow("stats", "--by", "run")).out).toContain("Nothing was spent yet.");
  expect(await stage.json<Result<"usage.reset">>("usage", "reset")).toMatchObject({ at: expect.any(Number) });
});
