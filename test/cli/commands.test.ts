/** Each command: what it asks the daemon, what it prints, and the code it ends with. */
import { describe, expect, test, vi } from "vitest";
import { Failure } from "../../src/domain/failure.ts";
import type { SessionNow } from "../../src/protocol/session-methods.ts";
import { devflow } from "../support/cli.ts";
import { BEGIN, RUN, SPECIFIER, secondsIn, story } from "../support/story.ts";
import { type Answers, stubClient } from "../support/stub-client.ts";

const SESSION: SessionNow = {
  id: SPECIFIER,
  run: RUN,
  role: "planner",
  persona: "claude-planner@1",
  adapter: "terminal",
  agent: "claude",
  host: "tmux",
  state: "awaiting_permission",
  since: BEGIN,
  cause: "its screen shows a dialog",
  openedAt: BEGIN,
  recoveries: { nudge: 1 },
  pid: 4_711,
  attach: {
    argv: ["tmux", "-S", "/run/t", "new-session"],
    readOnlyArgv: ["tmux", "-S", "/run/t", "new-session", "-f"],
  },
  evidence: [
    { source: "title", said: "✳ waiting", at: BEGIN },
    { source: "screen", said: "dialog: 계속할까요?\u001b[31m", at: BEGIN },
  ],
};
const SHOWN = {
  session: SESSION,
  screen: ["╭─────╮", "│ 예? │", "", ""],
  explanation: ["It asks for permission to run npm test."],
};

const NOW = secondsIn(75);
const with_ = (answers: Answers, seconds?: number) => stubClient(answers, story(seconds));
const ok = { ok: true } as const;

describe("what it asks and says", () => {
  test.each<[string[], Answers, unknown, string]>([
    [
      ["approve", "7k2mqx"],
      { "run.approve": { run: RUN, phase: "plan" } },
      { run: "7k2mqx", by: "kim" },
      "plan approved; run 7K2MQX goes on\n",
    ],
    [
      ["approve", "7K2M", "plan", "--comment", "좋아요"],
      { "run.approve": { run: RUN, phase: "plan" } },
      { run: "7K2M", by: "kim", phase: "plan", comment: "좋아요" },
      "plan approved; run 7K2MQX goes on\n",
    ],
    [
      ["reject", "7K2M", "--comment", "아직"],
      { "run.reject": { run: RUN, phase: "plan" } },
      { run: "7K2M", by: "kim", comment: "아직" },
      "plan rejected in run 7K2MQX\n",
    ],
    [["runs", "resume", "7K2M"], { "run.resume": { run: RUN } }, { run: "7K2M", by: "kim" }, `run ${RUN} goes on\n`],
    [
      ["runs", "cancel", "7K2M"],
      { "run.cancel": { run: RUN } },
      { run: "7K2M", by: "kim" },
      `run ${RUN} is cancelled\n`,
    ],
    [
      ["sessions", "interrupt", "M4T1"],
      { "session.interrupt": ok },
      { session: "M4T1", by: "kim" },
      "M4T1 was told to stop its turn\n",
    ],
    [["sessions", "restart", "M4T1"], { "session.restart": ok }, { session: "M4T1", by: "kim" }, "M4T1 starts again\n"],
    [["sessions", "kill", "M4T1"], { "session.kill": ok }, { session: "M4T1", by: "kim" }, "M4T1 has ended\n"],
    [
      ["sessions", "send", "M4T1", "use", "the parser"],
      { "session.send": { session: SPECIFIER, delivered: true, detail: "it works on it" } },
      { session: "M4T1", text: "use the parser", by: "kim" },
      "delivered to M4T1: it works on it\n",
    ],
    [
      ["sessions", "record", "M4T1"],
      { "session.record": { session: SPECIFIER, file: "/d/x.cast", bytes: 3 } },
      { session: "M4T1" },
      "/d/x.cast\n",
    ],
    [["ctl", "ping"], { "daemon.ping": { pid: 7, version: "1.0.0" } }, {}, "devflowd 1.0.0 answers (pid 7)\n"],
    [["ctl", "pause"], { "daemon.pause": ok }, {}, "paused: no new steps are started\n"],
    [["ctl", "resume"], { "daemon.resume": ok }, {}, "going on\n"],
    [["ctl", "shutdown"], { "daemon.shutdown": ok }, {}, "the daemon stops; agents in terminals live on\n"],
    [
      ["ctl", "call", "daemon.ping", "{}"],
      { "daemon.ping": { pid: 7, version: "1.0.0" } },
      {},
      '{\n  "pid": 7,\n  "version": "1.0.0"\n}\n',
    ],
    [
      ["runs", "list", "--limit", "5", "--active"],
      { "run.list": { runs: [] } },
      { limit: 5, active: true },
      "no runs\n",
    ],
    [
      ["sessions", "list", "--run", "7K2M", "--all"],
      { "session.list": { sessions: [] } },
      { run: "7K2M", all: true },
      "no sessions\n",
    ],
  ])("devflow %j", async (argv, answers, asked, said) => {
    const client = stubClient(answers);
    const ran = await devflow(argv, { client });
    expect(ran).toMatchObject({ code: 0, out: said, err: "" });
    expect(client.asked).toEqual([{ method: Object.keys(answers)[0], params: asked }]);
    const [[, answer]] = Object.entries(answers) as [[string, unknown]];
    const json = await devflow([...argv, "--json"], { client: stubClient(answers) });
    const listed = answer as { runs?: unknown; sessions?: unknown };
    expect(json.json()).toEqual(listed.runs ?? listed.sessions ?? answer);
  });

  test("a text that did not arrive ends with 1", async () => {
    const client = stubClient({ "session.send": { session: SPECIFIER, delivered: false, detail: "a draft is there" } });
    expect(await devflow(["sessions", "send", "M4T1", "x"], { client })).toMatchObject({
      code: 1,
      out: "not delivered to M4T1: a draft is there\n",
    });
  });

  test("a rejection without a comment is wrong usage", async () => {
    const ran = await devflow(["reject", "7K2M"], { client: stubClient() });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("reject needs a comment") });
  });
});

