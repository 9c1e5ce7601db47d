/** The shipped profiles, what they make of a launch, and what they read out of headless runs. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readEvent } from "../../src/domain/agent-events.ts";
import { AgentProfile, forVersion, goesByFile, launchArgs, launchEnv } from "../../src/domain/agent-profile.ts";
import { programStatus } from "../../src/domain/program-status.ts";
import { resetTime } from "../../src/domain/reset-time.ts";
import { ScreenRule } from "../../src/domain/screen-rule.ts";
import { PROFILES, type ProfileName, profile } from "../support/profiles.ts";

describe("profiles", () => {
  it.each(PROFILES)("%s is valid, and named like its file", (name) => {
    expect(profile(name).name).toBe(name);
  });

  it("refuse unknown fields, patterns that do not compile, and answers to dialogs that only a person may answer", () => {
    const good = profile("codex");
    expect(AgentProfile.safeParse({ ...good, colour: "red" }).success).toBe(false);
    const dialogs = [{ id: "x", when: { last: 3, any: [{ contains: "x" }] }, policy: "park", keys: ["Enter"] }];
    expect(AgentProfile.safeParse({ ...good, interactive: { ...good.interactive, dialogs } }).success).toBe(false);
    expect(ScreenRule.safeParse({ last: 2, any: [{ regex: "(" }] }).success).toBe(false);
    expect(ScreenRule.safeParse({ any: [{ contains: "x" }] }).success).toBe(false);
    expect(ScreenRule.safeParse({ last: 2 }).success).toBe(false);
  });
});

describe("a text that a composer would not take as it is", () => {
  const taken = (name: ProfileName, text: string) => !goesByFile(profile(name).interactive, text);

  it.each(PROFILES)("goes to %s as a file, and another one does not", (name) => {
    for (const text of [
      "/help",
      "  /help",
      "!rm",
      "# head",
      "@file",
      "$x",
      "? how",
      "& go",
      "> quote",
      "C:\\",
      "C:\\ \n",
    ])
      expect([text, taken(name, text)]).toEqual([text, false]);
    for (const text of ["Say hello", "a/b", "no! #1", "C:\\x", "one\n/two\n!three", "a \\\nb", "안녕"])
      expect([text, taken(name, text)]).toEqual([text, true]);
  });

  it("is one with tabs too where they become spaces", () => {
    expect(["claude", "pi", "copilot"].map((name) => taken(name as ProfileName, "a\tb"))).toEqual([
      false,
      false,
      false,
    ]);
    expect(taken("codex", "a\tb")).toBe(true);
  });

  it("is any with an @ for Gemini CLI, which takes what stands behind it for a file's name", () => {
    const { interactive, headless } = profile("gemini");
    const goes = [interactive, headless ?? interactive].map((how) => goesByFile(how, "no! #1 you@there"));
    expect(goes).toEqual([true, true]);
    expect(taken("codex", "no! #1 you@there")).toBe(true);
  });

  it("is one with a file's name in it too, where the file would be put into the text", () => {
    const { headless } = profile("qwen");
    expect(["ask @you", "two\n@lines", "spec@1"].map((text) => taken("qwen", text))).toEqual([false, false, true]);
    expect(["ask @you", "spec@1", "Say hello"].map((text) => headless && goesByFile(headless, text))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("is one of several lines too, where the model is told of a paste as pasted content", () => {
    const newer = forVersion(profile("claude"), "2.1.329").interactive;
    const typed = ["Say hello", "two\nlines", "x".repeat(500), "/help", "a\tb"].map((text) => !goesByFile(newer, text));
    expect(typed).toEqual([true, false, false, false, false]);
  });
});

describe("a launch", () => {
  it("trusts the worktree of the session, whatever its path is", () => {
    const args = launchArgs(profile("codex").interactive.args, { cwd: '/a b/"작업"\\x', model: undefined, args: [] });
    expect(args).toContain('projects={"/a b/\\"작업\\"\\\\x"={trust_level="trusted"}}');
    expect(args).toContain("--no-daemon");
    expect(args).not.toContain("-m");
  });

  it("names the model when there is one, and puts the persona's arguments where the profile wants them", () => {
    const args = launchArgs(profile("codex").headless?.args ?? [], { cwd: "/w", model: "m1", args: ["-c", "a={cwd}"] });
    expect(args.slice(-5)).toEqual(["-m", "m1", "-c", "a={cwd}", "-"]);
  });

  it("passes on only what the profile names, and sets the rest", () => {
    const env = launchEnv(profile("opencode").env, {
      XDG_DATA_HOME: "/d",
      OPENAI_API_KEY: "secret",
      OPENCODE_DISABLE_AUTOUPDATE: "0",
    });
    expect(env).toEqual({ XDG_DATA_HOME: "/d", ...profile("opencode").env.set });
    expect(env).toMatchObject({ OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_SHARE: "1" });
  });
});

describe("headless events", () => {
  const read = (agent: ProfileName, file: string) => {
    const rules = profile(agent).headless?.events;
    if (!rules) throw new Error(`${agent} has no headless mode`);
    const path = fileURLToPath(new URL(`../../fixtures/screens/${agent}/headless/${file}.jsonl`, import.meta.url));
    return readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => readEvent(rules, JSON.parse(line)));
  };
  const nothingElse = { cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false };
  const said = <T>(values: readonly (T | undefined)[]) => values.filter((value) => value !== undefined);

  it("of codex tell its conversation, its words and its usage", () => {
    const news = read("codex", "write");
    expect(said(news.map((one) => one.session))).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(said(news.map((one) => one.text))).toEqual([
      "Calling the tool now.",
      "PHASE_DONE artifact.json is written.",
    ]);
    expect(said(news.map((one) => one.usage))).toEqual([
      { told: { inputTokens: 2400, outputTokens: 68, ...nothingElse }, count: "last" },
    ]);
    expect(said(news.map((one) => one.failed))).toEqual([]);
  });

  it("of opencode tell each step's usage and cost", () => {
    const news = read("opencode", "write");
    expect(news.find((one) => one.session)?.session).toMatch(/^ses_/);
    expect(said(news.map((one) => one.usage))).toEqual([
      { told: { inputTokens: 1200, outputTokens: 34, ...nothingElse, costUsd: "0.001268" }, count: "sum" },
      { told: { inputTokens: 1200, outputTokens: 34, ...nothingElse, costUsd: "0.001268" }, count: "sum" },
    ]);
  });

  const usageIn = (agent: "codex" | "opencode", event: unknown) => {
    const rules = profile(agent).headless?.events;
    return rules && readEvent(rules, event).usage?.told;
  };

  it("of codex have what was cached and what was thought in their counts", () => {
    const usage = {
      input_tokens: 5000,
      cached_input_tokens: 4000,
      cache_write_input_tokens: 500,
      output_tokens: 300,
      reasoning_output_tokens: 120,
    };
    expect(usageIn("codex", { type: "turn.completed", usage })).toEqual({
      inputTokens: 5000,
      outputTokens: 300,
      cachedTokens: 4000,
      cacheWriteTokens: 500,
      reasoningTokens: 120,
      estimated: false,
    });
  });

  it("of opencode count cached input and thinking beside the rest, and are put together", () => {
    const tokens = { input: 500, output: 180, reasoning: 120, cache: { read: 4000, write: 500 } };
    expect(usageIn("opencode", { type: "step_finish", part: { tokens, cost: 0.02 } })).toEqual({
      inputTokens: 5000,
      outputTokens: 300,
      cachedTokens: 4000,
      cacheWriteTokens: 500,
      reasoningTokens: 120,
      estimated: false,
      costUsd: "0.02",
    });
  });

  it("of opencode that tell a cost of 0 tell none: it has no price for that model", () => {
    const part = { tokens: { input: 10, output: 2 }, cost: 0 };
    expect(usageIn("opencode", { type: "step_finish", part })?.costUsd).toBeUndefined();
  });

  it("without any counts are no usage, rather than zero", () => {
    expect(usageIn("codex", { type: "turn.completed", usage: { tokens: 12 } })).toBeUndefined();
    expect(usageIn("codex", { type: "turn.completed" })).toBeUndefined();
  });

  it.each(["claude", "copilot", "gemini", "pi", "qwen"] as const)(
    "of %s tell its conversation and its words",
    (agent) => {
      const news = read(agent, "write");
      expect(said(news.map((one) => one.session)).at(-1)).toMatch(/^[0-9a-f-]{36}$/);
      expect(said(news.map((one) => one.text))).toEqual([
        "Calling the tool now.",
        "PHASE_DONE artifact.json is written.",
      ]);
      expect(said(news.map((one) => one.failed))).toEqual([]);
    },
  );

  it.each([
    ["claude", 2400, 68],
    ["gemini", 2400, 68],
    ["pi", 2400, 68],
    ["qwen", 2400, 68],
  ] as const)("of %s tell what it used", (agent, input, output) => {
    const used = said(read(agent, "write").map((one) => one.usage));
    const sum = (of: "inputTokens" | "outputTokens") => used.reduce((total, { told }) => total + told[of], 0);
    expect([sum("inputTokens"), sum("outputTokens")]).toEqual([input, output]);
    expect(new Set(used.map(({ count }) => count))).toEqual(new Set(["sum"]));
  });

  it("of qwen tell a failure although it calls it a success, those of pi that one was overcome", () => {
    const rules = profile("qwen").headless?.events;
    const result = {
      type: "result",
      subtype: "success",
      is_error: false,
      result: "[API Error: 401 Incorrect API key]",
    };
    expect(rules && readEvent(rules, result).failed).toBe("[API Error: 401 Incorrect API key]");
    const pi = profile("pi").headless?.events;
    expect(pi && readEvent(pi, { type: "auto_retry_end", success: true, attempt: 2 }).recovered).toBe(true);
  });

  it.each(["codex", "copilot", "gemini", "opencode", "pi"] as const)("of %s tell why a turn failed", (agent) => {
    expect(said(read(agent, "401").map((one) => one.failed)).join()).toMatch(/Incorrect API key|401/);
  });

  it("that are not objects say nothing", () => {
    const rules = profile("codex").headless?.events;
    expect(rules && [null, 3, "x", []].map((event) => readEvent(rules, event))).toEqual([{}, {}, {}, {}]);
  });
});

describe("the program status", () => {
  it.each([
    ["state=idle:app=codex", { state: "idle", app: "codex" }],
    ["state=blocked:app=codex:kind=permission", { state: "blocked", kind: "permission", app: "codex" }],
    ["app=x:state=error:msg=YQ==", { state: "error", app: "x" }],
  ])("is read from %s", (text, status) => {
    expect(programStatus(text)).toEqual(status);
  });

  it.each(["?", "", "state=dancing", "state=working:id=sub/1"])("is not read from %j", (text) => {
    expect(programStatus(text)).toBeUndefined();
  });
});

describe("the time a limit ends", () => {
  const now = new Date(2026, 2, 1, 14, 30).getTime();
  it.each([
    ["at 2026-03-01T15:00:00Z.", Date.parse("2026-03-01T15:00:00Z")],
    ["in 5 minutes", now + 300_000],
    ["in 1 day 2 hours 3 minutes", now + 93_780_000],
    ["in 90s", now + 90_000],
    ["at 3:05 PM", new Date(2026, 2, 1, 15, 5).getTime()],
    ["at 2pm", new Date(2026, 2, 2, 14, 0).getTime()],
    ["at 12:10 am", new Date(2026, 2, 2, 0, 10).getTime()],
    ["at 23:15", new Date(2026, 2, 1, 23, 15).getTime()],
  ])("is read from %s", (text, at) => {
    expect(resetTime(text, now)).toBe(at);
  });

  it.each(["soon", "at 5", "in a while", "at 25:00", "after the holidays"])("is not guessed from %s", (text) => {
    expect(resetTime(text, now)).toBeUndefined();
  });
});
