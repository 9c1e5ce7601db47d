import { describe, expect, it } from "vitest";
import { columnsOf, cut, lookOf, oneLine, table } from "../../src/cli/table.ts";

const PIPE = { colour: false };

describe("the width of a text", () => {
  it("counts what a terminal gives to it: two columns for Korean and emoji, none for marks", () => {
    expect(columnsOf("review")).toBe(6);
    expect(columnsOf("검토 완료")).toBe(9);
    expect(columnsOf("검토".normalize("NFD"))).toBe(4);
    expect(columnsOf("é".normalize("NFD"))).toBe(1);
    expect(columnsOf("👩‍💻🇰🇷✓✗…")).toBe(7);
  });

  it("is kept when a text is cut, and no character is halved", () => {
    expect(cut("specification", 8)).toBe("specifi…");
    expect(cut("검토가끝났다", 8)).toBe("검토가…");
    expect(cut("short", 8)).toBe("short");
  });
});

describe("a table", () => {
  const columns = [
    { title: "run", paint: () => "bold" as const },
    { title: "goal", shrink: true },
    { title: "done", align: "right" as const },
  ];

  it("lines its columns up under their titles", () => {
    expect(
      table(
        columns,
        [
          ["ABC", "할 일", "1/3"],
          ["D", "a", "12/30"],
        ],
        PIPE,
      ),
    ).toBe(["run  goal    done", "ABC  할 일    1/3", "D    a      12/30"].join("\n"));
  });

  it("that is too wide cuts the columns that may shrink, down to what still says something", () => {
    const row = ["ABC", "a goal that goes on and on and on", "1/3"];
    for (const line of table(columns, [row], { colour: false, width: 30 }).split("\n")) {
      expect(columnsOf(line)).toBeLessThanOrEqual(30);
    }
  });

  it("for which even that is too little makes each row a list, and cuts neither numbers nor what a row is known by", () => {
    const rows = [
      ["ABC", "a goal that goes on", "1/3"],
      ["DEF", "", "123456/3"],
    ];
    expect(table(columns, rows, { colour: false, width: 16 }).split("\n")).toEqual([
      "run   ABC",
      "goal  a goal",
      "      that goes",
      "      on",
      "done  1/3",
      "",
      "run   DEF",
      "done  123456/3",
    ]);
  });

  it("is whole in a pipe", () => {
    const row = ["ABC", "a goal that goes on and on and on", "1/3"];
    expect(table(columns, [row], PIPE)).toContain(row[1]);
  });

  it("cannot be used to drive the terminal or to break a line", () => {
    expect(oneLine("a\u001b[31m\nb\tc\u202e\u0007")).toBe("a[31m b c");
    expect(table([{ title: "x" }], [["one\ntwo\u001b]0;t\u0007"]], PIPE)).toBe("x\none two]0;t");
  });

  it("has colour when asked, and is as wide with it", () => {
    const coloured = table(columns, [["ABC", "g", "1"]], { colour: true });
    expect(coloured).toContain("\u001b[1mABC\u001b[22m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(table(columns, [["ABC", "g", "1"]], PIPE));
  });
});

describe("the look of output", () => {
  it("has colour on a terminal, not in a pipe, never with NO_COLOR", () => {
    const terminal = { isTTY: true, columns: 120 };
    expect(lookOf(terminal, {})).toEqual({ width: 120, colour: true });
    expect(lookOf(terminal, { NO_COLOR: "1" }).colour).toBe(false);
    expect(lookOf(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }).colour).toBe(false);
    expect(lookOf(terminal, { TERM: "dumb" }).colour).toBe(false);
    expect(lookOf({}, {})).toEqual({ colour: false });
    expect(lookOf({}, { FORCE_COLOR: "1" })).toEqual({ colour: true });
  });
});
