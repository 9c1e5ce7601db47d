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
