/** What people see: golden files of each view, and that nothing ever runs over the edge of a terminal. */
import { Terminal as Screen } from "@xterm/headless";
import { describe, expect, test } from "vitest";
import { liveBlock } from "../../src/cli/live-block.ts";
import { progress } from "../../src/cli/progress.ts";
import { eventLine } from "../../src/cli/show/events.ts";
import { phaseGraph } from "../../src/cli/show/graph.ts";
import { runDetails } from "../../src/cli/show/runs.ts";
import { runsTable } from "../../src/cli/show/runs-table.ts";
import { watchScreen } from "../../src/cli/show/watch-screen.ts";
import { paperOf } from "../../src/cli/style.ts";
import { columnsOf } from "../../src/cli/table.ts";
import { happened, listed, nothing, pressed, type WatchState } from "../../src/cli/watch-state.ts";
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import type { RunView } from "../../src/domain/view.ts";
import type { RunSummary } from "../../src/protocol/run-methods.ts";
import "../support/cli.ts";
import { HASH, session } from "../support/made.ts";
import { usage } from "../support/spending.ts";
import { BEGIN, GOAL, RUN, secondsIn, story, TEMPLATE } from "../support/story.ts";

const WIDTHS = [80, 120] as const;
/** Seconds into the story: planning, waiting for approval, repairing, needing a login, over. */
const MOMENTS = [12, 60, 150, 250, 400] as const;

const paper = (columns: number | undefined, seconds: number, colour = false) =>
  paperOf({ columns, colour, now: secondsIn(seconds) });

function viewAt(seconds: number): RunView {
  const view = viewOf(story(seconds));
  if (!view) throw new Error("the story has not begun");
  return view;
}

const golden = (name: string) => `golden/${name}.txt`;
const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;

function watching(seconds: number): WatchState {
  const old: RunSummary = {
    id: "01KJM3W7C0QZB4T1VB8DBBBBB2",
    status: "completed",
    template: "spec-and-review@1",
    repo: "/r",
    base: "main",
    goal: "장바구니 합계가 가끔 1원씩 틀리는 문제",
    startedAt: BEGIN - 500_000,
    updatedAt: BEGIN - 100_000,
    endedAt: BEGIN - 100_000,
    at: "",
    accepted: 3,
    phases: 3,
  };
  return story(seconds).reduce(happened, listed(nothing, [old]));
}

const press = (state: WatchState, key: string): WatchState => {
  const next = pressed(state, key);
  if (next === "quit") throw new Error("it quit");
  return next;
};

describe("progress", () => {
  for (const columns of WIDTHS) {
    for (const seconds of MOMENTS) {
      test(`at ${columns} columns, ${seconds} seconds into a run`, async () => {
        const lines = progress(viewAt(seconds), paper(columns, seconds));
        await expect(text(lines)).toMatchFileSnapshot(golden(`progress-${columns}-${seconds}`));
      });
    }
  }

  test("turns its spinner only where it is drawn again", () => {
    const still = (now: number) => progress(viewAt(12), { ...paper(80, 12), now });
    expect(still(secondsIn(12) + 130)).toEqual(still(secondsIn(12)));
    const live = (now: number) => progress(viewAt(12), { ...paper(80, 12), live: true, now });
    expect(live(secondsIn(12) + 130)).not.toEqual(live(secondsIn(12)));
  });

  test("cuts nothing in a pipe", () => {
    expect(text(progress(viewAt(12), paper(undefined, 12)))).toContain(GOAL);
  });
});

describe("no line is wider than the terminal", () => {
  test.each([40, 57, 80, 81, 120, 149, 150, 200])("at %i columns", (columns) => {
    for (const seconds of MOMENTS) {
      const view = viewAt(seconds);
      const drawn = [
        ...progress(view, paper(columns, seconds)),
        ...story(seconds).map((event) => eventLine(event, paper(columns, seconds))),
        ...watchScreen(watching(seconds), paper(columns, seconds), 30),
        ...watchScreen(press(press(watching(seconds), "\r"), "a"), paper(columns, seconds), 30),
      ];
      expect(drawn.filter((line) => columnsOf(line) > columns)).toEqual([]);
    }
  });
});

