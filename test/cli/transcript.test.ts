/** What a person sees of a model agent: its transcript as text, and what is made of what they type. */
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readTranscriptLine, type TranscriptLine, transcriptText } from "../../src/cli/show/transcript.ts";
import { paperOf } from "../../src/cli/style.ts";
import type { Conversation } from "../../src/cli/terminal.ts";
import type { StoredEvent } from "../../src/domain/event.ts";
import type { SessionNow } from "../../src/protocol/session-methods.ts";
import { devflow } from "../support/cli.ts";
import { HASH, session } from "../support/made.ts";
import { RUN } from "../support/story.ts";
import { stubClient } from "../support/stub-client.ts";

const paper = paperOf({ columns: 60, colour: false, now: 0 });
const line = (more: Partial<TranscriptLine>): TranscriptLine => ({
  at: 1,
  agent: "main",
  kind: "model",
  text: "",
  ...more,
});

describe("a transcript as text", () => {
  test.each<[string, Partial<TranscriptLine>, string[]]>([
    ["a prompt is cut to its beginning", { kind: "prompt", text: "Do it.\n".repeat(30) }, ["", "── prompt ──"]],
    ["what a person said", { kind: "person", text: "나: use it" }, ["you: 나: use it"]],
    [
      "what the model says is wrapped",
      { text: `${"word ".repeat(14)}end` },
      ["word ".repeat(12).trim(), "word word end"],
    ],
    ["a subagent's words are marked", { agent: "main/1", text: "found it" }, ["main/1 │ found it"]],
    ["a tool", { kind: "tool", tool: "read_file", text: "src/a.ts" }, ["→ read_file src/a.ts"]],
    [
      "how it ended",
      { kind: "result", tool: "read_file", ok: true, text: "one\ntwo" },
      ["  ✓ read_file", "    one", "    two"],
    ],
    ["that it failed", { kind: "result", tool: "run_command", ok: false, text: "" }, ["  ✗ run_command"]],
    ["nothing that drives the terminal", { text: "a\u001b[2Jb\u0007" }, ["a[2Jb"]],
  ])("%s", (_, more, expected) => {
    expect(transcriptText(line(more), paper).slice(0, expected.length)).toEqual(expected);
  });

  test("a line of a later version, or a broken one, is passed over", () => {
    expect(readTranscriptLine('{"at":1,"kind":"dance","text":"x"}')).toBeUndefined();
    expect(readTranscriptLine('{"at":1,')).toBeUndefined();
  });
});

describe("attached to a model agent", () => {
  let folder: string;
  let transcript: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "devflow-"));
    transcript = join(folder, "transcript.jsonl");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const called = (cursor: number, at: number): StoredEvent => ({
    cursor,
    run: RUN,
    position: cursor,
    at,
    event: {
      type: "model.called",
      session: session(),
      nth: cursor,
      call: `c${cursor}`,
      agent: "main",
      model: "some/model",
      usage: {
        inputTokens: 10,
        outputTokens: 2,
        cachedTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        estimated: false,
        costUsd: "0.01",
      },
      finish: "stop",
      tries: 1,
      durationMs: 1,
      requestBytes: 1,
      requestSha256: HASH,
    },
  });

  function person(): Conversation & { printed: string[]; type(text: string): void; leave(): void } {
    const printed: string[] = [];
    const queue: string[] = [];
    let over = false;
    let wake = () => {};
    const leave = () => {
      over = true;
      wake();
    };
    async function* lines() {
      for (;;) {
        for (let one = queue.shift(); one !== undefined; one = queue.shift()) yield one;
        if (over) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    const type = (text: string) => {
      queue.push(text);
      wake();
    };
    return {
      printed,
      type,
      leave,
      lines: lines(),
      print: (text) => void printed.push(text),
      next: () => {},
      close: leave,
    };
  }

  const shown = (): SessionNow => ({
    id: session(),
    run: RUN,
    role: "author",
    persona: "maker@1",
    adapter: "agent",
    state: "working",
    cause: "it works",
    since: 0,
    recoveries: {},
    openedAt: 0,
    evidence: [],
    attach: { transcript },
  });

  test("one sees what was, in the order of time, then what comes; lines are messages, and commands with a slash", async () => {
    const first = { at: 10, agent: "main", kind: "model", text: "first" };
    await writeFile(transcript, `${JSON.stringify(first)}\n${JSON.stringify({ ...first, at: 30, text: "second" })}\n`);
    const client = stubClient(
      {
        "session.show": { session: shown(), explanation: [] },
        "session.pause": { ok: true },
        "session.resume": { ok: true },
        "session.interrupt": { ok: true },
        "session.send": { session: session(), delivered: true, detail: "" },
      },
      [called(1, 20)],
    );
    const who = person();
    const terminal = { canAsk: true, converse: async () => who };
    const over = devflow(["attach", "A"], { client, terminal });
    await vi.waitFor(() => expect(who.printed).toHaveLength(3));
    expect(who.printed).toEqual(["first", "· some/model: 10 tokens in, 2 out, 0.01 USD", "second"]);
    // Half a line, and a character cut in two: shown once it is whole.
    const next = Buffer.from(`${JSON.stringify({ ...first, at: 40, text: "셋째" })}\n`);
    await appendFile(transcript, next.subarray(0, next.length - 6));
    await appendFile(transcript, next.subarray(next.length - 6));
    await vi.waitFor(() => expect(who.printed.at(-1)).toBe("셋째"));
    for (const text of ["use the parser", "/pause", "/resume", "/stop", "/dance"]) who.type(text);
    await vi.waitFor(() => expect(who.printed.at(-1)).toContain("/pause"));
    const by = { session: session(), by: "kim" };
    expect(client.asked.slice(-4)).toEqual([
      { method: "session.send", params: { ...by, text: "use the parser" } },
      { method: "session.pause", params: by },
      { method: "session.resume", params: by },
      { method: "session.interrupt", params: by },
    ]);
    who.leave();
    expect(await over).toMatchObject({ code: 0, err: "You have left; the agent goes on.\n" });
  });

  test("the view ends with the session", async () => {
    const client = stubClient({ "session.show": { session: shown(), explanation: [] } });
    const who = person();
    const over = devflow(["attach", "A"], { client, terminal: { canAsk: true, converse: async () => who } });
    await vi.waitFor(() => expect(client.asked.map(({ method }) => method)).toContain("run.events"));
    client.happen({
      cursor: 2,
      run: RUN,
      position: 2,
      at: 1,
      event: { type: "session.closed", session: session(), cause: "over" },
    });
    expect(await over).toMatchObject({ code: 0, err: "The agent has ended.\n" });
  });
});
