/** The main job with three models behind an API, through fair weather and foul, over the built programs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { usd } from "../../../src/domain/money.ts";
import type { RunCosts } from "../../../src/protocol/money.ts";
import {
  costOf,
  KEY,
  type ModelWorld,
  type ModelWorldOptions,
  modelWorld,
  straight,
} from "../../support/model-world.ts";
import type { Fault } from "../../support/openrouter.ts";

let w: ModelWorld | undefined;
afterEach(async () => {
  await w?.close();
  w = undefined;
}, 60_000);

async function start(options?: ModelWorldOptions) {
  w = await modelWorld(options);
  return { w, run: await w.specAndReview() };
}

const json = (body: unknown): string => JSON.stringify(body);

/** Costs that floats cannot add. */
const CENTS = [0.1, 0.2, 0.0000001, 0.00000007, 0.003, 0.70001];

describe("three models", () => {
  test("take a goal through specify, review and verify, and every cost is exact", async () => {
    let nth = 0;
    const { w, run } = await start({ cost: () => CENTS[nth++ % CENTS.length] ?? 0 });
    await run.ends("completed");
    expect(run.of("phase.accepted").map(({ phase }) => phase)).toEqual(["specify", "review", "verify"]);
    const calls = run.of("model.called");
    expect(calls).toHaveLength(6);
    expect(usd(costOf(calls))).toBe(usd(w.server.charged()));
    expect(w.server.requests.map(({ body }) => [body.model, body.stream ?? false])).toEqual([
      ...Array(2).fill(["deepseek/deepseek-chat-v3.1", false]),
      ...Array(2).fill(["openai/gpt-5.1", false]),
      ...Array(2).fill(["google/gemini-2.5-pro", false]),
    ]);
    expect(run.of("session.opening").map(({ adapter, agent }) => [adapter, agent])).toContainEqual([
      "agent",
      "openai/gpt-5.1",
    ]);
    expect(run.of("tool.called").map(({ tool, ok }) => [tool, ok])).toEqual(
      Array(3)
        .fill([
          ["write_file", true],
          ["complete", true],
        ])
        .flat(),
    );
  });

  test("leave the key in no file, no log and no environment but their own", async () => {
    const { w, run } = await start();
    await run.ends("completed");
    await w.devflowd("stop");
    const files = readdirSync(w.home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const found = files.filter((one) => readFileSync(join(one.parentPath, one.name)).includes(KEY));
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});

/** Once for each phase, at its first answer, before the model is asked. */
const once =
  (fault: Fault): Fault =>
  (request, response) =>
    request.answered === 0 && request.knock === 1 ? fault(request, response) : undefined;

/** What a provider does on a bad day; each is survived, and what was charged is known. */
const BAD_DAYS: Record<string, Fault> = {
  "a 429 with Retry-After": (_, response) => {
    response.writeHead(429, { "retry-after": "1", "content-type": "application/json" });
    response.end(json({ error: { code: 429, message: "slow down" } }));
    return "done";
  },
  "a 500": (_, response) => {
    response.writeHead(500).end("oops");
    return "done";
  },
  "a 200 with an error in it": (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(json({ error: { code: 502, message: "the provider behind it is down" } }));
    return "done";
  },
  "arguments that are cut off": (request, response) => {
    const call = { id: "call_cut", type: "function", function: { name: "write_file", arguments: '{"path": "a' } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      json({
        id: `gen-cut-${request.phase}`,
        model: request.body.model,
        choices: [
          { index: 0, finish_reason: "length", message: { role: "assistant", content: null, tool_calls: [call] } },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20, cost: 0 },
      }),
    );
    return "done";
  },
  "a connection that breaks before the answer": (_, response) => {
    response.destroy();
    return "done";
  },
  "a connection that breaks in the middle of the answer": (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"id": "gen-half", "choi');
    setTimeout(() => response.destroy(), 50);
    return "done";
  },
};

describe("a provider's bad day", () => {
  test.each(Object.entries(BAD_DAYS))("is survived: %s", async (_, fault) => {
    const { w, run } = await start({ fault: once(fault) });
    await run.ends("completed");
    expect(usd(costOf(run.of("model.called").filter(({ usage }) => usage && !usage.estimated)))).toBe(
      usd(w.server.charged()),
    );
    expect(w.server.requests.filter(({ knock }) => knock > 1).length).toBeGreaterThan(0);
    expect(run.of("prompt.sending")).toHaveLength(3);
  });

  test.each([
    [402, "model.payment_required"],
    [401, "model.key_refused"],
    [400, "model.request_refused"],
  ])("ends a phase by name: %i", async (status, code) => {
    const { run } = await start({
      fault: (_, response) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(json({ error: { code: status, message: "no" } }));
        return "done";
      },
    });
    await run.ends("failed");
    expect(run.of("phase.failed").map(({ phase, failure }) => [phase, failure.code])).toEqual([["specify", code]]);
    expect(run.of("session.recovery")).toEqual([]);
  });
});

test("an account without credit in the middle of a run: with more of it, the run is resumed and pays for nothing twice", async () => {
  let empty = true;
  const { w, run } = await start({
    fault: ({ phase }, response) => {
      if (!empty || phase !== "review") return undefined;
      response.writeHead(402, { "content-type": "application/json" });
      response.end(json({ error: { code: 402, message: "Insufficient credits" } }));
      return "done";
    },
  });
  await run.ends("failed");
  expect(run.of("phase.failed").map(({ failure }) => failure.code)).toEqual(["model.payment_required"]);
  const { total } = await w.json<RunCosts>("costs", run.id);
  expect(total).toMatchObject({ calls: 2, costUsd: usd(w.server.charged()), unknown: 0 });
  empty = false;
  expect((await w.devflow("runs", "resume", run.id)).code).toBe(0);
  await run.ends("completed");
  expect(run.of("model.called").filter(({ usage }) => usage)).toHaveLength(6);
  expect(usd(costOf(run.of("model.called")))).toBe(usd(w.server.charged()));
});

describe("a model that does it wrong", () => {
  test("is told by its tools, and goes on", async () => {
    const { run } = await start({
      moves: (request) => {
        if (request.answered === 0) return { tool: "read_file", args: { path: "there/is/none.txt" } };
        if (request.answered === 1) return { tool: "write_file", args: { path: "../outside.txt", content: "x" } };
        if (request.answered === 2) return { tool: "run_command", args: { argv: ["curl", "http://127.0.0.1:1"] } };
        return straight({ ...request, answered: request.answered - 3 });
      },
    });
    await run.ends("completed");
    const refused = run.of("tool.called").filter(({ ok }) => !ok);
    expect(refused.map(({ tool }) => tool)).toEqual(Array(3).fill(["read_file", "write_file", "run_command"]).flat());
    expect(refused.every((one) => one.refused)).toBe(true);
  });

  test("has its artifact refused, and mends it in the same conversation", async () => {
    const { w, run } = await start({
      moves: (request) => {
        const bad = request.phase === "specify" && !request.prompt.includes("does not satisfy");
        return bad && request.answered === 0
          ? { tool: "write_file", args: { path: request.artifact, content: "{}" } }
          : straight(request);
      },
    });
    await run.ends("completed");
    expect(run.of("artifact.refused")).toHaveLength(1);
    const mending = w.server.requests.find(({ prompt }) => prompt.includes("does not satisfy"));
    expect(JSON.stringify(mending?.body.messages)).toContain("You work on the phase");
  });

  test("and never comes to an end is stopped by its limit, and its phase fails with that", async () => {
    const { run } = await start({ moves: () => ({ tool: "list_dir", args: { path: "." } }) });
    await run.ends("failed");
    expect(run.of("phase.failed").map(({ failure }) => failure.code)).toEqual(["model.turn_limit"]);
    expect(run.of("model.called")).toHaveLength(60);
  });
});
