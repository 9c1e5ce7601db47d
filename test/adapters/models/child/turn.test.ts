/** A model agent's turn, from the prompt to its end: the built process, over IPC, against servers on loopback. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import { everything, KEY, startAgent } from "../../../support/model-agent.ts";
import { completes, holds, modelServer, says, uses } from "../../../support/model-server.ts";
import { modelStage } from "../../../support/model-stage.ts";
import { tempDirectory } from "../../../support/temp.ts";

describe("a turn", () => {
  test("goes on until complete is called, and every call is asked for, settled and told", async () => {
    const mock = new LLMock({ port: 0, host: "127.0.0.1", strict: true, logLevel: "silent" });
    const usage = { prompt_tokens: 1_234, completion_tokens: 56, cost: 0.000123456 };
    const match = { userMessage: "Write the spec" };
    const write = { name: "write_file", arguments: JSON.stringify({ path: "spec.md", content: "# 명세\n" }) };
    const complete = { name: "complete", arguments: JSON.stringify({ summary: "The spec is written" }) };
    mock.on({ ...match, turnIndex: 0 }, { toolCalls: [write], usage });
    mock.on({ ...match, turnIndex: 1 }, { toolCalls: [complete], usage });
    await mock.start();
    onTestFinished(() => mock.stop());
    const agent = await startAgent({ directory: tempDirectory(), baseUrl: `${mock.url}/api/v1` });
    onTestFinished(() => agent.kill());

    expect(await agent.turn("Write the spec")).toEqual({
      t: "over",
      key: "run/spec/1",
      kind: "completed",
      said: "The spec is written",
    });

    expect(readFileSync(join(agent.cwd, "spec.md"), "utf8")).toBe("# 명세\n");
    const did = agent.all("did");
    expect(did.map(({ nth, did: { type } }) => `${nth} ${type}`)).toEqual([
      "1 model.called",
      "2 tool.calling",
      "3 tool.called",
      "4 model.called",
      "5 tool.calling",
      "6 tool.called",
    ]);
    const asked = agent.all("ask").map(({ call }) => call);
    const told = did.flatMap(({ did }) => (did.type === "model.called" ? [did] : []));
    expect(new Set(asked).size).toBe(2);
    expect(told.map(({ call }) => call)).toEqual(asked);
    expect(agent.all("settle").map(({ call, end }) => [call, end.kind === "used" && end.usage])).toEqual(
      asked.map((call) => [
        call,
        expect.objectContaining({ inputTokens: 1_234, outputTokens: 56, costUsd: "0.000123456" }),
      ]),
    );
    for (const { inputTokens } of agent.all("ask")) expect(inputTokens).toBeGreaterThan(1_234);
    await expect.poll(() => agent.all("state").at(-1)?.state).toBe("ready");
  });

  test("is taken once, however often it is delivered, and says so only when the checkpoint has it", async () => {
    const held = holds(completes());
    const { agent, server } = await modelStage([held.reply]);
    agent.prompt("Do it");
    agent.prompt("Do it");
    await held.arrived;
    expect(everything(agent.folder)).toContain("Do it");
    held.release();
    await agent.first("over");
    agent.prompt("Do it");
    await expect.poll(() => agent.all("taken").length).toBe(2);
    expect(server.received).toHaveLength(1);
  });

  test("never asks for a stream, and keeps the beginning of its requests for the provider's cache", async () => {
    const { agent, server } = await modelStage([uses("list_dir", {}), completes(), completes()]);
    await agent.turn("First");
    await agent.turn("Second", { key: "run/spec/2" });
    const [first, second, third] = server.received.map(({ body }) => body);
    expect(first?.stream ?? false).toBe(false);
    expect(second?.messages.slice(0, 2)).toEqual(first?.messages);
    expect(third?.messages.slice(0, 2)).toEqual(first?.messages);
    expect(third?.tools).toEqual(first?.tools);
    expect(third?.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
      "tool",
      "user",
    ]);
  });

  test.each([
    ["anthropic/claude-sonnet-4.5", { type: "ephemeral" }],
    ["openai/gpt-5.1", undefined],
  ])("asks for caching where it does not come by itself: %s", async (model, cacheControl) => {
    const { agent, server } = await modelStage([uses("list_dir", {}), completes()], { start: { model } });
    expect((await agent.turn("Do it")).kind).toBe("completed");
    const asked = server.received.map(({ text }) => (JSON.parse(text) as { cache_control?: unknown }).cache_control);
    expect(asked).toEqual([cacheControl, cacheControl]);
  });

  test("an answer without a tool call is not the end; three in a row are a failure", async () => {
    const { agent, server } = await modelStage([says("Hm."), uses("list_dir", {}), says("a"), says("b"), says("c")]);
    const over = await agent.turn("Do it");
    expect(over).toMatchObject({ kind: "failed", failure: { code: "model.no_tool_call" } });
    expect(server.received[1]?.body.messages.at(-1)?.content).toContain("call complete");
  });

  test("the key is in the requests' heads alone: no command, file, message or transcript has it", async () => {
    const write = uses("write_file", { path: "key.txt", content: `it is ${KEY}` });
    const replies = [
      write,
      uses("read_file", { path: "key.txt" }),
      uses("run_command", { argv: ["env"] }),
      completes(),
    ];
    const { agent, server } = await modelStage(replies, { start: { commands: [["env"]] } });
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(server.received[0]?.headers["x-title"]).toBe("devflow");
    const results = server.received.at(-1)?.body.messages.filter(({ role }) => role === "tool") ?? [];
    expect(results[1]?.content).toContain("it is [redacted]");
    expect(results[2]?.content).toContain("PATH=");
    expect(results.map(({ content }) => content).join("\n")).not.toContain(KEY);
    expect(JSON.stringify(agent.told)).not.toContain(KEY);
    expect(readFileSync(join(agent.folder, "transcript.jsonl"), "utf8")).not.toContain(KEY);
    expect(readFileSync(join(agent.folder, "journal.jsonl"), "utf8")).not.toContain(KEY);
  });

  test("tracing of the libraries is off, whatever the environment says", async () => {
    const tracer = await modelServer();
    onTestFinished(() => tracer.close());
    const env = {
      LANGSMITH_TRACING: "true",
      LANGCHAIN_TRACING_V2: "true",
      LANGSMITH_API_KEY: "lsv2_x",
      LANGSMITH_ENDPOINT: tracer.baseUrl,
      LANGCHAIN_ENDPOINT: tracer.baseUrl,
    };
    const { agent } = await modelStage([completes()], { env });
    await agent.turn("Do it");
    expect(tracer.received).toEqual([]);
  });

  test("the transcript reads as what has happened", async () => {
    const { agent } = await modelStage([uses("write_file", { path: "a.txt", content: "A" }), completes("It is there")]);
    await agent.turn("Write a.txt");
    expect(agent.transcript().map(({ kind, tool, text }) => [kind, tool ?? text])).toEqual([
      ["prompt", "Write a.txt"],
      ["tool", "write_file"],
      ["result", "write_file"],
      ["tool", "complete"],
      ["result", "complete"],
      ["notice", "The turn is complete: It is there"],
    ]);
  });

  test("the process ends with its channel", async () => {
    const { agent } = await modelStage([]);
    await agent.disconnect();
    expect(agent.process.exitCode).toBe(0);
    expect(existsSync(join(agent.folder, "checkpoint.sqlite"))).toBe(true);
  });
});
