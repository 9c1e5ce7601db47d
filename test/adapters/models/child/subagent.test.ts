/** Subagents: a conversation of their own, tools and limits within their parent's, counted and told with the rest. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { calls, completes, fails, type Received, type Reply, uses } from "../../../support/model-server.ts";
import { modelStage, SLEEP, sleeping } from "../../../support/model-stage.ts";

const TASK = "Count the files";
const delegates = (more: Record<string, unknown> = {}) => uses("request_subagent", { task: TASK, ...more });
const ofSubagent = ({ body }: Received) => body.messages[1]?.content === TASK;

describe("a subagent", () => {
  test("sees its task alone, and its parent gets its summary alone", async () => {
    const writes = uses("write_file", { path: "count.txt", content: "3" });
    const { agent, server } = await modelStage([delegates(), writes, completes("There are 3"), completes()]);
    expect((await agent.turn("The whole goal")).kind).toBe("completed");

    const [, first, , last] = server.received;
    expect(first?.body.messages.map(({ role, content }) => [role, content])).toEqual([
      ["system", expect.stringContaining("You are an author.")],
      ["user", TASK],
    ]);
    expect(last?.body.messages.at(-1)).toMatchObject({ role: "tool", content: "There are 3" });
    expect(last?.text).not.toContain("count.txt");
    expect(readFileSync(join(agent.cwd, "count.txt"), "utf8")).toBe("3");
    const told = agent.all("did").map(({ did }) => `${did.agent} ${did.type}${"tool" in did ? ` ${did.tool}` : ""}`);
    expect(told).toEqual([
      "main model.called",
      "main tool.calling request_subagent",
      "main/1 model.called",
      "main/1 tool.calling write_file",
      "main/1 tool.called write_file",
      "main/1 model.called",
      "main/1 tool.calling complete",
      "main/1 tool.called complete",
      "main tool.called request_subagent",
      "main model.called",
      "main tool.calling complete",
      "main tool.called complete",
    ]);
  });

  test("has at most its parent's tools, and no subagents of its own", async () => {
    const { agent, server } = await modelStage(
      [delegates({ tools: ["read_file", "run_command"] }), completes(), completes()],
      {
        start: { tools: ["read_file", "write_file", "request_subagent", "complete"] },
      },
    );
    await agent.turn("Do it");
    const offered = server.received.find(ofSubagent)?.body.tools.map((tool) => tool.function.name);
    expect(offered).toEqual(["read_file", "complete"]);
  });

  test("ends at its own limit, and its parent goes on", async () => {
    const lists = uses("list_dir", {});
    const { agent, server } = await modelStage([delegates({ maxTurns: 1 }), lists, completes()]);
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(server.received[2]?.body.messages.at(-1)?.content).toContain("did not finish");
  });

  test("uses up what its parent has", async () => {
    const lists = uses("list_dir", {});
    const { agent, server } = await modelStage([delegates(), lists, lists], { limits: { maxTurns: 4 } });
    server.script(completes());
    // Of the four turns its parent has had one, and keeps one to make something of the result.
    expect((await agent.turn("Do it")).kind).toBe("completed");
    expect(server.received.filter(ofSubagent)).toHaveLength(2);
  });

  test("that cannot go on for want of money ends the whole turn", async () => {
    const { agent } = await modelStage([delegates(), fails(402, "no credit")]);
    expect(await agent.turn("Do it")).toMatchObject({ kind: "failed", failure: { code: "model.payment_required" } });
  });

  test("goes on from where it was when the process was killed", async () => {
    const both = calls(
      ["write_file", JSON.stringify({ path: "a.txt", content: "A" }), "w"],
      ["run_command", JSON.stringify(SLEEP), "s"],
    );
    const { agent, server, again } = await modelStage([delegates(), both]);
    agent.prompt("The whole goal");
    await sleeping(agent);
    server.script(completes("It was interrupted"), completes());
    const next = await again();
    expect((await next.first("over")).kind).toBe("completed");
    expect(
      server.received.filter(({ body }) => body.messages.length === 2 && body.messages[1]?.content === TASK),
    ).toHaveLength(1);
    expect(server.received.at(-1)?.body.messages.at(-1)?.content).toBe("It was interrupted");
    expect(existsSync(join(next.cwd, "a.txt"))).toBe(true);
  });

  test("two of them, one after the other, each have a place", async () => {
    const two: Reply = calls(
      ["request_subagent", JSON.stringify({ task: TASK }), "a"],
      ["request_subagent", JSON.stringify({ task: TASK }), "b"],
    );
    const { agent } = await modelStage([two, completes(), completes(), completes()]);
    await agent.turn("Do it");
    const agents = new Set(agent.all("did").map(({ did }) => did.agent));
    expect([...agents]).toEqual(["main", "main/1", "main/2"]);
  });
});
