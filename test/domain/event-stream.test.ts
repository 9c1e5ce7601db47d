/** What agents tell by their event streams: recorded events of real ones, and what follows from them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type EventStream,
  type Heard,
  heardMore,
  mayMean,
  NOTHING_HEARD,
  streamSays,
} from "../../src/domain/event-stream.ts";
import { judge } from "../../src/domain/evidence.ts";
import { profile } from "../support/profiles.ts";

const lines = (agent: string): string[] =>
  readFileSync(new URL(`../../fixtures/events/${agent}.ndjson`, import.meta.url), "utf8")
    .trim()
    .split("\n");

const streamOf = (agent: "opencode" | "qwen"): EventStream => {
  const { events } = profile(agent);
  if (!events) throw new Error(`${agent} has no events`);
  return events;
};

/** What is said after each recorded line, told once for each change. */
function told(agent: "opencode" | "qwen"): string[] {
  const stream = streamOf(agent);
  const said: string[] = [];
  let heard: Heard = NOTHING_HEARD;
  lines(agent).forEach((line, at) => {
    const after = heardMore(stream, heard, JSON.parse(line), at);
    expect(after === heard || mayMean(stream, line), line).toBe(true);
    heard = after;
    const now = streamSays(stream, heard, at);
    const words = now === undefined ? "nothing" : now.failed ? `${now.state}: ${now.failed}` : now.state;
    if (said.at(-1) !== words) said.push(words);
  });
  return said;
}

describe("the events of opencode's server, as they were recorded", () => {
  it("say when it works, asks, is done, was interrupted, has failed and why, and when it tries again", () => {
    expect(told("opencode")).toEqual([
      "nothing",
      "working",
      "awaiting_permission",
      "working",
      "ready",
      "working",
      "ready",
      "working",
      "ready: session.error: Incorrect API key provided",
      "working",
    ]);
  });

  it("need not be parsed where they only carry the agent's text", () => {
    const delta = lines("opencode").find((line) => line.includes("message.part.delta")) ?? "";
    expect(mayMean(streamOf("opencode"), delta)).toBe(false);
  });

  it("say that it works while one of its conversations does, though another one is over", () => {
    const status = (sessionID: string, type: string) => ({
      type: "session.status",
      properties: { sessionID, status: { type } },
    });
    const stream = streamOf("opencode");
    const saidAfter = (events: unknown[]) =>
      streamSays(
        stream,
        events.reduce<Heard>((heard, event) => heardMore(stream, heard, event, 1), NOTHING_HEARD),
        2,
      )?.state;
    const both = [status("whole", "busy"), status("part", "busy"), status("part", "idle")];
    expect(saidAfter(both)).toBe("working");
    expect(saidAfter([...both, status("whole", "idle")])).toBe("ready");
  });
});

it("the events of Qwen Code, as they were recorded, say when it works and asks", () => {
  expect(told("qwen")).toEqual(["nothing", "working", "awaiting_permission"]);
});

describe("an event", () => {
  const BUSY = { type: "session.status", properties: { sessionID: "s", status: { type: "busy" } } };
  const stream = streamOf("opencode");

  it("is believed no longer than the profile says", () => {
    const heard = heardMore(stream, NOTHING_HEARD, BUSY, 0);
    expect(streamSays(stream, heard, stream.holds - 1)?.state).toBe("working");
    expect(streamSays(stream, heard, stream.holds)).toBeUndefined();
  });

  it("means nothing where it fits no rule, whatever it is", () => {
    for (const odd of [undefined, 3, "x", {}, [], { type: 1 }, { type: "session.status" }])
      expect(heardMore(stream, NOTHING_HEARD, odd, 0)).toBe(NOTHING_HEARD);
  });

  const BOX = [
    "  ┃",
    "  ┃",
    "  ┃",
    "  ┃  Build · Model Provider",
    `  ╹${"▀".repeat(40)}`,
    "   ~/proj  ctrl+p commands",
  ];
  const said = (state: "working" | "ready" | "awaiting_permission", rows: string[], row: number, failed?: string) =>
    judge(profile("opencode"), {
      screen: { rows, title: "OpenCode", cursor: { row, col: 5, visible: true } },
      lastOutputAt: 0,
      now: 10,
      stream: { state, said: "it", at: 5, ...(failed !== undefined && { failed }) },
    });

  it("that says busy outweighs a screen that looks ready, and is kept as evidence", () => {
    expect(said("working", BOX, 1)).toMatchObject({ state: "working", evidence: [{ source: "stream", said: "it" }] });
    expect(said("awaiting_permission", BOX, 1).state).toBe("awaiting_permission");
  });

  it("makes nobody ready: the composer has to be empty too", () => {
    expect(said("ready", BOX, 1).state).toBe("ready");
    expect(said("ready", ["no composer"], 0).state).toBe("unknown");
  });

  it("tells why a turn has failed, where the screen shows only that it has", () => {
    const failed = ["  ▣  Build · Model", "", ...BOX];
    expect(said("ready", failed, 3, "session.error: Cannot connect to API: Unable to connect.").failed).toMatchObject({
      cause: "network",
    });
    expect(said("ready", failed, 3, "session.error: 503 Service Unavailable").failed?.cause).toBe("provider");
    expect(said("ready", BOX, 1, "session.error: 503 Service Unavailable").failed).toBeUndefined();
  });
});
