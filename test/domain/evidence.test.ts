/** What agents are doing, judged from made-up screens; recordings of real ones are in test/adapters/agents. */
import { describe, expect, it } from "vitest";
import { forVersion } from "../../src/domain/agent-profile.ts";
import { type Judgement, judge, type Observation, worksAnyway } from "../../src/domain/evidence.ts";
import { programStatus } from "../../src/domain/program-status.ts";
import { matches } from "../../src/domain/screen-rule.ts";
import { profile } from "../support/profiles.ts";

const CODEX_READY = [
  "",
  "  >_ OpenAI Codex (v0.169.0)",
  "",
  "› Ask Codex to do anything",
  "",
  "  some-model · ~/proj",
  "  ? for shortcuts",
];

function codex(
  change: Partial<Observation> & { rows?: string[]; title?: string; row?: number; col?: number } = {},
): Judgement {
  const { rows = CODEX_READY, title = "proj", row = 3, col = 2, ...rest } = change;
  const screen = { rows, title, cursor: { row, col, visible: true } };
  return judge(profile("codex"), { screen, lastOutputAt: 5, now: 10, ...rest });
}

const reported = (text: string): Observation["programStatus"] => {
  const status = programStatus(text);
  return status && { status, at: 4 };
};

describe("an empty composer", () => {
  it("is ready when the title says idle", () => {
    expect(codex()).toMatchObject({ state: "ready", composer: { kind: "empty" } });
  });

  it("is not believed while nothing else has spoken", () => {
    expect(codex({ title: "" }).state).toBe("unknown");
  });

  it("is ready by the program status too", () => {
    expect(codex({ title: "", programStatus: reported("state=idle:app=codex") }).state).toBe("ready");
  });

  it("keeps each piece of evidence, strongest first", () => {
    const { evidence } = codex({ programStatus: reported("state=done:app=codex") });
    expect(evidence).toEqual([
      { source: "status", said: "done", at: 4 },
      { source: "title", said: "proj", at: 5 },
      { source: "screen", said: "the composer is empty", at: 5 },
    ]);
  });

  it("is overruled by any channel that says busy", () => {
    expect(codex({ title: "⠋ proj", programStatus: reported("state=idle:app=codex") }).state).toBe("working");
    expect(codex({ title: "proj", programStatus: reported("state=working:app=codex") }).state).toBe("working");
    expect(codex({ programStatus: reported("state=blocked:kind=auth") }).state).toBe("login_required");
  });

  it("says nothing once the process has ended", () => {
    expect(codex({ exit: { signal: "SIGKILL" } })).toMatchObject({
      state: "exited",
      evidence: [{ source: "process", said: "ended by SIGKILL" }],
    });
  });
});

describe("a text in the composer", () => {
  const draft = ["  title", "", "› please look at", "", "  the parser", "", "  footer"];

  it("is a person's draft, and nobody types into it", () => {
    expect(codex({ rows: draft, row: 4, col: 12 })).toMatchObject({
      state: "awaiting_input",
      ours: false,
      composer: { kind: "draft", text: "please look at\n\nthe parser" },
    });
  });

  it("is a draft too when the cursor was moved to its start", () => {
    expect(codex({ rows: draft, row: 2, col: 2 }).state).toBe("awaiting_input");
  });

  it("is a draft although it reads like the placeholder, when the cursor stands behind it", () => {
    expect(codex({ col: 27 }).state).toBe("awaiting_input");
  });

  it("is ours when devflow typed it, shown as it is or collapsed", () => {
    expect(codex({ rows: draft, row: 4, col: 12, typed: "Now please look at\n\nthe parser again." })).toMatchObject({
      state: "unknown",
      ours: true,
    });
    const collapsed = ["› [Pasted Content 9373 chars]", "", "  footer"];
    expect(codex({ rows: collapsed, row: 0, col: 29, typed: "x".repeat(9_373) })).toMatchObject({
      state: "unknown",
      ours: true,
    });
    expect(codex({ rows: collapsed, row: 0, col: 29 })).toMatchObject({ state: "awaiting_input", ours: false });
  });
});

describe("opencode's box", () => {
  const screenOf = (lines: string[], row: number, col: number, footer = "   ~/proj        ctrl+p commands") =>
    judge(profile("opencode"), {
      screen: {
        rows: ["  answer", "", ...lines, "  ┃  Build · Model Provider", `  ╹${"▀".repeat(40)}`, footer],
        title: "OpenCode",
        cursor: { row, col, visible: true },
      },
      lastOutputAt: 5,
      now: 10,
    });

  it("is ready when it is empty", () => {
    expect(screenOf(["  ┃", "  ┃", "  ┃"], 3, 5).state).toBe("ready");
  });

  it("holds a draft although the cursor stands in an empty line of it", () => {
    expect(screenOf(["  ┃", "  ┃  first", "  ┃", "  ┃"], 4, 5)).toMatchObject({
      state: "awaiting_input",
      composer: { text: "first" },
    });
  });

  it("is not ready while the last row shows progress, whatever its words are", () => {
    expect(screenOf(["  ┃", "  ┃", "  ┃"], 3, 5, "   ⬝⬝■■■■■■  esc interrupt     ctrl+p commands").state).toBe(
      "working",
    );
    expect(screenOf(["  ┃", "  ┃", "  ┃"], 3, 5, "   ⬝⬝⬝⬝⬝⬝⬝⬝ A very long message that is cut").state).toBe("working");
    expect(screenOf(["  ┃", "  ┃", "  ┃"], 3, 5, "   something that nobody has seen before").state).toBe("unknown");
  });
});

