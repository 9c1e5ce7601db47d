/** What a session in a terminal has used, by transcripts that real agents have written, shortened. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countLine, mayCount, NOTHING_COUNTED } from "../../src/domain/transcript-usage.ts";
import type { Usage } from "../../src/domain/usage.ts";
import type { TranscriptUsage } from "../../src/domain/usage-rule.ts";
import { profile } from "../support/profiles.ts";

function ruleOf(name: Parameters<typeof profile>[0]): TranscriptUsage {
  const { conversations } = profile(name);
  const usage = conversations && ("list" in conversations ? conversations.served?.usage : conversations.usage);
  if (!usage) throw new Error(`${name} is not metered`);
  return usage;
}

/** The reports of the lines, with their numbers. */
function reports(rule: TranscriptUsage, lines: readonly unknown[], since = 0): [number, Usage][] {
  let counted = NOTHING_COUNTED;
  return lines.flatMap((line) => {
    const { counted: now, report } = countLine(rule, counted, line, since);
    counted = now;
    return report ? [[now.reports, report] as [number, Usage]] : [];
  });
}

const tokens = (all: [number, Usage][]) => all.map(([nth, one]) => [nth, one.inputTokens, one.outputTokens]);

function recorded(name: string): string[] {
  const file = new URL(`../../fixtures/transcripts/${name}.jsonl`, import.meta.url);
  return readFileSync(file, "utf8").trim().split("\n");
}

describe.each([
  ["claude", "claude"],
  ["claude", "claude-newer"],
  ["codex", "codex"],
  ["gemini", "gemini"],
  ["qwen", "qwen"],
  ["pi", "pi"],
  ["opencode", "opencode"],
] as const)("%s, as recorded in %s", (name, file) => {
  test("tells each of its model's two answers once", () => {
    const lines = recorded(file);
    const rule = ruleOf(name);
    const told = lines.filter((line) => mayCount(rule, line)).map((line): unknown => JSON.parse(line));
    expect(told.length).toBeLessThan(lines.length);
    expect(tokens(reports(rule, told))).toEqual([
      [1, 1_200, 34],
      [2, 1_200, 34],
    ]);
  });
});

const CODEX = ruleOf("codex");
const total = (input: number, output: number, at = "2026-11-21T20:22:49.571Z") => ({
  timestamp: at,
  type: "event_msg",
  payload: { type: "token_count", info: { total_token_usage: { input_tokens: input, output_tokens: output } } },
});

describe("a running total", () => {
  test("is told as what was added, and not where nothing was", () => {
    expect(tokens(reports(CODEX, [total(100, 10), total(100, 10), total(250, 12)]))).toEqual([
      [1, 100, 10],
      [2, 150, 2],
    ]);
  });

  test("of an earlier session in the same file is gone on with, and is not told again", () => {
    const lines = [
      total(100, 10, "2026-11-21T10:00:00.000Z"),
      total(900, 30, "2026-11-21T10:05:00.000Z"),
      total(1_000, 40, "2026-11-21T12:00:00.000Z"),
    ];
    expect(tokens(reports(CODEX, lines, Date.parse("2026-11-21T11:00:00Z")))).toEqual([[1, 100, 10]]);
  });

  test("that says nothing of worth tells nothing, and never 0", () => {
    const empty = { ...total(0, 0), payload: { type: "token_count", info: null } };
    expect(reports(CODEX, [empty, total(0, 0), { ...total(5, 5), timestamp: "?" }, "text", null, 7])).toEqual([]);
  });
});

const CLAUDE = ruleOf("claude");
const piece = (id: unknown, input: number, output: number, cached = 0) => ({
  type: "assistant",
  timestamp: "2026-11-21T20:22:59.278Z",
  message: { id, usage: { input_tokens: input, output_tokens: output, cache_read_input_tokens: cached } },
});

describe("an answer in pieces", () => {
  test("is told once; what its later pieces add is told as that", () => {
    const lines = [piece("a", 20, 1, 80), piece("a", 20, 1, 80), piece("b", 7, 7), piece("a", 20, 56, 80)];
    expect(tokens(reports(CLAUDE, lines))).toEqual([
      [1, 100, 1],
      [2, 7, 7],
      [3, 0, 55],
    ]);
    expect(reports(CLAUDE, lines)[0]?.[1].cachedTokens).toBe(80);
  });

  test("without an id is not counted: it might be twice", () => {
    expect(reports(CLAUDE, [piece(undefined, 20, 1), piece("", 20, 1), piece(3, 20, 1)])).toEqual([]);
  });

  test("that the agent made up itself, with no tokens, is none", () => {
    expect(reports(CLAUDE, [piece("synthetic", 0, 0)])).toEqual([]);
  });
});
