/** In a talk the model's answer is asked for in pieces: they are told as they come, and used only as a whole. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelAgent } from "../../../support/model-agent.ts";
import { answers, completes, type Reply, says, sends, USAGE } from "../../../support/model-server.ts";
import { modelStage } from "../../../support/model-stage.ts";

const TALK = { talk: true } as const;

const delta = (of: object, more: object = {}) => ({ id: "gen-7", choices: [{ index: 0, delta: of, ...more }] });
const END = [delta({}, { finish_reason: "stop" }), { id: "gen-7", choices: [], usage: USAGE }, "[DONE]"];

/** An answer as a stream of events, cut anywhere. */
const streams =
  (events: readonly (object | string)[], bytesAtOnce = 7): Reply =>
  (response) => {
    const lines = events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\r\n\r\n`);
    const bytes = Buffer.from(`: OPENROUTER PROCESSING\n\n${lines.join("")}`);
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-generation-id": "gen-7" });
    for (let at = 0; at < bytes.length; at += bytesAtOnce) response.write(bytes.subarray(at, at + bytesAtOnce));
    response.end();
  };

const told = (agent: ModelAgent): [string, boolean][] => agent.all("saying").map(({ text, last }) => [text, last]);

describe("an answer in pieces", () => {
  test("is told as it comes, with what it has cost at its end", async () => {
    const { agent, server } = await modelStage([
      streams([delta({ content: "안녕, " }), delta({ content: "world" }), ...END]),
    ]);
    expect(await agent.turn("Hello", TALK)).toMatchObject({ kind: "completed", said: "안녕, world" });
    expect(told(agent)).toEqual([
      ["안녕, ", false],
      ["world", false],
      ["", true],
    ]);
    expect(new Set(agent.all("saying").map(({ message }) => message)).size).toBe(1);
    expect(server.received[0]?.body.stream).toBe(true);
    expect(agent.all("settle")).toMatchObject([
      { end: { kind: "used", generation: "gen-7", usage: { inputTokens: 100, costUsd: "0.001" } } },
    ]);
  });

  test("whose tool call comes in pieces is used once it is whole", async () => {
    const call = (of: object) => delta({ tool_calls: [{ index: 0, ...of }] });
    const { agent } = await modelStage([
      streams([
        delta({ content: "I write it." }),
        call({ id: "call_1", type: "function", function: { name: "write_file", arguments: '{"path": "a.txt", ' } }),
        call({ function: { arguments: '"content": "whole"}' } }),
        delta({}, { finish_reason: "tool_calls" }),
        ...END.slice(1),
      ]),
      streams([delta({ content: "Done." }), ...END]),
    ]);
    expect((await agent.turn("Write", TALK)).said).toBe("Done.");
    expect(existsSync(join(agent.cwd, "a.txt"))).toBe(true);
    expect(told(agent)).toEqual([
      ["I write it.", false],
      ["", true],
      ["Done.", false],
      ["", true],
    ]);
  });

  test("that breaks off is asked for again, under a name of its own, and nothing of its half is used", async () => {
    const half = delta({
      tool_calls: [
        { index: 0, id: "c", function: { name: "write_file", arguments: '{"path":"half.txt","content":"ha' } },
      ],
    });
    const { agent } = await modelStage([
      streams([delta({ content: "I wri" }), half]),
      streams([delta({ content: "Whole." }), ...END]),
    ]);
    expect((await agent.turn("Write", TALK)).said).toBe("Whole.");
    expect(existsSync(join(agent.cwd, "half.txt"))).toBe(false);
    expect(agent.all("settle").map(({ end }) => end.kind)).toEqual(["unknown", "used"]);
    expect(new Set(agent.all("saying").map(({ message }) => message)).size).toBe(2);
  });

  test("that is an error costs nothing when it was refused before it began, and may have cost something after", async () => {
    const error = { error: { code: 429, message: "slow down" } };
    const { agent } = await modelStage([
      streams([error]),
      streams([delta({ content: "So" }), { ...error, ...delta({}, { finish_reason: "error" }) }]),
      streams([delta({ content: "Well." }), ...END]),
    ]);
    expect((await agent.turn("Hello", TALK)).said).toBe("Well.");
    expect(agent.all("settle").map(({ end }) => end.kind)).toEqual(["unknown", "used"]);
  });
});

describe("a provider that", () => {
  test("sends its answer whole all the same is heard as well", async () => {
    const { agent } = await modelStage([says("All at once.")]);
    expect((await agent.turn("Hello", TALK)).said).toBe("All at once.");
    expect(told(agent)).toEqual([
      ["All at once.", false],
      ["", true],
    ]);
  });

  test("sends neither JSON nor pieces is asked again", async () => {
    const { agent } = await modelStage([
      sends("nothing of use", 200, { "content-type": "text/event-stream" }),
      says("Now."),
    ]);
    expect((await agent.turn("Hello", TALK)).said).toBe("Now.");
  });
});

test("a turn of a phase, where nobody reads along, is asked for whole and tells no pieces", async () => {
  const { agent, server } = await modelStage([answers({ content: "I begin." }, {}, "stop"), completes()]);
  expect((await agent.turn("Do it")).kind).toBe("completed");
  expect(told(agent)).toEqual([]);
  expect(server.received.map(({ body }) => body.stream ?? false)).toEqual([false, false]);
});
