/** Trouble by the words in which agents and their providers tell of it: each kind is recognised, and says whose it is and what helps. */
import { describe, expect, it } from "vitest";
import { judge } from "../../src/domain/evidence.ts";
import { programStatus } from "../../src/domain/program-status.ts";
import { TROUBLES, troubleIn, troubleSaid } from "../../src/domain/trouble.ts";
import { Trouble } from "../../src/domain/trouble-kind.ts";
import { profile } from "../support/profiles.ts";

const SAID: [Trouble, string][] = [
  ["rate_limited", "429 Rate limit reached for this model. Please try again in 30s."],
  ["login_required", "401 Incorrect API key provided: Unauthorized"],
  ["context_full", "This model's maximum context length is 128000 tokens"],
  ["overloaded", '529 {"type":"overloaded_error","message":"Overloaded"}'],
  ["network", "fetch failed: connect ECONNREFUSED 127.0.0.1:4010"],
  ["network", "getaddrinfo EAI_AGAIN api.example"],
  ["provider", "503 Service Unavailable"],
  ["provider", "stream disconnected before completion"],
];

describe("a failure's words", () => {
  it.each(SAID)("tell of %s: %s", (kind, said) => {
    expect(troubleSaid(said)).toEqual({ kind, said });
  });

  it("that are those of no trouble are none", () => {
    expect(troubleSaid("the tool refused: no such file")).toBeUndefined();
  });
});

it("every kind is whose it is, and has what helps", () => {
  const rows = Trouble.options.map((kind) => [kind, TROUBLES[kind].of, TROUBLES[kind].helps].join(" "));
  expect(rows).toEqual([
    "rate_limited account later",
    "login_required account person",
    "provider account later",
    "network account later",
    "overloaded account later",
    "context_full session fresh",
    "repeating session interrupt",
  ]);
});

describe("a turn of an agent that has failed, on its screen", () => {
  /** A whole screen of the agent, with this row where it tells of failures. */
  const SCREENS = {
    claude: (row: string) => ({
      rows: ["❯\u00a0Say hello.", "", `● ${row}`, "", "─".repeat(40), "❯", "─".repeat(40), "  ? for shortcuts"],
      title: "✳ Claude Code",
      at: 5,
    }),
    codex: (row: string) => ({
      rows: ["› Say hello.", "", `■ ${row}`, "", "› Ask Codex to do anything", "", "  ? for shortcuts"],
      title: "proj",
      at: 4,
    }),
    opencode: (row: string) => ({
      rows: [
        ...[
          "  ┃",
          `  ┃  ${row}`,
          "  ┃",
          "     ▣  Build · Model",
          "",
          "  ┃",
          "  ┃",
          "  ┃",
          "  ┃  Build · Model Provider",
        ],
        ...[`  ╹${"▀".repeat(40)}`, "   ~/proj  ctrl+p commands"],
      ],
      title: "OpenCode",
      at: 6,
    }),
  };
  const judged = (agent: keyof typeof SCREENS, row: string) => {
    const { rows, title, at } = SCREENS[agent](row);
    const status = agent === "codex" ? programStatus("state=error:app=codex") : undefined;
    return judge(profile(agent), {
      screen: { rows, title, cursor: { row: at, col: agent === "opencode" ? 5 : 2, visible: true } },
      lastOutputAt: 1_000,
      now: 2_000,
      ...(status && { programStatus: { status, at: 1_000 } }),
    });
  };

  it.each([
    ["claude", "API Error: 529 Overloaded", "overloaded"],
    ["claude", "API Error: 500 Internal server error", "provider"],
    ["claude", "API Error: Unable to connect to API (ECONNREFUSED)", "network"],
    ["claude", "Prompt is too long", "context_full"],
    ["codex", "We're currently experiencing high demand: server is busy", "overloaded"],
    ["codex", "error sending request for url (http://127.0.0.1:1/v1/responses)", "network"],
    ["codex", "unexpected status 503 Service Unavailable", "provider"],
    ["codex", "Codex ran out of room in the model's context window.", "context_full"],
    ["opencode", "Input is too large for the context", "context_full"],
  ] as const)("of %s by “%s” is %s, and the agent is ready", (agent, row, cause) => {
    expect(judged(agent, row)).toMatchObject({ state: "ready", failed: { cause } });
  });

  it.each([
    ["claude", "Please run /login · API Error: 401 Incorrect API key provided", "login_required"],
    ["codex", "unexpected status 401 Unauthorized", "login_required"],
    ["opencode", "Incorrect API key provided", "login_required"],
    ["claude", "API Error: Request rejected (429) · Rate limit reached", "rate_limited"],
    ["codex", "You've hit your usage limit. Try again in 5 minutes", "rate_limited"],
    ["opencode", "Rate limit reached for this model", "rate_limited"],
  ] as const)("of %s by “%s” is no rest: %s", (agent, row, state) => {
    const verdict = judged(agent, row);
    expect(verdict.state).toBe(state);
    const { composer: _, ours: __, permission: ___, ...told } = verdict;
    expect(troubleIn(told)?.kind).toBe(state);
  });
});
