/** What a person can do to a model agent: add a message, pause it, stop it. */
import { describe, expect, test } from "vitest";
import type { ModelAgent } from "../../../support/model-agent.ts";
import { completes, holds, uses } from "../../../support/model-server.ts";
import { modelStage, SLEEP, sleeping } from "../../../support/model-stage.ts";

/** It has the message, though it may not have taken it yet. */
const heard = (agent: ModelAgent, text: string) =>
  expect
    .poll(() =>
      agent
        .transcript()
        .filter((line) => line.kind === "person")
        .map((line) => line.text),
    )
    .toEqual([text]);

const lists = uses("list_dir", {});
const sleeps = uses("run_command", SLEEP);

describe("a person's message", () => {
  test("is taken between two calls of the turn that runs", async () => {
    const held = holds(lists);
    const { agent, server } = await modelStage([held.reply, completes()]);
    agent.prompt("Do it");
    await held.arrived;
    agent.send({ t: "say", key: "say/1", text: "Mind the tests" });
    agent.send({ t: "say", key: "say/1", text: "Mind the tests" });
    await heard(agent, "Mind the tests");
    held.release();
    await agent.first("over");
    await agent.first("taken", ({ key }) => key === "say/1");
    const messages = server.received[1]?.body.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool", "user"]);
    expect(messages.at(-1)?.content).toBe("Mind the tests");
  });

  test("is not lost when the model has just completed: it goes on with it", async () => {
    const held = holds(completes());
    const { agent, server } = await modelStage([held.reply, completes()]);
    agent.prompt("Do it");
    await held.arrived;
    agent.send({ t: "say", key: "say/1", text: "One more thing" });
    await heard(agent, "One more thing");
    held.release();
    expect((await agent.first("over")).key).toBe("run/spec/1");
    expect(server.received[1]?.body.messages.at(-1)?.content).toBe("One more thing");
  });

  test("begins a turn when none runs", async () => {
    const { agent, server } = await modelStage([completes(), completes()]);
    await agent.turn("Do it");
    agent.send({ t: "say", key: "say/1", text: "And this" });
    expect((await agent.first("over", ({ key }) => key === "say/1")).kind).toBe("completed");
    expect(server.received[1]?.body.messages.at(-1)?.content).toBe("And this");
  });
});

describe("a pause", () => {
  test("holds the next call of the model until it is over", async () => {
    const held = holds(lists);
    const { agent, server } = await modelStage([held.reply, completes()]);
    agent.prompt("Do it");
    await held.arrived;
    agent.send({ t: "pause" });
    await agent.first("state", ({ said }) => said.includes("pauses"));
    held.release();
    await agent.first("state", ({ said }) => said.includes("paused"));
    expect(server.received).toHaveLength(1);
    agent.send({ t: "say", key: "say/1", text: "Think again" });
    await heard(agent, "Think again");
    agent.send({ t: "unpause" });
    expect((await agent.first("over")).kind).toBe("completed");
    expect(server.received[1]?.body.messages.at(-1)?.content).toBe("Think again");
  });

  test("can be interrupted", async () => {
    const { agent, server } = await modelStage([]);
    agent.send({ t: "pause" });
    agent.prompt("Do it");
    await agent.first("state", ({ said }) => said.includes("paused"));
    agent.send({ t: "interrupt", key: "stop" });
    expect((await agent.first("over")).kind).toBe("interrupted");
    expect(server.received).toEqual([]);
  });
});

describe("an interruption", () => {
  test("stops a tool at once, and the conversation goes on whole with the next prompt", async () => {
    const { agent, server } = await modelStage([sleeps, completes()]);
    agent.prompt("Do it");
    await sleeping(agent);
    agent.send({ t: "interrupt", key: "stop" });
    expect(await agent.first("over")).toEqual({ t: "over", key: "run/spec/1", kind: "interrupted" });
    expect((await agent.turn("Go on", { key: "run/spec/2" })).kind).toBe("completed");
    const messages = server.received[1]?.body.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool", "user"]);
    expect(messages[3]?.tool_call_id).toBe(messages[2]?.tool_calls?.[0]?.id);
    expect(messages[3]?.content).toContain("was ended before it was finished");
    expect(
      agent
        .all("did")
        .map(({ did }) => did.type)
        .slice(1, 3),
    ).toEqual(["tool.calling", "tool.called"]);
  });

  test("stops a call of the model, which is settled as unknown", async () => {
    const held = holds(completes());
    const { agent } = await modelStage([held.reply]);
    agent.prompt("Do it");
    await held.arrived;
    agent.send({ t: "interrupt", key: "stop" });
    expect((await agent.first("over")).kind).toBe("interrupted");
    expect(agent.all("settle").map(({ end }) => end)).toEqual([{ kind: "unknown" }]);
  });

  test("takes back a call that waits for its grant", async () => {
    const { agent, server } = await modelStage([], { grant: () => undefined });
    agent.prompt("Do it");
    await agent.first("ask");
    agent.send({ t: "interrupt", key: "stop" });
    expect((await agent.first("over")).kind).toBe("interrupted");
    expect(agent.all("settle").map(({ end }) => end)).toEqual([{ kind: "unused" }]);
    expect(server.received).toEqual([]);
  });
});
