/** Finding the conversation of a session that is gone, among those of others, in files and behind a command. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findConversation } from "../../../src/adapters/agents/conversations.ts";
import type { AgentProfile } from "../../../src/domain/agent-profile.ts";
import { markOf } from "../../../src/domain/prompt.ts";
import { profile } from "../../support/profiles.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const MARK = markOf({ phase: "review", attempt: 2, run: "01RUN" });
const other = (phase: string): string => markOf({ phase, attempt: 2, run: "01RUN" });
const ID = (n: number): string => `0000000${n}-0000-4000-8000-000000000000`;

let folder: TemporaryFolder;
let home: string;
beforeEach(() => {
  folder = temporaryFolder();
  home = join(folder.path, "집 'of' it");
  mkdirSync(home);
});
afterEach(() => folder.remove());

/** A transcript as agents write them, so many seconds old. */
function transcript(path: string, prompt: string, { ago = 0, long = 0 } = {}): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  const lines = [
    { type: "meta", filler: "x".repeat(long) },
    { role: "user", text: `Do this.\n\n${prompt}\nBase: c0ffee` },
  ];
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
  const at = Date.now() / 1000 - ago;
  utimesSync(file, at, at);
}

const find = (made: AgentProfile, env: Record<string, string> = { HOME: home }, program = "/none") =>
  findConversation({ profile: made, mark: MARK, cwd: home, program, env });

describe("a conversation in a transcript", () => {
  const day = ".codex/sessions/2026/11/21";
  const rollout = (n: number) => `${day}/rollout-2026-11-21T10-00-0${n}-${ID(n)}.jsonl`;

  test("is the newest one with the session's own prompt, not the newest of all", async () => {
    transcript(rollout(1), MARK, { ago: 60 });
    transcript(rollout(2), MARK, { ago: 30 });
    transcript(rollout(3), other("specify"));
    expect(await find(profile("codex"))).toBe(ID(2));
  });

  test("is found wherever the agent's home is", async () => {
    transcript(`own/${rollout(1).slice(7)}`, MARK);
    expect(await find(profile("codex"))).toBeUndefined();
    expect(await find(profile("codex"), { HOME: "/nowhere", CODEX_HOME: join(home, "own") })).toBe(ID(1));
  });

  test("is found behind much else, and where two pieces of it meet", async () => {
    const around = 1024 * 1024 - JSON.stringify({ type: "meta", filler: "" }).length - 50;
    for (const [n, long] of [around, around + 20, 3_000_000].entries()) {
      transcript(rollout(n + 1), MARK, { ago: 0, long });
      expect(await find(profile("codex"))).toBe(ID(n + 1));
      transcript(rollout(n + 1), other("specify"));
    }
  });

  test("is none where nothing fits: no prompt, another attempt, a name that has no id, no folder", async () => {
    expect(await find(profile("codex"))).toBeUndefined();
    transcript(rollout(1), markOf({ phase: "review", attempt: 21, run: "01RUN" }));
    transcript(`${day}/rollout-other.jsonl`, MARK);
    expect(await find(profile("codex"))).toBeUndefined();
  });

  test("may have its id inside", async () => {
    const made: AgentProfile = {
      ...profile("codex"),
      transcripts: "chats/*.json",
      conversations: { homes: {}, idAt: "about.id" },
    };
    mkdirSync(join(home, "chats"));
    writeFileSync(join(home, "chats/a.json"), JSON.stringify({ about: { id: "inside-1" }, said: MARK }, null, 2));
    expect(await find(made)).toBe("inside-1");
    writeFileSync(join(home, "chats/a.json"), JSON.stringify({ about: { id: "--not an id" }, said: MARK }));
    expect(await find(made)).toBeUndefined();
  });
});

test("a conversation that only the program itself knows is asked for, in its folder", async () => {
  const program = join(home, "agent");
  const said = {
    list: [
      { id: "ses_other", in: "/elsewhere" },
      { id: "ses_new", in: home },
      { id: "ses_mine", in: home },
    ],
    ses_other: MARK,
    ses_new: other("specify"),
    ses_mine: MARK,
  };
  writeFileSync(join(home, "said.json"), JSON.stringify(said));
  writeFileSync(
    program,
    `#!${process.execPath}\nconst said = require("./said.json")[process.argv.at(-1)];\nif (!said) process.exit(1);\nconsole.log(JSON.stringify(said));\n`,
    { mode: 0o700 },
  );
  const list = { args: ["conversations", "list"], id: "id", cwd: "in" };
  const made = { ...profile("codex"), conversations: { list, show: ["show", "{conversation}"] } };
  expect(await find(made, { HOME: home, PATH: process.env.PATH ?? "" }, program)).toBe("ses_mine");
  writeFileSync(join(home, "said.json"), "{}");
  expect(await find(made, { HOME: home }, program)).toBeUndefined();
});
