/** Recordings as files, and what their labels say against what devflow says. */
import { describe, expect, it } from "vitest";
import { readCast } from "../../src/domain/cast.ts";
import type { Standing } from "../../src/domain/evidence.ts";
import { comparedOverTime, labelsIn } from "../../src/domain/labels.ts";

const HEAD = '{"version": 2, "width": 80, "height": 24}';

describe("a recording", () => {
  it("has its size and its events in milliseconds, those of unknown kinds left out", () => {
    const cast = readCast(
      "a.cast",
      `${HEAD}\n[0.5,"o","hi"]\n[1.25,"r","100x30"]\n[2,"z","?"]\n[3,"m","ready: typed"]\n`,
    );
    expect(cast).toEqual({
      cols: 80,
      rows: 24,
      events: [
        { at: 500, kind: "o", data: "hi" },
        { at: 1250, kind: "r", data: "100x30" },
        { at: 3000, kind: "m", data: "ready: typed" },
      ],
    });
    expect(labelsIn(cast)).toEqual([{ at: 3000, state: "ready" }]);
  });

  it("is read up to a line that a crash has cut", () => {
    expect(readCast("a.cast", `${HEAD}\n[0.5,"o","hi"]\n[0.6,"o","h`).events).toHaveLength(1);
  });

  it.each([
    ["", "a.cast:1: its first line is not the header"],
    ['{"version": 3}\n', "a.cast:1: its first line is not the header"],
    [`${HEAD}\n[0.5,"o"]\n[0.6,"o","x"]\n`, "a.cast:2: it is not [seconds, kind, text]"],
    [`${HEAD}\n[0.5,"o","a"]\n[0.6,"o","h\n`, "a.cast:3: it is not [seconds, kind, text]"],
  ])("that is none is refused with the line: %j", (text, problem) => {
    expect(() => readCast("a.cast", text)).toThrow(problem);
  });
});

describe("a label", () => {
  const said = (at: number, state: Standing["state"], more: Partial<Standing> = {}) => ({
    at,
    state,
    composer: "empty" as const,
    evidence: [],
    ...more,
  });
  const label = (state: string) => ({ at: 1_000, state });

  it("is right when it is said at its time or soon after", () => {
    expect(comparedOverTime(label("ready"), [said(0, "working"), said(900, "ready")])).toBe("right");
    expect(comparedOverTime(label("ready"), [said(0, "working"), said(1_400, "ready")])).toBe("right");
    expect(comparedOverTime(label("ready"), [said(0, "working"), said(1_401, "ready")])).toBe("wrong");
    expect(comparedOverTime(label("awaiting_permission"), [said(0, "awaiting_permission")])).toBe("right");
  });

  it.each(["working", "typing", "permission", "starting", "exited", "login_required", "rate_limited"])(
    "%s is falsely ready at once, whatever is said later",
    (state) => {
      expect(comparedOverTime(label(state), [said(0, "ready"), said(1_001, "working")])).toBe("false ready");
    },
  );

  it("error wants to hear why, and ready wants no failure", () => {
    const failed = { cause: "provider", said: "500" };
    expect(comparedOverTime(label("error"), [said(0, "ready", { failed })])).toBe("right");
    expect(comparedOverTime(label("error"), [said(0, "ready")])).toBe("wrong");
    expect(comparedOverTime(label("ready"), [said(0, "ready", { failed })])).toBe("wrong");
  });
});
