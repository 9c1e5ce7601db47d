/** Metering by a transcript: found by the prompt, read as it grows, and told again under the same numbers by whoever comes after. */
import { appendFileSync, existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TranscriptMeter, transcriptMeter } from "../../../src/adapters/agents/transcript-meter.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { markOf } from "../../../src/domain/prompt.ts";
import type { AgentSpec, Prompt } from "../../../src/ports/agent.ts";
import { profile } from "../../support/profiles.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const DAY = ".codex/sessions/2026/11/21";
const BEGUN = Date.parse("2026-11-21T12:00:00Z");
const LATER = "2026-11-21T12:00:05.000Z";
const RUN = "01RUN";
const MARK = markOf({ phase: "review", attempt: 1, run: RUN });

let folder: TemporaryFolder;
let home: string;
let told: [nth: number, input: number][];
beforeEach(() => {
  folder = temporaryFolder();
  home = join(folder.path, "집 'of' it");
  mkdirSync(join(home, DAY), { recursive: true });
  told = [];
});
afterEach(() => folder.remove());

const session = SessionId.parse(ulid(BEGUN));
const own = () => join(folder.path, "own");

function meter(more: Partial<AgentSpec> = {}, name: "codex" | "copilot" = "codex") {
  const spec = { session, run: RUN, ...more };
  return transcriptMeter({ spec, profile: profile(name), env: { HOME: home }, folder: own() }, ({ nth, usage }) =>
    told.push([nth, usage.inputTokens]),
  );
}
function codex(more: Partial<AgentSpec> = {}): TranscriptMeter {
  const made = meter(more);
  if (!made) throw new Error("Codex is metered");
  return made;
}

const prompt: Prompt = {
  key: "k",
  text: "",
  file: "/run/prompts/review-1-1.md",
  task: { phase: "review", attempt: 1 },
};
const file = (name = "a") => join(home, DAY, `rollout-${name}.jsonl`);
const said = (text: string) => `${JSON.stringify({ type: "response_item", text })}\n`;
const counted = (input: number, at = LATER) =>
  `${JSON.stringify({
    timestamp: at,
    type: "event_msg",
    payload: { type: "token_count", info: { total_token_usage: { input_tokens: input, output_tokens: 1 } } },
  })}\n`;

test("what the agent has used is told as its transcript grows, a half-written line once it is whole", async () => {
  const it = codex();
  it.prompted(prompt);
  await it.read();
  expect(told).toEqual([]);
  writeFileSync(file("other"), said("Phase: specify") + counted(7_000));
  writeFileSync(file(), said(MARK) + counted(100) + counted(150).slice(0, 40));
  await it.read();
  expect(told).toEqual([[1, 100]]);
  appendFileSync(file(), `${counted(150).slice(40)}this is no JSON\n${counted(400)}`);
  await Promise.all([it.read(), it.read()]);
  expect(told).toEqual([
    [1, 100],
    [2, 50],
    [3, 250],
  ]);
});

test("whoever takes the session over tells all of it again, under the same numbers, and nothing is left out", async () => {
  const before = codex();
  before.prompted(prompt);
  writeFileSync(file(), said(MARK) + counted(100));
  await before.read();
  appendFileSync(file(), counted(150));
  await codex().read();
  expect(told).toEqual([
    [1, 100],
    [1, 100],
    [2, 50],
  ]);
});

test("a transcript that was not there when the daemon went away is found by the next one", async () => {
  const before = codex();
  before.prompted(prompt);
  await before.read();
  writeFileSync(file(), said(MARK) + counted(100));
  await codex().read();
  expect(told).toEqual([[1, 100]]);
});

test("a prompt that goes as a file stands in the transcript by its name", async () => {
  const it = codex();
  it.prompted(prompt);
  writeFileSync(file(), said(`Read this file whole: ${prompt.file} .`) + counted(100));
  await it.read();
  expect(told).toEqual([[1, 100]]);
});

test("a conversation that is gone on with counts from where this session began", async () => {
  const it = codex({ continues: { session, mark: MARK } });
  writeFileSync(file(), said(MARK) + counted(5_000, "2026-11-21T11:59:59.000Z") + counted(5_100));
  await it.read();
  expect(told).toEqual([[1, 100]]);
});

test("without a transcript nothing is known: none that is of now, none that is readable, an agent that keeps none", async () => {
  const it = codex();
  it.prompted(prompt);
  writeFileSync(file("old"), said(MARK) + counted(100));
  utimesSync(file("old"), BEGUN / 1_000 - 60, BEGUN / 1_000 - 60);
  await it.read();
  mkdirSync(file("folder"));
  await it.read();
  writeFileSync(file(), said(MARK) + counted(100));
  await it.read();
  rmSync(file());
  await it.read();
  expect(told).toEqual([[1, 100]]);
  expect(meter({}, "copilot")).toBeUndefined();
});

test("what it keeps is for this user alone, and damage to it is no harm", async () => {
  codex().prompted(prompt);
  const it = codex();
  it.prompted(prompt);
  await it.read();
  const kept = join(own(), "transcript.json");
  expect(existsSync(kept) && statSync(kept).mode & 0o777).toBe(0o600);
  writeFileSync(kept, "{");
  const next = codex();
  next.prompted(prompt);
  writeFileSync(file(), said(MARK) + counted(100));
  await next.read();
  expect(told).toEqual([[1, 100]]);
});
