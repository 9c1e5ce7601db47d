/** The composer of an agent that draws its own cursor: a frame at the end of the screen. */
import { describe, expect, it } from "vitest";
import { composerOf } from "../../src/domain/composer.ts";
import { profile } from "../support/profiles.ts";

const { composer } = profile("qwen").interactive;
const EDGE = "─".repeat(40);
const seen = (...rows: string[]) =>
  composerOf(composer, { rows, title: "", cursor: { row: 0, col: 0, visible: false } });

describe("a framed composer", () => {
  it("is empty with its placeholder or nothing in it", () => {
    expect(seen("  ✦ done", "", EDGE, ">   Type your message or @path/to/file", EDGE, "  ? for shortcuts").kind).toBe(
      "empty",
    );
    expect(seen(EDGE, "> ", EDGE, "", "").kind).toBe("empty");
  });

  it("holds a draft of several lines, blank ones among them", () => {
    expect(seen(EDGE, "> first", "", "  third", EDGE, "  ? for shortcuts")).toEqual({
      kind: "draft",
      text: "first\n\nthird",
    });
  });

  it("holds a draft although a list is open below it", () => {
    const list = ["  quit  exit", "  help  help", "  model  models", "  theme  themes", "  stats  numbers"];
    expect(seen(EDGE, "> /", EDGE, ...list)).toEqual({ kind: "draft", text: "/" });
  });

  it("is hidden behind a dialog below it, and when there is no frame or half of one", () => {
    const dialog = ["  Which model?", "  › one", "    two", "    three"];
    expect(seen(EDGE, "> ", EDGE, ...dialog).kind).toBe("hidden");
    expect(seen("  ✦ text", "> text").kind).toBe("hidden");
    expect(seen("> text", EDGE).kind).toBe("hidden");
    expect(seen(EDGE, "text", EDGE).kind).toBe("hidden");
  });
});

describe("a composer in a box with another column beside it", () => {
  const box = profile("opencode").interactive.composer;
  const beside = " ".repeat(12);
  const rows = (first: string): string[] => [
    "      ▣  Build",
    "",
    `  ┃  ${first.padEnd(24)}${beside}/a/path/that`,
    `  ┃${" ".repeat(26)}${beside}goes:on`,
    `  ┃  Build · Model One${" ".repeat(8)}${beside}here`,
    `  ╹${"▀".repeat(26)}${beside}LSP`,
    "  ctrl+p commands",
  ];
  const look = (first: string) =>
    composerOf(box, { rows: rows(first), title: "", cursor: { row: 2, col: 5, visible: true } });

  it("holds what stands in the box and nothing of what is beside it", () => {
    expect(look("")).toEqual({ kind: "empty" });
    expect(look("a draft")).toEqual({ kind: "draft", text: "a draft" });
    expect(look("초안 👋")).toMatchObject({ kind: "draft", text: "초안 👋" });
  });
});