describe("a usage limit", () => {
  const now = Date.parse("2026-03-01T10:00:00Z");
  const limited = (at: string, when: number) =>
    judge(profile("paper"), {
      screen: {
        rows: [
          "› do it",
          "",
          `■ You have hit your usage limit. It resets ${at}.`,
          "",
          "Usage limit reached",
          "",
          "› Describe a task",
          "",
          "  ? for shortcuts · paper-agent 1.0.0",
        ],
        title: "paper — limit",
        cursor: { row: 6, col: 2, visible: true },
      },
      lastOutputAt: now,
      now: when,
    });

  it("is a state of its own, with the time that was printed", () => {
    expect(limited("at 2026-03-01T12:00:00Z", now)).toMatchObject({
      state: "rate_limited",
      until: Date.parse("2026-03-01T12:00:00Z"),
    });
  });

  it("is over at that time, although its notice still stands there", () => {
    expect(limited("at 2026-03-01T12:00:00Z", Date.parse("2026-03-01T12:00:00Z"))).toMatchObject({ state: "ready" });
  });

  it("that is told as a length of time ends so long after it was printed", () => {
    expect(limited("in 5 minutes", now + 299_000)).toMatchObject({ state: "rate_limited", until: now + 300_000 });
    expect(limited("in 5 minutes", now + 300_000)).toMatchObject({ state: "ready" });
  });

  it("is tried again after a while when its end was not printed, or cannot be read", () => {
    expect(limited("some day", now)).toMatchObject({ state: "rate_limited", until: now + 15 * 60_000 });
    expect(limited("some day", now + 15 * 60_000)).toMatchObject({ state: "ready" });
  });
});

it("a limit at which Claude Code offers to send the message again is a limit, and no draft", () => {
  const edge = "─".repeat(80);
  const rows = [
    "❯\u00a0Say hello.",
    "",
    "● API Error: Request rejected (429) · Rate limit reached. Please try again in 30s.",
    "",
  ];
  const screen = {
    rows: [...rows, edge, "❯\u00a0Resend your message to try again", edge, "  ? for shortcuts"],
    title: "✳ Claude Code",
    cursor: { row: 5, col: 2, visible: true },
  };
  const newer = forVersion(profile("claude"), "2.1.329");
  expect(judge(newer, { screen, lastOutputAt: 1_000, now: 2_000 })).toMatchObject({
    state: "rate_limited",
    until: 31_000,
    composer: { kind: "empty" },
  });
});

describe("an agent that says without its screen that it works", () => {
  const SAYING: Partial<Observation>[] = [
    { programStatus: reported("state=working:app=codex") },
    { hook: { state: "working", said: "PreToolUse", at: 9 } },
    { stream: { state: "working", said: "begun", at: 9 } },
  ];

  it.each(SAYING)("is judged the same with it and without: %o", (said) => {
    const dialog = ["  Would you like to run the following command?", "", "  enter to confirm or esc to cancel"];
    for (const rows of [CODEX_READY, dialog, [""]]) {
      const { state, evidence } = codex({ rows, ...said });
      expect(worksAnyway(profile("codex"), { lastOutputAt: 5, now: 10, ...said }, "proj")).toMatchObject({
        state,
        evidence,
      });
      expect(state).toBe("working");
    }
  });

  it("does so by its title too, and not once its process has ended, or when it waits or says nothing", () => {
    const by = (title: string, more: Partial<Observation> = {}) =>
      worksAnyway(profile("codex"), { lastOutputAt: 5, now: 10, ...more }, title)?.state;
    expect(by("⠋ proj")).toBe("working");
    expect(by("⠋ proj", { exit: { code: 0 } })).toBeUndefined();
    expect(by("[ ! ] Action Required | proj")).toBeUndefined();
    expect(by("proj")).toBeUndefined();
  });
});

describe("a failed turn whose prompt was longer than the screen", () => {
  const FAILURES = [
    ["claude", "  ⎿  API Error: 401 Invalid API key · Please run /login", "❯ a newer prompt", "❯ "],
    ["copilot", " ✗ Authentication failed with provider at http://127.0.0.1/v1 (HTTP 401).", " ❯ a newer prompt", "❯"],
    ["gemini", "✕ [API Error: 401 API key not valid]", " > a newer prompt", " >   Type your message or @path/to/file"],
    ["qwen", "  ✕ [API Error: 401 Incorrect API key provided]", "  > a newer prompt", "> "],
  ] as const;

  it.each(FAILURES)(
    "is one of %s that needs a login, and of no account once a newer prompt is told",
    (name, ...rows) => {
      const { failed } = profile(name).interactive;
      const [failure, newer, composer] = rows;
      const found = (...between: string[]) => {
        const screen = { rows: ["the prompt's last line", failure, ...between, composer], title: "", cursor: NOWHERE };
        const because = failed?.causes.find(({ when }) => when && matches(when, screen));
        return failed?.when && matches(failed.when, screen) === undefined ? undefined : because?.cause;
      };
      expect([found(), found(newer)]).toEqual(["login_required", undefined]);
    },
  );
});

const NOWHERE = { row: 3, col: 2, visible: true };
