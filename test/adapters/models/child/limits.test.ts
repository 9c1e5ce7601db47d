/** Where an attempt of a model agent ends: each limit under its own name, with what was done so far kept. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { answers, completes, type ModelRequest, type Reply, says, uses } from "../../../support/model-server.ts";
import { modelStage, SLEEP, sleeping } from "../../../support/model-stage.ts";

const writes = (name: string): Reply => uses("write_file", { path: name, content: name });
const failed = (code: string) => ({ kind: "failed", failure: { code } });

describe("limits", () => {
  test("turns", async () => {
    const { agent, server } = await modelStage([writes("a"), writes("b"), writes("c")], { limits: { maxTurns: 2 } });
    expect(await agent.turn("Do it")).toMatchObject(failed("model.turn_limit"));
    expect(server.received).toHaveLength(2);
    expect(existsSync(join(agent.cwd, "b"))).toBe(true);
  });

  test("tokens", async () => {
    const big: Reply = (response, received) => {
      const usage = { prompt_tokens: 3_000, completion_tokens: 200, total_tokens: 3_200 };
      const call = { id: "w", function: { name: "write_file", arguments: '{"path":"a","content":"a"}' } };
      answers({ tool_calls: [call] }, { usage })(response, received);
    };
    const { agent, server } = await modelStage([big, big, big], { limits: { maxTokensTotal: 8_000 } });
    expect(await agent.turn("Do it")).toMatchObject({
      kind: "failed",
      failure: { code: "model.token_budget_exceeded", details: { used: 6_400, limit: 8_000 } },
    });
    expect(server.received).toHaveLength(2);
    expect(existsSync(join(agent.cwd, "a"))).toBe(true);
  });

  test("tool calls, but complete is always free", async () => {
    const { agent, server } = await modelStage([writes("a"), writes("b")], { limits: { maxToolCalls: 1 } });
    expect(await agent.turn("Do it")).toMatchObject(failed("model.tool_quota_exceeded"));
    expect(existsSync(join(agent.cwd, "b"))).toBe(false);
    server.script(completes());
    expect((await agent.turn("Finish", { key: "run/spec/2" })).kind).toBe("completed");
  });

  test("time at work, in the middle of a tool", async () => {
    const { agent } = await modelStage([uses("run_command", SLEEP)], {
      limits: { wallTime: "300ms" },
    });
    expect(await agent.turn("Do it")).toMatchObject(failed("model.time_limit"));
  });

  test("waiting for a grant is no time at work", async () => {
    const { agent } = await modelStage([completes()], { limits: { wallTime: "3s" }, grant: () => undefined });
    agent.prompt("Do it");
    const { call } = await agent.first("ask");
    const asked = performance.now();
    await vi.waitFor(() => expect(performance.now() - asked).toBeGreaterThan(3_200), 20_000);
    agent.send({ t: "grant", call, grant: { kind: "granted" } });
    expect((await agent.first("over")).kind).toBe("completed");
  });

  test("they count for an attempt: a repair shares them, the next attempt has its own", async () => {
    const { agent, server } = await modelStage([writes("a"), completes()], { limits: { maxTurns: 2 } });
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(await agent.turn("Repair", { key: "run/spec/1/2" })).toMatchObject(failed("model.turn_limit"));
    server.script(completes());
    expect((await agent.turn("Anew", { key: "run/spec/2", attempt: "spec/2" })).kind).toBe("completed");
  });

  test("they count on after a crash", async () => {
    const { agent, server, again } = await modelStage([writes("a"), uses("run_command", SLEEP)], {
      limits: { maxTurns: 3 },
    });
    agent.prompt("Do it");
    await sleeping(agent);
    server.script(writes("b"), writes("c"));
    const next = await again();
    expect(await next.first("over")).toMatchObject(failed("model.turn_limit"));
    expect(server.received).toHaveLength(3);
  });
});

describe("a long conversation", () => {
  const GOAL = "The goal is to write everything down. Write the artifact to: spec.json";
  const words = "something that was found out, at some length, about the files of this worktree. ".repeat(20);
  const shown = ({ messages }: ModelRequest) => messages.map(({ role, content }) => `${role} ${content}`);

  test("is summed up before the window is full, and keeps the goal and the latest work word for word", async () => {
    const steps = Array.from({ length: 8 }, (_, n) =>
      uses("write_file", { path: `${n}.txt`, content: `${n} ${words}` }),
    );
    const answer: Reply = (response, received) => {
      const last = received.body.messages.at(-1)?.content ?? "";
      const reply = last.includes("Write that summary now")
        ? says("SUMMARY: all was found out")
        : (steps.shift() ?? completes());
      reply(response, received);
    };
    const { agent, server } = await modelStage(
      Array.from({ length: 30 }, () => answer),
      { limits: { contextTokens: 4_000, maxOutputTokens: 500 } },
    );
    expect((await agent.turn(GOAL)).kind).toBe("completed");

    const asked = server.received.findIndex(({ text }) => text.includes("Write that summary now"));
    expect(asked).toBeGreaterThan(0);
    const first = server.received[0]?.body.messages;
    for (const { body } of server.received) expect(body.messages.slice(0, 2)).toEqual(first);
    const after = server.received[asked + 1]?.body;
    expect(after && shown(after).join("\n")).toContain("SUMMARY: all was found out");
    expect(after?.messages.at(-1)?.role).toBe("tool");
    const latest = after?.messages.at(-2)?.tool_calls?.[0]?.function.arguments;
    expect(JSON.parse(String(latest)).content).toMatch(new RegExp(`^\\d ${words}$`));
    expect(Buffer.byteLength(server.received[asked + 1]?.text ?? "")).toBeLessThan(
      Buffer.byteLength(server.received[asked]?.text ?? ""),
    );
    for (const { body } of server.received) {
      const called = body.messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
      expect(body.messages.flatMap(({ tool_call_id = [] }) => tool_call_id)).toEqual(called);
    }
    // The summary is a call like any other.
    expect(agent.all("ask")).toHaveLength(server.received.length);
  });

  test("whose latest step alone is too long is summed up once, and then has failed", async () => {
    const long = uses("write_file", { path: "long.txt", content: words.repeat(14) });
    const limits = { contextTokens: 5_000, maxOutputTokens: 500 };
    const { agent, server } = await modelStage([uses("list_dir", {}), long, says("SUMMARY")], { limits });
    expect(await agent.turn(GOAL)).toMatchObject(failed("model.context_exceeded"));
    expect(server.received).toHaveLength(3);
    expect(existsSync(join(agent.cwd, "long.txt"))).toBe(true);
  });

  test("that cannot be made to fit ends the turn by its name", async () => {
    const { agent, server } = await modelStage([], { limits: { contextTokens: 4_000 } });
    expect(await agent.turn(words.repeat(20))).toMatchObject(failed("model.context_exceeded"));
    expect(server.received).toEqual([]);
  });
});
