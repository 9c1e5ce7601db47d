/** A model agent's process that is killed goes on in the next one: nothing is asked, done or told twice. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelAgent } from "../../../support/model-agent.ts";
import { calls, completes, holds, uses } from "../../../support/model-server.ts";
import { modelStage, SLEEP, sleeping } from "../../../support/model-stage.ts";

const facts = (agent: ModelAgent) => agent.all("did").map(({ nth, did }) => `${nth} ${did.type} ${did.call}`);
const sleeps = uses("run_command", SLEEP);

describe("killed in a tool", () => {
  test("the turn goes on by itself; what had its effect has it once; the facts keep their numbers", async () => {
    const write = JSON.stringify({ path: "a.txt", content: "by the agent" });
    const both = calls(["write_file", write, "w"], ["run_command", JSON.stringify(SLEEP), "s"]);
    const { agent, server, again } = await modelStage([both, completes()]);
    agent.prompt("Do it");
    await sleeping(agent);
    const before = facts(agent);
    writeFileSync(join(agent.cwd, "a.txt"), "by a person");

    const next = await again();
    expect((await next.first("over")).kind).toBe("completed");

    expect(next.all("ready")).toEqual([{ t: "ready", resumed: true }]);
    expect(facts(next).slice(0, before.length)).toEqual(before);
    expect(readFileSync(join(agent.cwd, "a.txt"), "utf8")).toBe("by a person");
    const messages = server.received.at(-1)?.body.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool", "tool"]);
    expect(messages.at(-1)?.content).toContain("interrupted by a restart");
  });

  test("a prompt that it has taken is not taken again", async () => {
    const { agent, server, again } = await modelStage([sleeps]);
    agent.prompt("Do it");
    await sleeping(agent);
    server.script(completes());
    const next = await again();
    next.prompt("Do it");
    await next.first("taken");
    await next.first("over");
    expect(server.received).toHaveLength(2);
    expect(server.received[1]?.body.messages.filter(({ content }) => content === "Do it")).toHaveLength(1);
  });
});

describe("killed in a call of the model", () => {
  test("the call is settled as unknown by the next process, which makes one of its own", async () => {
    const held = holds(completes());
    const { agent, again } = await modelStage([held.reply, completes()]);
    agent.prompt("Do it");
    await held.arrived;
    const [lost] = agent.all("ask");
    const next = await again();
    expect((await next.first("over")).kind).toBe("completed");
    const [first, second] = next.all("settle");
    expect(first).toEqual({ t: "settle", call: lost?.call, end: { kind: "unknown" } });
    expect(second).toMatchObject({ call: next.all("ask")[0]?.call, end: { kind: "used" } });
    expect(next.all("did")[0]?.did).toMatchObject({ type: "model.called", call: lost?.call, finish: "error" });
    expect(next.all("ask").map(({ call }) => call)).not.toContain(lost?.call);
  });

  test("a call that was never granted has cost nothing", async () => {
    let grants = 0;
    const grant = () => (grants++ === 0 ? undefined : { kind: "granted" as const });
    const { agent, again } = await modelStage([completes()], { grant });
    agent.prompt("Do it");
    const { call } = await agent.first("ask");
    const next = await again();
    await next.first("over");
    expect(next.all("settle")[0]).toEqual({ t: "settle", call, end: { kind: "unused" } });
  });
});

test("a turn that is over is told again, and not gone through again", async () => {
  const { agent, server, again } = await modelStage([completes()]);
  const over = await agent.turn("Do it");
  const next = await again();
  expect(await next.first("over")).toEqual(over);
  expect(facts(next)).toEqual(facts(agent));
  expect(server.received).toHaveLength(1);
});

test("what was confirmed is not settled again", async () => {
  const { agent, again } = await modelStage([completes(), completes()]);
  await agent.turn("Do it");
  await agent.turn("More", { key: "run/spec/2" });
  const next = await again();
  await next.first("over");
  expect(next.all("settle").length).toBeLessThanOrEqual(1); // the newest confirmation may not have arrived
});

test("a process that is told to end stops its command and leaves the turn to the next one", async () => {
  const { agent, again } = await modelStage([sleeps, completes()]);
  agent.prompt("Do it");
  await sleeping(agent);
  await agent.disconnect();
  expect(agent.process.exitCode).toBe(0);
  expect(agent.all("over")).toEqual([]);
  const next = await again();
  expect((await next.first("over")).kind).toBe("completed");
});

test("the checkpoint stays small, however many steps there are", async () => {
  const text = "x".repeat(2_000);
  const steps = Array.from({ length: 30 }, (_, n) => uses("write_file", { path: `${n}.txt`, content: text }));
  const { agent } = await modelStage([...steps, completes()]);
  await agent.turn("Do it");
  await agent.disconnect();
  const file = join(agent.folder, "checkpoint.sqlite");
  const wal = `${file}-wal`;
  // Each step kept as a whole would make three megabytes of the file itself.
  expect(statSync(file).size).toBeLessThan(600_000);
  expect(existsSync(wal) ? statSync(wal).size : 0).toBeLessThan(10_000_000);
});