describe("the calls of a model agent", () => {
  const about = { session: session(), nth: 1, call: "c", agent: "main" };
  const tool = { ...about, tool: "run_command" };
  const calls: RunEvent[] = [
    {
      ...about,
      ...{ type: "model.called", model: "some/model", requestBytes: 9, requestSha256: HASH },
      ...{ usage: usage(10, 2, { costUsd: "0.0000001" }), finish: "tool_calls", tries: 1, durationMs: 1 },
    },
    { ...tool, type: "tool.calling", about: "rm -rf /", argsBytes: 9, argsSha256: HASH },
    {
      ...tool,
      ...{ type: "tool.called", ok: false, refused: "no command is allowed", durationMs: 1 },
      ...{ resultBytes: 9, resultSha256: HASH },
    },
    {
      ...{ type: "plan.told", session: session(), nth: 1, agent: "main", more: 1 },
      steps: [
        { step: "read", state: "completed" },
        { step: "write", state: "in_progress" },
      ],
    },
  ];

  test("are seen in devflow watch, each with what it has cost or why it was refused", () => {
    const { cursor, position } = story(60).at(-1) ?? { cursor: 0, position: 0 };
    const after = calls.map((event, n): StoredEvent => {
      const place = n + 1;
      return { cursor: cursor + place, run: RUN, position: position + place, at: secondsIn(60), event };
    });
    const state = after.reduce(happened, watching(60));
    const lines = watchScreen(press(state, "\r"), paper(120, 60), 40).join("\n");
    expect(lines).toMatch(/called some\/model: 10 tokens in, 2 out, 0\.0000001 USD/);
    expect(lines).toMatch(/uses run_command rm -rf \//);
    expect(lines).toMatch(/could not use run_command: no command is allowed/);
    expect(lines).toMatch(/plans: 1 of 3 done: write/);
  });
});

describe("runs", () => {
  test.each(WIDTHS)("as a table at %i columns", async (columns) => {
    const summaries = [...watching(150).runs.values()].map(({ summary }) => summary);
    await expect(text(runsTable(summaries, paper(columns, 150)))).toMatchFileSnapshot(golden(`runs-${columns}`));
  });

  test("one in full", async () => {
    await expect(text(runDetails(viewAt(400), paper(80, 400)))).toMatchFileSnapshot(golden("run-80"));
  });

  test("its events", async () => {
    const lines = story().map((event) => eventLine(event, paper(120, 400)));
    await expect(text(lines)).toMatchFileSnapshot(golden("events-120"));
  });
});

test("a template's phases are drawn as a tree", async () => {
  await expect(text(phaseGraph(TEMPLATE, paper(120, 0)))).toMatchFileSnapshot(golden("graph-120"));
});

describe("watch", () => {
  test.each([
    [80, 24],
    [200, 20],
  ])("at %i columns and %i rows", async (columns, rows) => {
    const lines = watchScreen(watching(250), paper(columns, 250), rows);
    expect(lines).toHaveLength(rows);
    await expect(text(lines)).toMatchFileSnapshot(golden(`watch-${columns}`));
  });

  test("one run alone, with what happened and how to attach", async () => {
    const lines = watchScreen(press(press(watching(150), "\r"), "a"), paper(100, 150), 30);
    await expect(text(lines)).toMatchFileSnapshot(golden("watch-detail-100"));
  });

  test.each([1, 2, 5, 10, 200])("fills exactly %i rows", (rows) => {
    expect(watchScreen(watching(250), paper(80, 250), rows)).toHaveLength(rows);
    expect(watchScreen(press(watching(250), "\r"), paper(80, 250), rows)).toHaveLength(rows);
    expect(watchScreen(nothing, paper(80, 250), rows)).toHaveLength(rows);
  });

  test("keys select, open and quit", () => {
    const state = watching(150);
    expect(state.selected).toBe(RUN);
    const down = press(state, "\u001b[B");
    expect(down.selected).toBe("01KJM3W7C0QZB4T1VB8DBBBBB2");
    expect(press(down, "\u001b[B").selected).toBe(down.selected);
    expect(press(down, "\u001b[A").selected).toBe(RUN);
    expect(press(press(state, "\r"), "\u001b").detail).toBe(false);
    expect(pressed(state, "q")).toBe("quit");
    expect(pressed(state, "\u0003")).toBe("quit");
  });

  test("an event that is known already changes nothing", () => {
    const state = watching(150);
    expect(story(150).reduce(happened, state)).toBe(state);
  });
});

describe("a live block on a real screen", () => {
  async function screen(columns: number, rows: number) {
    const emulator = new Screen({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    const size = { columns, rows };
    const written = () => new Promise<void>((resolve) => emulator.write("", resolve));
    return {
      terminal: { write: (text: string) => emulator.write(text), size: () => size },
      resize(width: number) {
        emulator.resize(width, rows);
        size.columns = width;
      },
      async lines() {
        await written();
        const buffer = emulator.buffer.active;
        const all = Array.from({ length: buffer.length }, (_, at) => buffer.getLine(at)?.translateToString(true) ?? "");
        return all.slice(0, all.findLastIndex((line) => line !== "") + 1);
      },
    };
  }

  test("shows the newest lines and leaves what was above alone", async () => {
    const { terminal, lines } = await screen(40, 12);
    terminal.write("before\n");
    const block = liveBlock(terminal);
    block.draw(["one", "two", "three"]);
    block.draw(["one", "둘", "three", "four"]);
    block.draw(["one", "둘"]);
    expect(await lines()).toEqual(["before", "one", "둘"]);
    block.end(["over"]);
    terminal.write("after\n");
    expect(await lines()).toEqual(["before", "over", "after"]);
  });

  test("a block taller than the screen is cut, so that it is not drawn over and over", async () => {
    const { terminal, lines } = await screen(40, 6);
    const block = liveBlock(terminal);
    for (let turn = 0; turn < 5; turn += 1)
      block.draw(Array.from({ length: 20 }, (_, at) => `line ${at} turn ${turn}`));
    expect(await lines()).toEqual(["line 0 turn 4", "line 1 turn 4", "line 2 turn 4", "line 3 turn 4", "…"]);
  });

  test("goes on in place when the terminal is made narrower", async () => {
    const { terminal, lines, resize } = await screen(40, 12);
    terminal.write("before\n");
    const block = liveBlock(terminal);
    block.draw(["a line of thirty columns width", "x"]);
    await lines();
    resize(20);
    block.draw(["a line of thirty …", "x"]);
    expect(await lines()).toEqual(["before", "a line of thirty …", "x"]);
  });

  test("writes nothing when nothing has changed", () => {
    const written: string[] = [];
    const block = liveBlock({ write: (text) => written.push(text), size: () => ({ columns: 80, rows: 24 }) });
    block.draw(["one"]);
    block.draw(["one"]);
    expect(written).toHaveLength(1);
  });
});