describe("sessions", () => {
  test.each([80, 120])("as a table at %i columns", async (columns) => {
    const client = stubClient({
      "session.list": { sessions: [SESSION, { ...SESSION, held: "나: a draft is in its composer" }] },
    });
    const { out } = await devflow(["sessions", "list"], { client, columns, now: NOW });
    await expect(out).toMatchFileSnapshot(`golden/sessions-${columns}.txt`);
  });

  test("one with its evidence and its screen, which cannot drive the terminal", async () => {
    const client = stubClient({ "session.show": SHOWN });
    const { out } = await devflow(["sessions", "show", "M4T1"], { client, columns: 80, now: NOW });
    await expect(out).toMatchFileSnapshot("golden/session-80.txt");
    expect(out).not.toContain("\u001b");
  });

  test("ctl explain tells only why", async () => {
    const client = stubClient({ "session.show": SHOWN });
    const { out } = await devflow(["ctl", "explain", "M4T1"], { client, columns: 80, now: NOW });
    expect(out).toContain("It asks for permission");
    expect(out).toContain("dialog: 계속할까요?");
    expect(out).not.toContain("4711");
  });
});

describe("attach", () => {
  const terminal = { canAsk: true, handOver: vi.fn(async () => 0), viewPty: vi.fn(async () => "detached" as const) };

  test("gives the terminal to tmux, outside of the tmux it may be called in", async () => {
    const client = stubClient({ "session.show": SHOWN });
    const env = { TMUX: "/tmp/tmux-0/default,1,0" };
    expect((await devflow(["attach", "M4T1", "--read-only"], { client, terminal, env })).code).toBe(0);
    const argv = ["tmux", "-S", "/run/t", "new-session", "-f"];
    expect(terminal.handOver).toHaveBeenCalledWith(argv, { USER: "kim" });
  });

  test("shows a pty", async () => {
    const client = stubClient({ "session.show": { ...SHOWN, session: { ...SESSION, attach: { socket: "/run/p" } } } });
    const ran = await devflow(["attach", "M4T1"], { client, terminal });
    expect(ran).toMatchObject({ code: 0, err: "You have left; the agent goes on.\n" });
    expect(terminal.viewPty).toHaveBeenCalledWith("/run/p", false);
  });

  test("says what to do without a terminal, without a pane, and after the end", async () => {
    const { attach: _, ...paneless } = SESSION;
    const shown = (session: SessionNow) => stubClient({ "session.show": { ...SHOWN, session } });
    expect(await devflow(["attach", "M4T1"], { client: shown(SESSION) })).toMatchObject({
      code: 2,
      err: expect.stringContaining("devflow sessions show M4T1 prints its screen"),
    });
    expect(await devflow(["attach", "M4T1"], { client: shown(paneless), terminal })).toMatchObject({
      code: 5,
      err: expect.stringContaining("session.no_terminal"),
    });
    const closed = { ...SESSION, state: "closed" as const, closedAt: BEGIN };
    expect(await devflow(["attach", "M4T1"], { client: shown(closed), terminal })).toMatchObject({
      code: 5,
      err: expect.stringContaining("session.ended"),
    });
  });
});

