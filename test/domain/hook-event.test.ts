/** What agents tell by their hooks: recorded lines of real ones, and what follows from them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/domain/evidence.ts";
import {
  HOOK_HOLDS_MS,
  Hooks,
  hookSaid,
  hookSettings,
  hookTable,
  repeated,
  shows,
} from "../../src/domain/hook-event.ts";
import { profile } from "../support/profiles.ts";

const lines = (agent: string): unknown[] =>
  readFileSync(new URL(`../../fixtures/hooks/${agent}.ndjson`, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const hooks = (name: "claude" | "codex" | "paper"): Hooks => profile(name).hooks ?? Hooks.parse({ events: {} });

describe("the hooks of Claude Code, as they were recorded", () => {
  it("say when a turn begins, asks and ends", () => {
    const said = lines("claude").flatMap((line) => hookSaid(hooks("claude"), line) ?? []);
    expect(said.slice(0, 5).map(({ event, state }) => [event, state])).toEqual([
      ["UserPromptSubmit", "working"],
      ["PreToolUse", "working"],
      ["PermissionRequest", "awaiting_permission"],
      ["PostToolUse", "working"],
      ["Stop", "ready"],
    ]);
    expect(new Set(said.map(({ conversation }) => conversation)).size).toBe(1);
  });

  it("mean nothing where the profile does not name them, and lines that are none mean nothing either", () => {
    expect(lines("gemini").flatMap((line) => hookSaid(hooks("claude"), line) ?? [])).toEqual([]);
    for (const odd of [undefined, 3, "x", {}, { hook_event_name: 1 }])
      expect(hookSaid(hooks("claude"), odd)).toBeUndefined();
  });

  it("are asked for in the shape that it reads", () => {
    expect(JSON.parse(hookSettings(hooks("claude"), "run it")).hooks.Stop).toEqual([
      { matcher: "*", hooks: [{ type: "command", command: "run it" }] },
    ]);
  });
});

describe("the hooks of Codex", () => {
  it("say, as they were recorded, when a turn begins, uses a tool and ends, and which conversation it is", () => {
    const said = lines("codex").flatMap((line) => hookSaid(hooks("codex"), line) ?? []);
    expect(said.map(({ event, state }) => [event, state])).toEqual([
      ["UserPromptSubmit", "working"],
      ["PreToolUse", "working"],
      ["PreToolUse", "working"],
      ["Stop", "ready"],
    ]);
    expect(new Set(said.map(({ conversation }) => conversation)).size).toBe(1);
    expect(said[1]?.command).toContain("apply_patch");
  });

  it("are known to it by what they are, as it has written that down itself after a person had agreed", () => {
    const command = "cat >> /root/agx/said.jsonl; echo >> /root/agx/said.jsonl";
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    const made = { ...hooks("codex"), events: { UserPromptSubmit: "working" as const } };
    expect(hookTable(made, command, digest)).toBe(
      `{UserPromptSubmit=[{hooks=[{type="command",command="${command}"}]}],state={"/<session-flags>/config.toml:user_prompt_submit:0:0"={trusted_hash="sha256:c2b6cfba314992834992b724c042ed3750c00a2787ad5481af9535b67ccb4080"}}}`,
    );
    const { trusted: _, ...asking } = made;
    expect(hookTable(asking, "it", digest)).not.toContain("state");
  });
});

describe("a hook", () => {
  const rows = ["", "› Describe a task", "", "  ? for shortcuts · paper-agent 1.0.0"];
  const screen = { rows, title: "paper — ready", cursor: { row: 1, col: 2, visible: true } };
  const said = (state: "working" | "ready" | "awaiting_permission", at: number) =>
    judge(profile("paper"), { screen, lastOutputAt: 0, now: 10_000, hook: { state, said: "it", at } }).state;

  it("that says that work has begun is believed for a moment, since none tells of an interrupt", () => {
    expect(said("working", 10_000 - HOOK_HOLDS_MS + 1)).toBe("working");
    expect(said("working", 10_000 - HOOK_HOLDS_MS)).toBe("ready");
  });

  it("makes nobody ready, and no question of what does not stand on the screen yet", () => {
    expect(said("ready", 10_000)).toBe("ready");
    expect(said("awaiting_permission", 10_000)).toBe("ready");
    const blank = { ...screen, rows: ["working hard"], cursor: { row: 0, col: 0, visible: true } };
    const seen = { screen: blank, lastOutputAt: 0, now: 1, hook: { state: "ready" as const, said: "Stop", at: 1 } };
    expect(judge(profile("paper"), seen).state).toBe("unknown");
  });
});

it("counts the same tool call in a row, and starts anew with another", () => {
  const call = (input: string) => ({ event: "PreToolUse", state: "working" as const, call: `Bash ${input}` });
  const counted: ReturnType<typeof repeated>[] = [];
  for (const input of ["a", "a", "a", "b", "a"]) counted.push(repeated(counted.at(-1), call(input)));
  expect(counted.map((one) => one?.times)).toEqual([1, 2, 3, 1, 1]);
});

it("tells the command of a dialog only where the dialog shows it whole", () => {
  expect(shows("Bash command\nnpm test --\nrun a.ts\n1. Yes", "npm test -- run a.ts")).toBe(true);
  expect(shows("Bash command\nnpm test", "npm test && rm -rf /")).toBe(false);
});
