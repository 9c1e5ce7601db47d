/** Markdown for a terminal: what it looks like, that it fits, and that nothing in it drives the terminal. */
import { describe, expect, test } from "vitest";
import { renderMarkdown } from "../../src/cli/show/markdown.ts";
import { columnsOf } from "../../src/cli/table.ts";

const plain = (text: string, width = 40): string => renderMarkdown(text, { width, color: false });

describe("markdown for a terminal", () => {
  test.each<[string, string, string]>([
    ["a heading is underlined", "# Ändern\n\ntext", "Ändern\n══════\n\ntext"],
    ["a heading under a line", "Title\n---\nmore", "Title\n─────\n\nmore"],
    ["a small heading", "### Why", "Why"],
    ["lines of a paragraph flow", "one\ntwo", "one two"],
    ["two spaces break a line", "one  \ntwo", "one\ntwo"],
    ["emphasis loses its marks", "a **b** _c_ ~~d~~ `e*f*`", "a b c d e*f*"],
    ["emphasis in emphasis", "**a *b* c**", "a b c"],
    ["names keep their underscores", "call run_one_test now", "call run_one_test now"],
    ["stars that are no emphasis stay", "2 * 3 * 4 and a*", "2 * 3 * 4 and a*"],
    ["what is escaped stays", "\\*not\\* \\`this\\`", "*not* `this`"],
    ["a link shows where it leads", "see [docs](https://a.b/c) now", "see docs (https://a.b/c) now"],
    ["a bare link is shown once", "<https://a.b> [https://a.b](https://a.b)", "https://a.b https://a.b"],
    ["a picture is named", "![logo](a.png)", "▣ logo (a.png)"],
    ["a list", "- one\n- two\n  more\n* other", "• one\n• two more\n• other"],
    ["a numbered list keeps its numbers", "3. c\n4. d", "3. c\n4. d"],
    ["lists in lists", "- a\n  - b\n    - c\n- d", "• a\n  • b\n    • c\n• d"],
    ["a list with code in it", "1. do\n\n   ```sh\n   ls -l\n   ```\n2. done", "1. do\n\n   │ sh\n   │ ls -l\n2. done"],
    ["tasks", "- [ ] open\n- [x] done", "☐ open\n☑ done"],
    ["a quote", "> said\n> twice\n\nafter", "▌ said twice\n\nafter"],
    ["code keeps its indentation", "```ts\nif (a) {\n  b();\n}\n```", "│ ts\n│ if (a) {\n│   b();\n│ }"],
    ["code that was cut off", "text\n```\nopen", "text\n\n│ open"],
    ["a fence in a longer fence", "````\n```\nx\n```\n````", "│ ```\n│ x\n│ ```"],
    ["a rule", "a\n\n***\n\nb", `a\n\n${"─".repeat(40)}\n\nb`],
    ["no markdown at all", "plain text, no marks", "plain text, no marks"],
    ["nothing", "", ""],
    ["an open mark", "**never closed and `neither", "**never closed and `neither"],
  ])("%s", (_, given, shown) => {
    expect(plain(given)).toBe(shown);
  });

  test("a table is laid out, wide characters included", () => {
    const given = "| 이름 | n |\n|---|--:|\n| 가나 | 1 |\n| b \\| c | 22 |";
    expect(plain(given)).toBe("이름  │  n\n──────┼───\n가나  │  1\nb | c │ 22");
  });

  test("a table that does not fit is a list of its cells", () => {
    const given =
      "| one | two | three | four | five |\n|-|-|-|-|-|\n| aaaaaaaa | bbbbbbbb | cccccccc | dddddddd | eeeeeeee |";
    expect(plain(given, 30).split("\n")).toEqual([
      "one: aaaaaaaa",
      "two: bbbbbbbb",
      "three: cccccccc",
      "four: dddddddd",
      "five: eeeeeeee",
    ]);
  });

  test("words wrap and hang under their item; Korean is measured by columns", () => {
    expect(plain("- one two three four five", 20)).toBe("• one two three four\n  five");
    expect(plain("가나다라마 바사아자차카", 20)).toBe("가나다라마\n바사아자차카");
  });

  test("no line is wider than the terminal, whatever is in it", () => {
    const long = "x".repeat(90);
    const given = [
      `# ${long}`,
      long,
      `- ${long}`,
      `> ${long}`,
      `\`\`\`${long}\n${long}\n${"한".repeat(50)}\n\`\`\``,
      `| a | b |\n|---|---|\n| ${long} | ${long} |`,
      `> > - > - deep ${long}`,
      `[${long}](https://${long})`,
    ].join("\n\n");
    for (const width of [20, 33, 80]) {
      for (const line of plain(given, width).split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(width);
    }
    expect(plain(given, 33).replace(/[^x]/g, "").length).toBe(given.replace(/[^x]/g, "").length - 60);
  });

  test("with colour the marks are tones, and a tone goes on in the next line", () => {
    const shown = renderMarkdown("**aaaa bbbb cccc dddd eeee**", { width: 20, color: true });
    expect(shown).toBe("\u001b[1maaaa bbbb cccc dddd\u001b[22m\n\u001b[1meeee\u001b[22m");
    expect(renderMarkdown("`x`", { width: 20, color: true })).toBe("\u001b[33mx\u001b[39m");
  });

  test("nothing in the text drives the terminal", () => {
    const given = "a\u001b[2J\u0007**b**\u009b31m `c\u001b]0;t\u0007`\r\n```\n\u001b[31m\n```";
    expect(plain(given)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test("a long text of open marks is read in time", () => {
    const given = "*a **b _c `d [e](".repeat(2_000);
    const began = performance.now();
    expect(plain(given).length).toBeGreaterThan(given.length / 2);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
