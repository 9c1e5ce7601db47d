/** What a headless turn comes to: its usage in increments, and what its end means for the session. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  afterTurn,
  hear,
  hearLog,
  NOTHING_YET,
  resumable,
  type Tally,
  type TurnEnd,
} from "../../src/domain/headless-turn.ts";
import { profile } from "../support/profiles.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

function headlessOf(name: "codex" | "opencode" | "paper" | "pi") {
  const { headless } = profile(name);
  if (!headless) throw new Error(`${name} has no headless mode`);
  return headless;
}

function recorded(name: "codex" | "opencode", file: string): Tally {
  const path = fileURLToPath(new URL(`../../fixtures/screens/${name}/headless/${file}.jsonl`, import.meta.url));
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.reduce((tally, line) => hear(tally, headlessOf(name).events, JSON.parse(line)), NOTHING_YET);
}

const heard = (events: readonly unknown[], start = NOTHING_YET): Tally =>
  events.reduce<Tally>((tally, event) => hear(tally, headlessOf("paper").events, event), start);

const judged = (tally: Tally, end: Partial<TurnEnd>, limitsBefore = 0) =>
  afterTurn({ headless: headlessOf("paper"), tally, end: { at: NOW, stderr: "", ...end }, limitsBefore });

const started = { type: "thread.started", thread_id: "t" };
const used = (input: number, output: number) => ({
  type: "turn.completed",
  usage: { input_tokens: input, output_tokens: output, cached_input_tokens: 0 },
});
const failed = (message: string) => ({ type: "turn.failed", error: { message } });

describe("usage", () => {
  it("that is told as a running total is told on as what was added", () => {
    const first = heard([started, used(100, 10)]);
    const second = heard([started, used(150, 10), used(170, 13)], first);
    const counts = (tally: Tally) => tally.reports.map((one) => [one.inputTokens, one.outputTokens]);
    expect(counts(first)).toEqual([[100, 10]]);
    expect(counts(second).slice(1)).toEqual([
      [50, 0],
      [20, 3],
    ]);
  });

  it("of a conversation that counts anew is not lost", () => {
    const tally = heard([used(100, 10), used(30, 3)]);
    expect(tally.reports.at(-1)).toMatchObject({ inputTokens: 30, outputTokens: 3 });
  });

  it("that is told step by step is told on as it is, its cost as a decimal number", () => {
    const { events } = headlessOf("opencode");
    const step = (cost: unknown) => ({ type: "step_finish", part: { tokens: { input: 1, output: 2 }, cost } });
    const tally = [0.001268, 0.0000001, 0, 10, "free"].reduce<Tally>(
      (now, cost) => hear(now, events, step(cost)),
      NOTHING_YET,
    );
    expect(tally.reports.map(({ costUsd }) => costUsd)).toEqual(["0.001268", "0.0000001", undefined, "10", undefined]);
    expect(recorded("opencode", "write").reports).toHaveLength(2);
  });
});

it("a conversation that its agent writes down with its first answer can be gone on with only from then on", () => {
  const { events } = headlessOf("pi");
  const begun = hear(NOTHING_YET, events, { type: "session", id: "c" });
  const said = { type: "message_end", message: { role: "assistant", content: [{ type: "text", text: "Yes." }] } };
  expect([resumable(events, begun), resumable(events, hear(begun, events, said))]).toEqual([undefined, "c"]);
  expect(resumable(headlessOf("paper").events, heard([started]))).toBe("t");
});

describe("the log of opencode, which tells nothing else before its model has answered", () => {
  const opencode = headlessOf("opencode");
  const lines = readFileSync(
    fileURLToPath(new URL("../../fixtures/screens/opencode/headless/429-stderr.txt", import.meta.url)),
    "utf8",
  ).split("\n");
  const { log } = opencode;
  if (!log) throw new Error("its log is not read");
  const logged = lines.reduce((tally, line) => hearLog(tally, log, line), NOTHING_YET);
  const over = (end: Partial<TurnEnd>, tally = logged) =>
    afterTurn({ headless: opencode, tally, end: { at: NOW, stderr: "", ...end }, limitsBefore: 0 });

  it("proves that it has the prompt, and in which conversation", () => {
    expect(logged).toMatchObject({ events: 0, conversation: "ses_e00ddefc3ffeEZNnjozcX9XxSe" });
    expect(logged.first).toBeTruthy();
    expect(resumable(opencode.events, logged)).toBe("ses_e00ddefc3ffeEZNnjozcX9XxSe");
  });

  it("proves nothing before the prompt is in the conversation", () => {
    const before = lines.slice(
      0,
      lines.findIndex((line) => line.includes("message=loop")),
    );
    expect(before.length).toBeGreaterThan(3);
    expect(before.reduce((tally, line) => hearLog(tally, log, line), NOTHING_YET)).toEqual(NOTHING_YET);
  });

  it("names the limit when the turn is ended for its silence, until the time that was printed", () => {
    expect(over({ stopped: "it told nothing for 600 s" })).toMatchObject({
      state: "rate_limited",
      until: NOW + 30_000,
      evidence: [{ source: "log" }],
    });
  });

  it("names an outage then too, as a trouble of the turn", () => {
    const line = 'timestamp=T level=ERROR run=1 message="stream error" s=1 small=false error.error="503 Overloaded"';
    const verdict = over({ stopped: "it told nothing for 600 s" }, hearLog(logged, log, line));
    expect(verdict).toMatchObject({ state: "ready", trouble: { kind: "overloaded" } });
  });

  it("is of no account when somebody has stopped the turn, or the model has answered since", () => {
    expect(over({ stopped: "it was interrupted", asked: true }).state).toBe("ready");
    const answered = hear(logged, opencode.events, { type: "step_start", sessionID: "ses_1" });
    expect(over({ stopped: "it told nothing for 600 s" }, answered)).toMatchObject({ state: "ready" });
  });

  it("does not hide what it says to people, nor is it taken for that", () => {
    expect(lines.filter((line) => line !== "" && !new RegExp(log.line, "u").test(line))).toEqual([]);
  });
});

describe("the end of a turn", () => {
  it("is a ready agent when it ended with 0, whatever it did", () => {
    expect(judged(heard([started]), { code: 0 })).toMatchObject({ state: "ready" });
  });

  it("is a ready agent with the reason as evidence when the agent told a failure", () => {
    const verdict = judged(heard([started, failed("the model is confused")]), { code: 1 });
    expect(verdict).toMatchObject({ state: "ready", evidence: [{ source: "stream" }] });
    expect(verdict.evidence[0]?.said).toContain("the model is confused");
  });

  it.each([
    [
      "another exit code in the middle of a turn",
      [started],
      { code: 3, stderr: "fatal: no\n  at x" },
      "fatal: no; at x",
    ],
    ["no exit code at all", [started], {}, "without a word"],
    ["exit code 0 before any event", [], { code: 0, stderr: "usage: …" }, "told nothing: usage: …"],
    ["a program that is not there", [], { code: 127, stderr: "sh: not found" }, "sh: not found"],
  ])("is a crash with %s", (_, events, end, said) => {
    const verdict = judged(heard(events), end);
    expect(verdict.state).toBe("exited");
    expect(verdict.evidence[0]?.said).toContain(said);
  });

  it("is no crash when devflow ended it", () => {
    const verdict = judged(heard([started]), { stopped: "it told nothing for 600 s" });
    expect(verdict.state).toBe("ready");
    expect(verdict.evidence[0]?.said).toContain("it told nothing for 600 s");
  });

  it("in a limit lasts until the printed time", () => {
    const limit = failed("You have hit your usage limit. It resets at 2026-03-01T15:00:00Z.");
    expect(judged(heard([started, limit]), { code: 1 })).toMatchObject({
      state: "rate_limited",
      until: Date.parse("2026-03-01T15:00:00Z"),
    });
  });

  it("in a limit that prints no time lasts longer each time", () => {
    const limit = heard([started, failed("usage limit reached")]);
    const waits = [0, 1, 2].map((before) => (judged(limit, { code: 1 }, before).until ?? 0) - NOW);
    expect(waits[0]).toBeGreaterThan(0);
    expect(waits[1]).toBe(2 * (waits[0] ?? 0));
    expect(waits[2]).toBe(4 * (waits[0] ?? 0));
  });

  it.each(["codex", "opencode"] as const)("of %s without a valid key needs a login", (name) => {
    const end = { at: NOW, code: 1, stderr: "" };
    const tally = recorded(name, "401");
    const verdict = afterTurn({ headless: headlessOf(name), tally, end, limitsBefore: 0 });
    expect(verdict).toMatchObject({ state: "login_required", evidence: [{ source: "stream" }] });
  });

  it("is read from stderr when there was no event", () => {
    expect(judged(NOTHING_YET, { code: 1, stderr: "warning: x\nLogin required" })).toMatchObject({
      state: "login_required",
      evidence: [{ source: "log", said: "Login required" }],
    });
  });
});