describe("runs", () => {
  test("events are one JSON document, and JSON lines while they are followed", async () => {
    const listed = await devflow(["runs", "events", "7K2MQX", "--json"], { client: with_({}) });
    expect(listed.json()).toEqual(story());
    const followed = await devflow(["runs", "events", "7K2MQX", "-f", "--json"], { client: with_({}) });
    expect(followed.code).toBe(0);
    expect(
      followed.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(story());
  });

  test("a report is printed as Markdown, as JSON, or as its path", async () => {
    const report = {
      run: RUN,
      json: "/r/report.json",
      markdown: "/r/report.md",
      text: "# done\n",
      data: { version: 1 },
    };
    const print = async (...more: string[]) =>
      (await devflow(["runs", "report", "7K2M", ...more], { client: stubClient({ "run.report": report }) })).out;
    expect(await print()).toBe("# done\n");
    expect(await print("--markdown")).toBe("# done\n");
    expect(JSON.parse(await print("--json"))).toEqual({ version: 1 });
    expect(await print("--path")).toBe("/r/report.md\n");
    const drawn = (...more: string[]) =>
      devflow(["runs", "report", "7K2M", ...more], { columns: 60, client: stubClient({ "run.report": report }) });
    expect((await drawn()).out).toBe("done\n════\n"); // laid out for a terminal
    expect((await drawn("--markdown")).out).toBe("# done\n");
  });

  const DIFF = [
    "diff --git a/목록.ts b/목록.ts",
    "index 1..2 100644",
    "--- a/목록.ts",
    "+++ b/목록.ts",
    "@@ -1,2 +1,3 @@",
    " same",
    "--- looks like a header",
    "+++ so does this",
    "+\u001b[31mred",
    "",
  ].join("\n");

  test("a diff is byte for byte in a pipe, and cannot drive a terminal", async () => {
    const client = () => stubClient({ "run.diff": { run: RUN, diff: DIFF } });
    expect((await devflow(["runs", "diff", "7K2M"], { client: client() })).out).toBe(DIFF);
    const drawn = (await devflow(["runs", "diff", "7K2M"], { client: client(), columns: 80 })).out;
    expect(drawn).toContain("+[31mred");
    expect(drawn).not.toContain("\u001b");
    const stat = await devflow(["runs", "diff", "7K2M", "--stat", "--json"], { client: client() });
    expect(stat.json()).toEqual({ run: RUN, files: [{ file: "목록.ts", insertions: 2, deletions: 1 }] });
  });

  describe("wait", () => {
    const wait = (seconds: number, ...more: string[]) =>
      devflow(["runs", "wait", "7K2MQX", ...more], { client: with_({}, seconds) });

    test.each([
      [400, [], 0, "completed"],
      [60, [], 7, "waiting"],
      [60, ["--for", "waiting"], 0, "waiting"],
      [400, ["--for", "completed"], 0, "completed"],
      [400, ["--for", "failed"], 1, "completed"],
    ] as const)("%i seconds into the run, with %j, ends with %i", async (seconds, more, code, status) => {
      const ran = await wait(seconds, ...more, "--json");
      expect(ran.code).toBe(code);
      expect(ran.json()).toMatchObject({ run: RUN, status });
    });

    test("gives up after its time", async () => {
      expect(await wait(12, "--timeout", "20ms")).toMatchObject({
        code: 1,
        err: expect.stringContaining("was still running after 20ms (run.wait_timeout)"),
      });
    });

    test("returns once the run gets there", async () => {
      const client = with_({}, 12);
      const waiting = devflow(["runs", "wait", "7K2MQX", "--for", "ended"], { client });
      await vi.waitFor(() => expect(client.asked).toHaveLength(1));
      client.happen(...story().slice(story(12).length));
      expect((await waiting).code).toBe(0);
    });

    test.each([
      [["--for", "nowhere"], "--for takes one of settled, ended"],
      [["--timeout", "soon"], "--timeout takes a number and a unit"],
    ])("%j is wrong usage", async (more, problem) => {
      expect(await wait(12, ...more)).toMatchObject({ code: 2, err: expect.stringContaining(problem) });
    });
  });
});

describe("the daemon", () => {
  test("its status", async () => {
    const status = {
      ...{ pid: 7, version: "1.0.0", startedAt: BEGIN, socket: "/run/devflowd.sock", home: "/home/kim/홈" },
      ...{ host: "tmux" as const, paused: false, runs: { running: 2, waiting: 1 }, sessions: 4, memoryMb: 61.3 },
      problems: [{ code: "storage.full", message: "the disk is full at /home/kim", hint: "make room" }],
    };
    const { out } = await devflow(["ctl", "status"], { client: stubClient({ "daemon.status": status }), now: NOW });
    await expect(out).toMatchFileSnapshot("golden/status.txt");
  });

  test("a call with params that are not JSON, or to no method, asks nothing", async () => {
    const client = stubClient();
    expect(await devflow(["ctl", "call", "daemon.pong"], { client })).toMatchObject({
      code: 2,
      err: expect.stringContaining("did you mean: daemon.ping"),
    });
    expect((await devflow(["ctl", "call", "daemon.ping", "{"], { client })).code).toBe(2);
    expect(client.asked).toEqual([]);
  });

  test("that cannot be reached ends every command that needs it with 3", async () => {
    expect(await devflow(["runs", "list"])).toMatchObject({
      code: 3,
      out: "",
      err: "devflow: no daemon answers at /run/devflow.sock (daemon.unreachable)\n  start it with: devflowd start\n",
    });
  });
});

test("what the daemon refuses is said with its code and hint, and ends with its exit code", async () => {
  const client = stubClient({
    "run.cancel": () => {
      throw new Failure("run.ended", { run: "7K2M", state: "completed" });
    },
  });
  expect(await devflow(["runs", "cancel", "7K2M"], { client })).toMatchObject({
    code: 5,
    err: "devflow: run 7K2M has ended (completed) (run.ended)\n  start a new one with devflow run\n",
  });
  const json = await devflow(["runs", "cancel", "7K2M", "--json"], { client });
  expect(JSON.parse(json.err)).toEqual({
    error: {
      code: "run.ended",
      message: "run 7K2M has ended (completed)",
      hint: "start a new one with devflow run",
      details: { run: "7K2M", state: "completed" },
    },
  });
  expect(json.out).toBe("");
});
