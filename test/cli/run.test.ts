/** devflow run: what it asks, what it shows, and the code it ends with. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { RunEvent, StoredEvent } from "../../src/domain/event.ts";
import type { Preview } from "../../src/protocol/run-methods.ts";
import { MAX_GOAL_BYTES } from "../../src/protocol/run-methods.ts";
import { devflow, type Setting } from "../support/cli.ts";
import { RUN, story } from "../support/story.ts";
import { type StubClient, stubClient } from "../support/stub-client.ts";

const folder = mkdtempSync(join(tmpdir(), "devflow 목표 "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PREVIEW: Preview = {
  template: "implement-and-review@1",
  description: "Plan, implement and review",
  repo: "/here/작업 shop",
  base: "main",
  baseCommit: "9c1f0de4b7a2aa",
  goalBytes: 100,
  goalRemoved: 2,
  phases: [
    {
      id: "plan",
      title: "plan",
      role: "planner",
      persona: "claude-planner@1",
      needs: [],
      approval: "after",
      timeout: "60m",
    },
    { id: "tests", title: "tests", command: ["npm", "test"], needs: ["plan"], timeout: "10m" },
    {
      id: "review",
      title: "review",
      role: "reviewer",
      persona: "codex-reviewer@1",
      needs: ["plan", "tests"],
      repeat: { from: "plan", max: 5 },
      timeout: "60m",
    },
  ],
  bindings: [
    { role: "planner", persona: "claude-planner@1", agent: "claude", family: "anthropic", why: "" },
    { role: "reviewer", persona: "codex-reviewer@1", agent: "codex", family: "openai", why: "" },
  ],
  warnings: ["the reviewer and the planner share a model family"],
};

const CHANGES = { files: 3, insertions: 40, deletions: 2, commits: 1, uncommitted: [] };

const server = (events: readonly StoredEvent[]): StubClient =>
  stubClient(
    {
      "run.preview": PREVIEW,
      "run.start": { run: RUN, created: true, warnings: [], cursor: 1 },
      "run.report": { run: RUN, json: "/r.json", markdown: "/r.md", text: "# done\n", data: { changes: CHANGES } },
    },
    events,
  );

const ending = (...events: RunEvent[]): StoredEvent[] => {
  const past = story(12);
  return [
    ...past,
    ...events.map((event, at) => ({
      ...last(past),
      cursor: past.length + at + 1,
      position: past.length + at + 1,
      event,
    })),
  ];
};
const last = (events: readonly StoredEvent[]): StoredEvent => {
  const found = events.at(-1);
  if (!found) throw new Error("there are no events");
  return found;
};
const REPORT: RunEvent = { type: "report.written", json: "/r.json", markdown: "/r.md", sha256: "a".repeat(64) };
const FAILURE = {
  code: "phase.timeout",
  message: "phase plan did not finish",
  hint: "resume it",
  details: {},
} as const;

const run = (client: StubClient, more: readonly string[] = [], setting: Setting = {}) =>
  devflow(["run", "implement-and-review", "--goal", "do it", ...more], { client, ...setting });

const started = (client: StubClient) => client.asked.find(({ method }) => method === "run.start")?.params;

describe("a run that is followed", () => {
  test("ends with 0 and says result, branch, changes and report when it completed", async () => {
    const ran = await run(server(story()));
    expect(ran.code).toBe(0);
    expect(ran.out).toBe(
      [
        "✓ implement-and-review@1  7K2MQX  completed  5 of 5 phases accepted, 5m 31s",
        `  branch   devflow/${RUN}`,
        "  changes  3 files changed, +40 -2",
        "  report   /data/runs/x/report.md",
        "",
      ].join("\n"),
    );
  });

  test("tells without a terminal, line by line on stderr, what happened", async () => {
    const settled = story().filter(({ event }) => event.type !== "approval.requested");
    const { err } = await run(server(settled));
    expect(err).toContain("12:00:02  plan started\n");
    expect(err).toContain(
      "12:02:30  implement: artifact refused: /files/0/path must be a string, not a number (and 1 more)\n",
    );
    expect(err).not.toContain("its composer is empty");
  });

  test("ends with 1 and the reason when it failed", async () => {
    const ran = await run(server(ending({ type: "run.failed", failure: FAILURE }, REPORT)));
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("why         phase plan did not finish (phase.timeout)");
    expect(ran.out).toContain("what to do  resume it");
  });

  test("ends with 1 when it was cancelled", async () => {
    const ran = await run(server(ending({ type: "run.cancelled", by: "kim", comment: "wrong goal" }, REPORT)));
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("cancelled by kim: wrong goal");
  });

  test("ends with 7 and the commands that answer when it waits for a person and no terminal is there", async () => {
    const ran = await run(server(story(60)));
    expect(ran.code).toBe(7);
    expect(ran.err).toContain(
      "? the result of plan waits for your approval\n  /w/.devflow/artifacts/plan-1/\n  devflow approve 7K2MQX plan\n",
    );
    expect(ran.out).toBe("");
  });

  test("goes on when what it waited for was answered before anybody looked", async () => {
    expect((await run(server(story()))).code).toBe(0);
  });

  test("Ctrl-C stops following with 130 and says how to come back", async () => {
    const interrupt = new AbortController();
    const client = server(story(12));
    const running = run(client, [], { signal: interrupt.signal });
    await vi.waitFor(() => expect(started(client)).toBeDefined());
    interrupt.abort();
    const ran = await running;
    expect(ran.code).toBe(130);
    expect(ran.err).toContain("The run 7K2MQX goes on.");
    expect(ran.err).toContain("devflow runs show 7K2MQX");
    expect(client.asked.map(({ method }) => method)).not.toContain("run.cancel");
  });

  test("--json prints one document with the run as it ended, and nothing else", async () => {
    const ran = await run(server(story()), ["--json"]);
    expect(ran.err).toBe("");
    expect(ran.json()).toMatchObject({ id: RUN, status: "completed", changes: CHANGES });
  });

  test("on a terminal it goes on following while it waits, and draws until it is over", async () => {
    let drawn = "";
    const client = server(story(60));
    const running = run(client, ["--yes"], {
      columns: 80,
      terminal: {
        canAsk: true,
        canDraw: true,
        onResize: () => () => {},
        write(text) {
          drawn += text;
        },
      },
    });
    await vi.waitFor(() => expect(drawn).toContain("devflow approve 7K2MQX plan"));
    client.happen(...story().slice(story(60).length));
    expect((await running).code).toBe(0);
  });
});

describe("before it starts", () => {
  test("the preview is shown, and --preview starts nothing", async () => {
    const client = server([]);
    const ran = await run(client, ["--preview"], { columns: 100 });
    expect(ran.code).toBe(0);
    await expect(ran.out).toMatchFileSnapshot("golden/preview-100.txt");
    expect(started(client)).toBeUndefined();
    expect((await run(client, ["--preview", "--json"])).json()).toEqual(PREVIEW);
  });

  const asking = (answer: string | undefined): Setting => ({ terminal: { canAsk: true, ask: async () => answer } });

  test.each(["", "n", "nope", undefined])("an answer of %j starts nothing and ends with 130", async (answer) => {
    const client = server([]);
    const ran = await run(client, [], asking(answer));
    expect(ran.code).toBe(130);
    expect(ran.err).toContain("(input.declined)");
    expect(started(client)).toBeUndefined();
  });

  test.each(["y", "Y", "yes"])("an answer of %j starts it", async (answer) => {
    const client = server(story());
    expect((await run(client, [], asking(answer))).code).toBe(0);
    expect(started(client)).toBeDefined();
  });

  test("--yes asks nothing", async () => {
    const ask = vi.fn();
    await run(server(story()), ["--yes"], { terminal: { canAsk: true, ask } });
    expect(ask).not.toHaveBeenCalled();
  });

  test("what was typed reaches the daemon: repository, base, bindings, commands and key", async () => {
    const client = server(story());
    const more = ["--repo", "../작업 shop", "--base", "dev", "--bind", "planner=a", "--bind", "reviewer=b@2"];
    await run(client, [...more, "--command", `tests=npm run "my test" -- --only='a b'`, "--idempotency-key", "K1"]);
    expect(started(client)).toEqual({
      template: "implement-and-review",
      goal: "do it",
      repo: "/작업 shop",
      base: "dev",
      bind: { planner: "a", reviewer: "b@2" },
      commands: { tests: ["npm", "run", "my test", "--", "--only=a b"] },
      idempotencyKey: "K1",
    });
  });

  test.each([
    [["--bind", "planner"], "--bind takes ROLE=PERSONA, not planner"],
    [["--bind", "a=b", "--bind", "a=c"], "--bind was given twice for a"],
    [["--command", "tests='npm test"], "a quote ' is not closed"],
  ])("%j is wrong usage", async (more, problem) => {
    const ran = await run(server([]), more);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(problem);
  });
});

describe("the goal", () => {
  const goalOf = async (goal: string, setting: Setting = {}) => {
    const client = server(story());
    const ran = await devflow(["run", "t", "--goal", goal], { client, cwd: folder, ...setting });
    return { ...ran, sent: (started(client) as { goal: string } | undefined)?.goal };
  };
  const file = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);

  test("comes byte for byte from a file", async () => {
    const goal = "한국어 목표 🙏\n\n\tline two\u001b[31m\r\n";
    file("목표 파일.md", goal);
    expect((await goalOf("@목표 파일.md")).sent).toBe(goal);
  });

  test("comes from stdin", async () => {
    const terminal = { stdin: () => Readable.from([Buffer.from("표준 입력\n")]) };
    expect((await goalOf("-", { terminal })).sent).toBe("표준 입력\n");
  });

  test("that is not UTF-8 is refused, not altered", async () => {
    file("latin1.txt", Buffer.from([0x63, 0x61, 0x66, 0xe9]));
    const ran = await goalOf("@latin1.txt");
    expect(ran.code).toBe(8);
    expect(ran.err).toContain("it is not UTF-8 text (input.unreadable)");
    expect(ran.sent).toBeUndefined();
  });

  test("that is not there, is a directory, is empty or is too large is refused", async () => {
    expect((await goalOf("@missing.md")).err).toContain("there is no such file");
    expect((await goalOf("@.")).err).toContain("it is a directory");
    expect(await goalOf("  \n")).toMatchObject({ code: 2, err: expect.stringContaining("goal.empty") });
    file("large.txt", "가".repeat(MAX_GOAL_BYTES / 3 + 1));
    expect(await goalOf("@large.txt")).toMatchObject({ code: 8, err: expect.stringContaining("goal.too_large") });
  });
});

describe("--detach", () => {
  test("prints the id, says how to come back, and ends with 0 while the run is under way", async () => {
    const ran = await run(server(story(12)), ["--detach"]);
    expect(ran).toMatchObject({ code: 0, out: `${RUN}\n` });
    expect(ran.err).toContain("devflow runs wait 7K2MQX");
  });

  test("ends with 7 when the run waits already", async () => {
    const ran = await run(server(story(60)), ["--detach", "--json"]);
    expect(ran.code).toBe(7);
    expect(ran.json()).toEqual({ run: RUN, status: "waiting" });
  });
});
