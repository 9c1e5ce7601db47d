/** What programs tell their terminal beside the screen, and what that is worth. */
import { describe, expect, it } from "vitest";
import { judge, type Observation } from "../../src/domain/evidence.ts";
import { terminalSignal } from "../../src/domain/terminal-signal.ts";
import { profile } from "../support/profiles.ts";

const osc = (code: number, text: string) => terminalSignal({ type: "osc", code, text });

describe("a notice", () => {
  it.each([
    [9, "Claude needs your permission", "Claude needs your permission"],
    [
      777,
      "notify;Gemini CLI needs your attention;Approval required",
      "Gemini CLI needs your attention: Approval required",
    ],
    [99, "i=1:d=0:p=title;Build done", "Build done"],
    [99, ";Build done; all of it", "Build done; all of it"],
  ])("is read from OSC %s ; %s", (code, text, said) => {
    expect(osc(code, text)).toEqual({ kind: "notice", said });
  });

  it("is what the bell says too", () => {
    expect(terminalSignal({ type: "bell" })).toEqual({ kind: "notice", said: "it rang the bell" });
  });

  it.each([
    [9, "1;500"],
    [9, "  "],
    [777, "precmd"],
    [99, "i=opentui-notifications:p=?;"],
    [133, "P;k=i"],
    [1337, "Capabilities"],
    [7501, "state=working"],
  ])("is not read from OSC %s ; %s", (code, text) => {
    expect(osc(code, text)).toBeUndefined();
  });
});

describe("a prompt mark", () => {
  it.each([
    ["A", "A"],
    ["C;cmdline=ls", "C"],
    ["D;0", "D"],
  ])("is read from OSC 133 ; %s", (text, mark) => {
    expect(osc(133, text)).toEqual({ kind: "mark", mark });
  });
});

describe("a progress bar", () => {
  it.each([
    ["4;1;40", true],
    ["4;3", true],
    ["4;3;", true],
    ["4;0", false],
    ["4;2;40", false],
    ["4;4", false],
  ])("%s is busy: %s", (text, busy) => {
    expect(osc(9, text)).toEqual({ kind: "progress", busy });
  });
});

const READY = ["────────────────────", "❯ ", "────────────────────", "  ? for shortcuts"];
const QUESTION = ["  Something that nobody has seen before", "", "  Pick one"];

function claude(rows: string[], more: Partial<Observation> = {}) {
  const cursor = { row: 1, col: 2, visible: true };
  return judge(profile("claude"), {
    screen: { rows, cursor, title: "✳ Claude Code" },
    lastOutputAt: 5,
    now: 10,
    ...more,
  });
}

describe("as evidence", () => {
  it("a notice says what an unknown screen waits for, as its words say, and that a person is wanted otherwise", () => {
    expect(claude(QUESTION).state).toBe("unknown");
    const asked = claude(QUESTION, { notice: { said: "Claude needs your permission", at: 8 } });
    expect(asked.state).toBe("awaiting_permission");
    expect(asked.evidence).toContainEqual({ source: "signal", said: "Claude needs your permission", at: 8 });
    expect(claude(QUESTION, { notice: { said: "it rang the bell", at: 8 } }).state).toBe("awaiting_input");
  });

  it("a notice neither makes an agent ready nor keeps it from being so", () => {
    expect(claude(READY, { notice: { said: "it rang the bell", at: 8 } }).state).toBe("ready");
    expect(claude([""], { notice: { said: "it rang the bell", at: 8 } }).state).toBe("booting");
  });

  it("a progress bar says that it works, where the profile reads it, until nobody has drawn it for a while", () => {
    const drawn = (now: number) =>
      judge(profile("generic"), {
        screen: { rows: ["", "> "], cursor: { row: 1, col: 2, visible: true }, title: "" },
        lastOutputAt: 0,
        progress: { busy: true, at: 0 },
        now,
      }).state;
    expect(drawn(59_000)).toBe("working");
    expect(drawn(61_000)).toBe("ready");
    expect(claude(READY, { progress: { busy: true, at: 9 } }).state).toBe("ready");
  });
});
