/** A program that draws prompt marks (OSC 133) as shells do, in a terminal emulator, read by the profile for agents that nobody knows. */
import { expect, it } from "vitest";
import { type Moment, replay } from "../../../src/adapters/agents/replay.ts";
import { emulator } from "../../../src/adapters/terminals/screen.ts";
import type { Cast } from "../../../src/domain/cast.ts";
import { profile } from "../../support/profiles.ts";

const PROMPT = "\x1b]133;A\x07> \x1b]133;B\x07";
const event = (at: number, data: string) => ({ at, kind: "o" as const, data });
const played = (...events: Cast["events"]): Promise<Moment[]> =>
  replay({ cols: 40, rows: 6, events }, profile("generic"), { emulator });
const stateAt = (moments: readonly Moment[], at: number) => moments.findLast((one) => one.at <= at)?.state;

it("is working from what was typed is being done until that is over, though its screen shows an empty line all the while", async () => {
  const moments = await played(
    event(0, PROMPT),
    event(2_000, "\x1b]133;C\x07"),
    event(4_000, "\x1b]133;D;0\x07\x1b]133;A\x07"),
  );
  expect([1_500, 2_500, 4_900].map((at) => stateAt(moments, at))).toEqual(["ready", "working", "ready"]);
  expect(moments.find(({ state }) => state === "working")?.evidence).toContainEqual({
    source: "signal",
    said: "it has drawn the prompt mark C",
    at: 2_000,
  });
});

it("is believed for a moment only: some draw that mark behind each message", async () => {
  const { holds } = profile("generic").interactive.marks;
  const moments = await played(event(0, PROMPT), event(2_000, "\x1b]133;C\x07"), event(2_000 + holds + 2_000, "."));
  expect(stateAt(moments, 2_000 + holds - 100)).toBe("working");
  expect(stateAt(moments, 2_000 + holds + 1_000)).toBe("ready");
});
