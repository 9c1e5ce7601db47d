/** What a provider may do to a model agent: refuse, break off, hide errors in a success, and send arguments in strange shapes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ModelAgent } from "../../../support/model-agent.ts";
import {
  answers,
  breaksOff,
  calls,
  completes,
  fails,
  type Reply,
  sends,
  USAGE,
  uses,
} from "../../../support/model-server.ts";
import { modelStage } from "../../../support/model-stage.ts";

const MODEL_CALLS = (agent: ModelAgent) =>
  agent.all("did").flatMap(({ did }) => (did.type === "model.called" ? [did] : []));
const ends = (agent: ModelAgent) => agent.all("settle").map(({ end }) => end.kind);

describe("what passes by itself is tried again", () => {
  test.each([
    ["429", fails(429, "slow down", { "retry-after": "0" })],
    ["503", fails(503, "no capacity")],
    ["500 with a page", sends("<html>oops</html>", 500, { "content-type": "text/html" })],
    [
      "a 402 that only says that too much is under way",
      sends({ error: { code: 402, message: "wait", metadata: { limit_source: "openrouter_in_flight_budget" } } }, 402),
    ],
    ["429 in the body of a success", sends({ error: { code: 429, message: "slow down" } })],
  ])("%s, under one id, and costs nothing", async (_, trouble) => {
    const { agent } = await modelStage([trouble, trouble, completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(agent.all("ask")).toHaveLength(1);
    expect(ends(agent)).toEqual(["used"]);
    expect(MODEL_CALLS(agent)).toMatchObject([{ tries: 3, finish: "tool_calls", usage: { inputTokens: 100 } }]);
  });

  test("Retry-After is waited for", async () => {
    const { agent } = await modelStage([fails(429, "slow down", { "retry-after": "1" }), completes()]);
    await agent.turn("Do it");
    expect(MODEL_CALLS(agent)[0]?.durationMs).toBeGreaterThanOrEqual(1_000);
  });

  test("Retry-After may be a date", async () => {
    const at = new Date(Date.now() + 2_500).toUTCString(); // in whole seconds
    const { agent } = await modelStage([fails(503, "back soon", { "retry-after": at }), completes()]);
    await agent.turn("Do it");
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
    expect(MODEL_CALLS(agent)).toMatchObject([{ tries: 2 }]);
  });

  test("an answer that does not come to its end in time is given up, also one that keeps sending white space", async () => {
    const dribbles: Reply = (response) => {
      response.writeHead(200, { "content-type": "application/json", "x-generation-id": "gen-slow" });
      const drip = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drip));
    };
    const patience = { firstMs: 5, longestMs: 20, callMs: 2_000, parkAfterMs: 10_000, parkMs: 1_000, giveUpMs: 60_000 };
    const { agent } = await modelStage([dribbles, completes()], { start: { patience } });
    expect((await agent.turn("Do it")).kind).toBe("completed");
    const [late] = agent.all("settle");
    expect(late?.end).toEqual({ kind: "unknown", generation: "gen-slow" });
    expect(MODEL_CALLS(agent)[0]?.problem).toBe("no whole answer within 2 s");
  });

  test.each([
    ["an answer that breaks off", breaksOff, { kind: "unknown", generation: "gen-1" }],
    ["an answer that is no JSON", sends("so sorry"), { kind: "unknown", generation: "gen-1" }],
    ["an error in the body of a success", sends({ error: { code: 502, message: "upstream" } }), { kind: "unknown" }],
    [
      "an error beside a choice",
      answers({}, { choices: [{ error: { code: 502, message: "upstream" }, message: {} }], usage: undefined }),
      { kind: "unknown" },
    ],
    [
      "an answer that ends in an error",
      answers({ content: "" }, {}, "error"),
      { kind: "used", usage: { inputTokens: 100 } },
    ],
  ] as [string, Reply, object][])(
    "%s may have cost something: it is settled so, and what follows is a call of its own",
    async (_, trouble, end) => {
      const { agent } = await modelStage([trouble, completes()]);
      expect((await agent.turn("Do it")).kind).toBe("completed");
      expect(new Set(agent.all("ask").map(({ call }) => call)).size).toBe(2);
      expect(agent.all("settle").map((settle) => settle.end)).toMatchObject([end, { kind: "used" }]);
      expect(MODEL_CALLS(agent)).toMatchObject([
        { finish: "error", problem: expect.any(String) },
        { finish: "tool_calls" },
      ]);
    },
  );

  test("trouble that lasts parks the account, and the next call is asked for anew", async () => {
    const patience = { firstMs: 5, longestMs: 10, callMs: 5_000, parkAfterMs: 30, parkMs: 500, giveUpMs: 60_000 };
    const { agent } = await modelStage([...Array.from({ length: 12 }, () => fails(503, "no capacity")), completes()], {
      start: { patience },
    });
    expect((await agent.turn("Do it")).kind).toBe("completed");
    const [park] = agent.all("park");
    expect(park?.until).toBeGreaterThan(Date.now() - 60_000);
    expect(
      agent.told
        .filter(({ t }) => t === "ask" || t === "park")
        .map(({ t }) => t)
        .slice(0, 3),
    ).toEqual(["ask", "park", "ask"]);
    expect(agent.all("state").some(({ state, until }) => state === "rate_limited" && until !== undefined)).toBe(true);
    expect(ends(agent)).toEqual([
      ...ends(agent)
        .slice(0, -1)
        .map(() => "unused"),
      "used",
    ]);
  });

  test("a provider that nobody reaches fails the turn in the end, and costs nothing", async () => {
    const patience = { firstMs: 5, longestMs: 10, callMs: 5_000, parkAfterMs: 20, parkMs: 5, giveUpMs: 60 };
    const { agent } = await modelStage([], { baseUrl: "http://127.0.0.1:1/v1", start: { patience } });
    expect(await agent.turn("Do it")).toMatchObject({ kind: "failed", failure: { code: "model.unavailable" } });
    expect(new Set(ends(agent))).toEqual(new Set(["unused"]));
  });
});

describe("what does not pass ends the turn by its name", () => {
  test.each([
    [402, "model.payment_required"],
    [401, "model.key_refused"],
    [403, "model.key_refused"],
    [400, "model.request_refused"],
  ])("HTTP %i is %s", async (status, code) => {
    const { agent, server } = await modelStage([fails(status, "no more of this"), completes()]);
    expect(await agent.turn("Do it")).toMatchObject({
      kind: "failed",
      failure: { code, details: { problem: "no more of this" } },
    });
    expect(server.received).toHaveLength(1);
    expect(ends(agent)).toEqual(["unused"]);
    expect((await agent.turn("Again", { key: "run/spec/2" })).kind).toBe("completed");
  });

  test("a call that is refused by the budget is never made", async () => {
    const failure = { code: "model.unavailable" as const, message: "the budget is used up", hint: "", details: {} };
    const { agent, server } = await modelStage([completes()], { grant: () => ({ kind: "refused", failure }) });
    expect(await agent.turn("Do it")).toMatchObject({ kind: "failed", failure: { code: "model.unavailable" } });
    expect(server.received).toEqual([]);
  });
});

test("an answer that is packed although nobody asked for that is unpacked", async () => {
  const message = { tool_calls: [{ id: "a", function: { name: "complete", arguments: '{"summary":"x"}' } }] };
  const packed: Reply = (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify({ choices: [{ finish_reason: "tool_calls", message }], usage: USAGE })));
  };
  const { agent } = await modelStage([packed]);
  expect((await agent.turn("Do it")).kind).toBe("completed");
});

describe("usage", () => {
  test("what the provider does not tell is unknown, never zero", async () => {
    const { agent } = await modelStage([
      answers(
        { tool_calls: [{ id: "a", function: { name: "complete", arguments: '{"summary":"x"}' } }] },
        { usage: undefined },
      ),
    ]);
    await agent.turn("Do it");
    expect(agent.all("settle").map(({ end }) => end)).toEqual([{ kind: "unknown", generation: "gen-1" }]);
    expect(MODEL_CALLS(agent)[0]).not.toHaveProperty("usage");
  });

  test("the model that really served, its provider and its own id of the call are told", async () => {
    const { agent } = await modelStage([
      answers(
        { tool_calls: [{ id: "a", function: { name: "complete", arguments: '{"summary":"x"}' } }] },
        { model: "other/model", provider: "Someone" },
      ),
    ]);
    await agent.turn("Do it");
    expect(agent.all("settle")[0]?.end).toMatchObject({
      kind: "used",
      served: "other/model",
      provider: "Someone",
      generation: "gen-1",
    });
    expect(MODEL_CALLS(agent)[0]).toMatchObject({
      model: "some/model",
      served: "other/model",
      provider: "Someone",
      generation: "gen-1",
    });
  });
});

describe("tool arguments", () => {
  const file = { path: "a.txt", content: "whole" };
  const json = JSON.stringify(file);

  test.each([
    ["encoded twice", JSON.stringify(json)],
    ["an object", file],
    ["in a code fence", `\`\`\`json\n${json}\n\`\`\``],
    ["as they should be", json],
  ])("%s: the tool gets them, and the next request has them as the text of an object", async (_, args) => {
    const { agent, server } = await modelStage([calls(["write_file", args]), completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(readFileSync(join(agent.cwd, "a.txt"), "utf8")).toBe("whole");
    const sent = server.received[1]?.body.messages.find(({ role }) => role === "assistant")?.tool_calls?.[0]?.function
      .arguments;
    expect(JSON.parse(sent as string)).toEqual(file);
  });

  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["null", null],
  ])("%s: they are those of a call without any", async (_, args) => {
    const { agent } = await modelStage([calls(["list_dir", args]), completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(agent.all("did").some(({ did }) => did.type === "tool.called" && did.tool === "list_dir")).toBe(true);
  });

  test("cut off: nothing is done, and the model is asked again, without the half call in the conversation", async () => {
    const cut = answers(
      { tool_calls: [{ id: "a", function: { name: "write_file", arguments: '{"path":"a.txt","content":"ha' } }] },
      {},
      "length",
    );
    const { agent, server } = await modelStage([cut, uses("write_file", file), completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(readFileSync(join(agent.cwd, "a.txt"), "utf8")).toBe("whole");
    expect(server.received[1]?.body.messages.at(-1)?.content).toContain("cut off");
    expect(server.received[2]?.text).not.toContain('content\\":\\"ha');
  });

  test.each([
    ["half a text", '{"path":"a.txt","content":"ha'],
    ["a list", "[1]"],
    ["a number", "7"],
    ["missing where the answer was cut off", undefined],
  ])("%s, three times in a row: the turn has failed and nothing was written", async (_, args) => {
    const bad = answers(
      { tool_calls: [{ id: "a", type: "function", function: { name: "write_file", arguments: args } }] },
      {},
      "length",
    );
    const { agent, server } = await modelStage([bad, bad, bad]);
    expect(await agent.turn("Do it")).toMatchObject({ kind: "failed", failure: { code: "model.bad_tool_call" } });
    expect(server.received).toHaveLength(3);
    expect(existsSync(join(agent.cwd, "a.txt"))).toBe(false);
  });

  test("ids that repeat, within an answer and over answers, are told apart", async () => {
    const write = (name: string) =>
      ["write_file", JSON.stringify({ path: name, content: name }), "call_0"] as [string, string, string];
    const { agent, server } = await modelStage([calls(write("a"), write("b")), calls(write("c")), completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    for (const name of ["a", "b", "c"]) expect(readFileSync(join(agent.cwd, name), "utf8")).toBe(name);
    const messages = server.received[2]?.body.messages ?? [];
    const called = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
    expect(new Set(called).size).toBe(3);
    expect(messages.flatMap(({ tool_call_id = [] }) => tool_call_id)).toEqual(called);
  });
});
