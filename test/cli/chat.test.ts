/** The parts of a talk that need no terminal: what is typed, quoted, completed, kept and shown. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { historyFile, openHistory } from "../../src/cli/chat/history.ts";
import { answerLines, costShown, eventLines, helpLines, promptShown } from "../../src/cli/chat/lines.ts";
import { multiLine } from "../../src/cli/chat/multi-line.ts";
import { pasteFilter, withLineEnds } from "../../src/cli/chat/paste.ts";
import { referencesIn, withQuotes } from "../../src/cli/chat/references.ts";
import { completed, understood } from "../../src/cli/chat/slash.ts";
import { composeQuotes } from "../../src/cli/compose.ts";
import { paperOf } from "../../src/cli/style.ts";
import { columnsOf } from "../../src/cli/table.ts";
import { redactor } from "../../src/domain/redact.ts";
import { answerOnScreen } from "../../src/domain/screen-answer.ts";
import { session } from "../support/made.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "devflow chat "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what is typed", () => {
  test("goes on in the next line after a backslash, and between fences", () => {
    const lines = multiLine();
    expect(lines.feed("one \\")).toBeUndefined();
    expect(lines.open).toBe(true);
    expect(lines.feed("two")).toBe("one \ntwo");
    expect(lines.feed("a path C:\\\\")).toBe("a path C:\\\\");
    expect(lines.feed("```ts")).toBeUndefined();
    expect(lines.feed("a \\")).toBeUndefined();
    expect(lines.feed("```")).toBe("```ts\na \\\n```");
    expect(lines.feed("```open")).toBeUndefined();
    lines.drop();
    expect(lines.feed("anew")).toBe("anew");
  });

  test("a paste is one line to edit and many to send, however its bytes come", () => {
    const pasted = "\u001b[200~one\r\ntwo\tx\u001b[31m\n\u001b[201~";
    for (const size of [1, 3, 200]) {
      const filter = pasteFilter();
      const keys = [...`a${pasted}b`].reduce<string[]>((parts, c, n) => {
        if (n % size === 0) parts.push("");
        parts[parts.length - 1] += c;
        return parts;
      }, []);
      const out = keys.map((part) => filter.feed(part)).join("");
      expect(out).toBe("aone⏎two    x[31mb");
      expect(withLineEnds(out)).toBe("aone\ntwo    x[31mb");
    }
    expect(pasteFilter().feed("\u001b[A")).toBe("\u001b[A");
  });

  test.each([
    ["/quit", { kind: "command", name: "quit", rest: "" }],
    ["/run review-only look at it", { kind: "command", name: "run", rest: "review-only look at it" }],
    ["/qiut", { kind: "unknown", typed: "qiut", meant: "quit" }],
    [" /etc/hosts is odd", { kind: "words", text: " /etc/hosts is odd" }],
  ])("%s", (line, said) => {
    expect(understood(line)).toEqual(said);
  });

  test("is completed: commands, personas, templates, and paths with spaces in quotes", async () => {
    const files: Record<string, string[]> = { "": ["src/", "메모 하나.md", "read.md"], "src/": ["a.ts", "b b/"] };
    const choices = {
      personas: async () => ["claude-author@1", "codex-author@1"],
      templates: async () => ["review-only@1"],
      files: async (at: string) => files[at] ?? [],
    };
    const hits = async (line: string) => (await completed(line, choices)).hits;
    expect(await hits("/a")).toEqual(["/agent ", "/approve ", "/attach "]);
    expect(await hits("/agent co")).toEqual(["codex-author@1"]);
    expect(await hits("/run ")).toEqual(["review-only@1 "]);
    expect(await hits("see @")).toEqual(["@src/", '@"메모 하나.md" ', "@read.md "]);
    expect(await hits("see @src/")).toEqual(["@src/a.ts ", '@"src/b b/']);
    expect(await completed('see @"메모', choices)).toEqual({ hits: ['@"메모 하나.md" '], part: '@"메모' });
    expect(await hits("no command")).toEqual([]);
  });
});

describe("what is quoted", () => {
  test("references stand alone or in quotes, and an address is none", () => {
    expect(referencesIn('see @a.ts, (@src/b.ts) and @"c d/메모.md". Mail x@y.z, @a.ts: twice.')).toEqual([
      "a.ts",
      "src/b.ts",
      "c d/메모.md",
    ]);
  });

  test("files and folders of the repository, and nothing else", () => {
    mkdirSync(join(folder, "src/내 것"), { recursive: true });
    mkdirSync(join(folder, ".git"));
    writeFileSync(join(folder, ".git/config"), "[core]");
    writeFileSync(join(folder, "src/내 것/메모.md"), "```\ncode\n```\n");
    writeFileSync(join(folder, "src/pic.png"), Buffer.from([0x89, 0, 1]));
    writeFileSync(join(folder, "src/large.txt"), "x".repeat(200_000));
    symlinkSync("/etc/passwd", join(folder, "src/out"));
    symlinkSync("내 것/메모.md", join(folder, "src/within"));
    const quote = composeQuotes(folder);
    const said = (text: string, cwd = folder) => withQuotes(text, { root: folder, cwd }, quote);
    expect(said('what is @"src/내 것/메모.md"?')).toBe(
      'what is @"src/내 것/메모.md"?\n\nThe file src/내 것/메모.md, as the person has it:\n\n````md\n```\ncode\n```\n````',
    );
    expect(said("@within here", join(folder, "src"))).toContain("code");
    expect(said("@src")).toContain("large.txt\nout\npic.png\nwithin\n내 것/");
    expect(said("@param x, ask @someone")).toBe("@param x, ask @someone");
    for (const bad of [
      "src/out",
      "../x.md",
      "/etc/passwd",
      ".git/config",
      "src/pic.png",
      "src/large.txt",
      "no/such.ts",
    ])
      expect(() => said(`see @${bad}`), bad).toThrow(expect.objectContaining({ code: "talk.bad_reference" }));
  });
});

test("the history is its owner's alone, newest first, and holds no secret", async () => {
  const file = historyFile(join(folder, "state"));
  const history = await openHistory(file, redactor(["hunter2-hunter2"]));
  await history.add("first");
  await history.add("  ");
  await history.add("the key is hunter2-hunter2 and sk-or-v1-0123456789abcdef0123456789abcdef");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).not.toMatch(/hunter2|sk-or-v1/);
  const again = await openHistory(file, redactor([]));
  expect(again.lines).toHaveLength(2);
  expect(again.lines[1]).toBe("first");
  chmodSync(file, 0o600);
});

describe("what is shown", () => {
  const paper = paperOf({ columns: 40, colour: false, now: 0 });
  const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, uncosted: 0, unknown: [] };

  test("the prompt tells what the talk has cost; what is not known is not 0", () => {
    expect(costShown({ usage, sessions: [] }, 0)).toBe("$0");
    expect(costShown({ usage: { ...usage, costUsd: "0.01234" }, sessions: [] }, 1)).toBe("$0.0123");
    expect(costShown({ usage: { ...usage, costUsd: "0.01234", uncosted: 1 }, sessions: [] }, 1)).toBe("≥$0.0123");
    expect(promptShown("$0.0123", "idle", paper)).toBe("devflow $0.0123 ▸ ");
    expect(promptShown("$0.0123", "busy", paper)).toBe("devflow $0.0123 ⋯ ");
    expect(promptShown("$0.0123", "more", paper)).toBe("… ");
  });

  test("tools as they are called, on one line, whatever their arguments hold", () => {
    const did = { session: session(), nth: 1, call: "c", agent: "main", tool: "read_file" } as const;
    const event = {
      type: "tool.calling",
      ...did,
      about: `src/${"x".repeat(90)}\u001b[2J`,
      argsBytes: 1,
      argsSha256: "a",
    } as const;
    const [shown = "", ...more] = eventLines({ cursor: 1, run: "R", position: 1, at: 0, event } as never, paper);
    expect(more).toEqual([]);
    expect(shown.startsWith("  → ")).toBe(true);
    expect(shown).toContain("read_file src/xxx");
    expect(columnsOf(shown)).toBeLessThanOrEqual(40);
  });

  test("a plan by how far it is, on one line", () => {
    const steps = [{ step: "write\nit all ".repeat(9), state: "in_progress" }];
    const event = { type: "plan.told", session: session(), nth: 1, agent: "main", steps, more: 0 } as const;
    const [shown = "", ...more] = eventLines({ cursor: 1, run: "R", position: 1, at: 0, event } as never, paper);
    expect(more).toEqual([]);
    expect(shown).toMatch(/^ {2}☰ 0\/1 write it all write/);
    expect(columnsOf(shown)).toBeLessThanOrEqual(40);
  });

  test("answers and help fit a narrow terminal", () => {
    const lines = [...answerLines(`# 제목\n\n${"가나다 ".repeat(40)}`, paper), ...helpLines(paper)];
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(40);
  });

  test("an answer on a screen is what stands between what was asked and the composer", () => {
    const rows = [
      "old answer",
      "",
      "› what is this",
      "",
      "• It is a thing.",
      "  And more.",
      "",
      "› Describe a task",
      "  ? for shortcuts",
    ];
    const composer = (row: string) => /^› ?/.test(row);
    expect(answerOnScreen(rows, "Preamble\n\nwhat is this", composer)).toBe("• It is a thing.\n  And more.");
    expect(answerOnScreen(["nothing of it", "› "], "gone by now", composer)).toBe("nothing of it");
  });
});
