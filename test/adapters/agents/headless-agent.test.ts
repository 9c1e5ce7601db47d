/** The headless adapter where things go wrong: killed daemons and wrappers, agents that say nothing or too much, limits. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HeadlessAgentOptions } from "../../../src/adapters/agents/headless-agent.ts";
import { turnFiles } from "../../../src/adapters/agents/turn-files.ts";
import { startTurn } from "../../../src/adapters/agents/turn-wrapper.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import type { AgentState } from "../../../src/domain/session.ts";
import type { AgentNews, AgentSession, AgentSpec, Delivery } from "../../../src/ports/agent.ts";
import { isAlive } from "../../contract/terminal-host.ts";
import { startChild } from "../../support/child.ts";
import { type OneShot, oneShotAgents, oneShotSpec } from "../../support/one-shot.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const NEVER = new AbortController().signal;
const TIME = { timeout: 60_000, interval: 25 };

let folder: TemporaryFolder;
let home: string;
let spec: AgentSpec;
let open: AgentSession[];
let pids: number[];

beforeEach(() => {
  folder = temporaryFolder();
  home = folder.path;
  spec = oneShotSpec(home, ulid());
  open = [];
  pids = [];
});
afterEach(async () => {
  for (const agent of open) await agent.close();
  for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
  folder.remove();
});

async function enter(shot: OneShot, options: Partial<HeadlessAgentOptions> = {}): Promise<AgentSession> {
  const agent = await oneShotAgents(home, shot, options).open(spec);
  open.push(agent);
  return agent;
}

async function adopt(shot: OneShot, options: Partial<HeadlessAgentOptions> = {}): Promise<AgentSession> {
  const agent = await oneShotAgents(home, shot, options).adopt(spec);
  if (!agent) throw new Error("it was not taken over");
  open.push(agent);
  return agent;
}

const give = (agent: AgentSession, key = "one", text = "go"): Promise<Delivery> =>
  agent.deliver({ key, text, file: join(home, "prompt.md") }, NEVER);

const becomes = (agent: AgentSession, state: AgentState) =>
  vi.waitFor(() => expect(agent.verdict(), JSON.stringify(agent.verdict())).toMatchObject({ state }), TIME);

const said = (agent: AgentSession): string => agent.verdict().evidence[0]?.said ?? "";

const inTree = (name: string): string => join(spec.cwd, name);
const lines = (name: string): string[] =>
  existsSync(inTree(name)) ? readFileSync(inTree(name), "utf8").trim().split("\n") : [];
const pidIn = (name: string) =>
  vi.waitFor(() => {
    const pid = Number(lines(name)[0]);
    expect(pid).toBeGreaterThan(0);
    pids.push(pid);
    return pid;
  }, TIME);

const folderOf = (key: string): string =>
  join(home, "state", spec.session, "turns", createHash("sha256").update(key).digest("hex").slice(0, 32));

const usageOf = (agent: AgentSession) => {
  const heard: Extract<AgentNews, { kind: "usage" }>[] = [];
  agent.watch((news) => {
    if (news.kind === "usage") heard.push(news);
  });
  return heard;
};

/** The machine's clock, that can be put forward. */
function movableClock() {
  const real = systemClock();
  let ahead = 0;
  return {
    ...real,
    now: () => real.now() + ahead,
    steady: () => real.steady() + ahead,
    advance: (ms: number) => {
      ahead += ms;
    },
  };
}

const counted = (heard: readonly Extract<AgentNews, { kind: "usage" }>[]) =>
  heard.map(({ nth, usage }) => [nth, usage.inputTokens]);

describe("a turn", () => {
  it("goes on when the daemon is killed, and the next daemon reads the rest of it once", async () => {
    const code = `fs.appendFileSync("starts", "x\\n"); started(); used(10); await when("go"); used(25); process.exit(0);`;
    const daemon = startChild("headless-daemon.ts", home, spec.session, code);
    await daemon.said(1);
    daemon.process.kill("SIGKILL");
    await daemon.ended;
    const agent = await adopt({ code });
    const heard = usageOf(agent);
    expect(agent.verdict().state).toBe("working");
    expect(isAlive(agent.pid ?? 0)).toBe(true);
    expect((await give(agent)).kind).toBe("delivered");
    writeFileSync(inTree("go"), "");
    await becomes(agent, "ready");
    const before = daemon.lines.map((line) => JSON.parse(line));
    expect(counted(before)).toEqual([[1, 10]]);
    // What the killed daemon may or may not have written down is told again, by the same number.
    expect(counted(heard)).toEqual([
      [1, 10],
      [2, 15],
    ]);
    expect(lines("starts")).toHaveLength(1);
  });

  it("that ended while no daemon was there is judged by the next one, and its usage told", async () => {
    const shot = { code: `started(); await when("go"); used(7); process.exit(5);` };
    const before = await enter(shot);
    await give(before);
    await before.release();
    writeFileSync(inTree("go"), "");
    await vi.waitFor(() => expect(existsSync(join(folderOf("one"), "exit.json"))).toBe(true), TIME);
    const agent = await adopt(shot);
    const heard = usageOf(agent);
    expect(agent.verdict().state).toBe("exited");
    expect(said(agent)).toContain("exit code 5");
    expect(counted(heard)).toEqual([[1, 7]]);
    await agent.release();
    const again = await adopt(shot);
    expect(counted(usageOf(again))).toEqual([[1, 7]]);
    expect(again.verdict().state).toBe("exited");
  });

  it("is run once, however often it is started", async () => {
    const agent = await enter({ code: "" });
    await agent.release();
    const files = turnFiles(folderOf("raced"));
    await files.create();
    await files.prepare({ key: "raced", number: 1, at: 0, reportsBefore: 0, limitsBefore: 0 }, "go");
    const argv = ["/bin/sh", "-c", "echo x >>starts; sleep 0.3"];
    const env = { PATH: process.env.PATH ?? "" };
    let ended = 0;
    for (let n = 0; n < 5; n++) {
      startTurn({ folder: files.folder, argv, cwd: spec.cwd, env, stdin: "prompt" }, () => {
        ended += 1;
      });
    }
    await vi.waitFor(() => expect(ended).toBe(5), TIME);
    expect(lines("starts")).toEqual(["x"]);
    expect(await files.exit()).toBe(0);
    expect(await files.process()).toBe("gone");
  });

  it("that was prepared and never started is started by its own key", async () => {
    const shot = { code: `fs.appendFileSync("starts", "x\\n"); started();` };
    const first = await enter(shot);
    await first.release();
    const files = turnFiles(folderOf("one"));
    await files.create();
    await files.prepare({ key: "one", number: 1, at: Date.now(), reportsBefore: 0, limitsBefore: 0 }, "go");
    const agent = await adopt(shot);
    expect(agent.verdict().state).toBe("booting");
    expect((await give(agent)).kind).toBe("delivered");
    await becomes(agent, "ready");
    expect(lines("starts")).toHaveLength(1);
  });

  it("that was prepared and is not wanted any more never starts", async () => {
    const shot = { code: `fs.appendFileSync("starts", fs.readFileSync(0, "utf8") + "\\n"); started();` };
    const first = await enter(shot);
    await first.release();
    const files = turnFiles(folderOf("old"));
    await files.create();
    await files.prepare({ key: "old", number: 1, at: Date.now(), reportsBefore: 0, limitsBefore: 0 }, "old");
    const agent = await adopt(shot);
    expect((await give(agent, "new", "new")).kind).toBe("delivered");
    const late = new Promise<void>((resolve) => {
      const env = { PATH: process.env.PATH ?? "" };
      startTurn(
        { folder: files.folder, argv: ["/bin/sh", "-c", "cat >>starts"], cwd: spec.cwd, env, stdin: "prompt" },
        resolve,
      );
    });
    await late;
    await becomes(agent, "ready");
    expect(lines("starts")).toEqual(["new"]);
  });

  it.each(["stdin", "argument"] as const)("gets its prompt by %s, byte for byte", async (how) => {
    const text = `한국어 프롬프트 👩‍💻 e\u0301 "quotes" 'n' $HOME \`x\` \\ -flag\n\t탭\n\n끝\n`;
    const code = `const all = fs.readFileSync(0); const last = process.argv.at(-1);
      fs.writeFileSync("got", ${how === "stdin" ? "all" : "last"}); fs.writeFileSync("stdin", String(all.length)); started();`;
    const agent = await enter({ code, headless: { prompt: how } });
    expect((await give(agent, "one", how === "stdin" ? text : ` ${text}`)).kind).toBe("delivered");
    await becomes(agent, "ready");
    const got = readFileSync(inTree("got"));
    expect(got.equals(Buffer.from(how === "stdin" ? text : ` ${text}`))).toBe(true);
    expect(readFileSync(inTree("stdin"), "utf8")).toBe(how === "stdin" ? String(got.length) : "0");
  });

  it("goes by a file when the prompt is too long for an argument", async () => {
    const code = `fs.writeFileSync("got", process.argv.at(-1)); started();`;
    const agent = await enter({ code, headless: { prompt: "argument" } });
    expect((await give(agent, "one", "긴 ".repeat(100_000))).kind).toBe("delivered");
    expect(readFileSync(inTree("got"), "utf8")).toContain(join(home, "prompt.md"));
  });

  it("keeps its umask and sees nothing of the wrapper", async () => {
    const code = `fs.writeFileSync("made", "");
      fs.writeFileSync("env", [process.env.OLDPWD, process.env.PWD, process.env.DEVFLOW_SESSION, process.env.DEVFLOW_RUN].join("\\n")); started();`;
    const agent = await enter({ code });
    await give(agent);
    await becomes(agent, "ready");
    expect(statSync(inTree("made")).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(readFileSync(inTree("env"), "utf8")).toBe(`\n${spec.cwd}\n${spec.session}\nR`);
  });
});

describe("what an agent prints", () => {
  it("is read past garbage, halves, and a last line without an end", async () => {
    const code = `fs.writeSync(1, Buffer.from([0xff, 0x00, 0x0a])); fs.writeSync(1, "warn: {not json\\n[1]\\n3\\n\\n");
      fs.writeSync(1, '{"type":"thread.st'); await new Promise((r) => setTimeout(r, 100)); fs.writeSync(1, 'arted","thread_id":"t"}\\n');
      fs.writeSync(1, '{"type":"turn.completed","usage":{"input_tokens":3,"output_tokens":1}}'); process.exit(0);`;
    const agent = await enter({ code });
    const heard = usageOf(agent);
    expect((await give(agent)).kind).toBe("delivered");
    await becomes(agent, "ready");
    expect(heard.map(({ usage }) => usage.inputTokens)).toEqual([3]);
  });

  it("is read whole when it is 10 MB, and the daemon goes on meanwhile", async () => {
    const code = `started(); const text = "한".repeat(1_000);
      for (let n = 0; n < 3_000; n++) emit({ type: "item.completed", item: { type: "agent_message", text: n + text } });
      emit({ type: "item.completed", item: { type: "agent_message", text: "x".repeat(1_000_000) } }); used(42); process.exit(0);`;
    const agent = await enter({ code });
    const heard = usageOf(agent);
    expect((await give(agent)).kind).toBe("delivered");
    await becomes(agent, "ready");
    expect(statSync(join(folderOf("one"), "stdout")).size).toBeGreaterThan(10_000_000);
    expect(heard.map(({ usage }) => usage.inputTokens)).toEqual([42]);
  });

  it("on stderr alone proves nothing: the prompt is lost, and the reason is told", async () => {
    const agent = await enter({ code: `process.stderr.write("\\u001b[31merror:\\u001b[0m no such model\\n");` });
    expect(await give(agent)).toEqual({ kind: "lost", reason: expect.stringContaining("error: no such model") });
    expect(agent.verdict().state).toBe("exited");
  });

  it("and exit code 0 make it ready, and prove no more than that", async () => {
    const agent = await enter({ code: "started();" });
    expect((await give(agent)).kind).toBe("delivered");
    await becomes(agent, "ready");
    expect(said(agent)).toContain("exit code 0");
  });

  it("may be nothing for long: then the prompt is unconfirmed, and not sent again", async () => {
    const code = `fs.appendFileSync("starts", "x\\n"); await when("go"); started();`;
    const agent = await enter({ code }, { receiptMs: 300 });
    expect(await give(agent)).toMatchObject({ kind: "unconfirmed" });
    writeFileSync(inTree("go"), "");
    await vi.waitFor(async () => expect((await give(agent)).kind).toBe("delivered"), TIME);
    await becomes(agent, "ready");
    expect(lines("starts")).toHaveLength(1);
  });
});

describe("an agent", () => {
  it("whose program has gone takes no prompt, and the shell's reason is told", async () => {
    const agent = await enter({ code: "" }, { program: async () => join(home, "없는 program") });
    const delivery = await give(agent);
    expect(delivery).toEqual({ kind: "lost", reason: expect.stringContaining("없는 program") });
    expect(agent.verdict().state).toBe("exited");
  });

  it("whose working directory has gone says so", async () => {
    spec = { ...spec, cwd: join(home, "nowhere") };
    const agent = await enter({ code: "started();" });
    expect(await give(agent)).toEqual({ kind: "lost", reason: expect.stringContaining("nowhere") });
  });

  it("leaves a helper behind that is ended when the session is closed", async () => {
    const code = `const { spawn } = require("node:child_process");
      const helper = spawn(process.execPath, ["-e", "setInterval(() => {}, 60_000)"], { stdio: "ignore", detached: true });
      helper.unref(); fs.writeFileSync("helper", String(helper.pid)); started(); process.exit(0);`;
    const agent = await enter({ code });
    await give(agent);
    await becomes(agent, "ready");
    const helper = await pidIn("helper");
    expect(isAlive(helper)).toBe(true);
    await agent.close();
    expect(isAlive(helper)).toBe(false);
  });

  it("is not left to work unseen when the wrapper around it is killed", async () => {
    const agent = await enter({
      code: `fs.writeFileSync("pid", String(process.pid)); started(); await when("never");`,
    });
    await give(agent);
    const pid = await pidIn("pid");
    process.kill(agent.pid ?? 0, "SIGKILL");
    await becomes(agent, "exited");
    expect(said(agent)).toContain("without a word");
    expect(isAlive(pid)).toBe(false);
  });

  it("that tells nothing any more is ended by the limit, and may be asked again", async () => {
    const code = `const text = fs.readFileSync(0, "utf8"); started(); if (text === "stall") await when("never");`;
    const clock = movableClock();
    const agent = await enter({ code }, { clock, limits: { inactivityMs: 600_000 } });
    await give(agent, "one", "stall");
    clock.advance(600_000);
    await becomes(agent, "ready");
    expect(said(agent)).toContain("told nothing for");
    expect((await give(agent, "two", "go")).kind).toBe("delivered");
  });

  describe("of an agent that tells nothing but its log until its model answers", () => {
    const headless: OneShot["headless"] = {
      log: { line: "^log: ", taken: "^log: begun in (.+)$", refused: "^log: refused: (.+)$" },
      causes: [{ state: "rate_limited", regex: "Rate limit", until: "try again (.*)$" }],
    };
    const prelude = `const log = (text) => fs.writeSync(2, "log: " + text + "\\n"); log("booting");`;

    it("is delivered once the log has it, working while it asks again, and limited when it is silent for too long", async () => {
      const code = `${prelude} log("begun in c1"); log("refused: Rate limit reached, try again in 1h"); await when("never");`;
      const clock = movableClock();
      const begun = clock.now();
      const agent = await enter({ code, headless }, { clock, limits: { inactivityMs: 600_000 } });
      expect((await give(agent)).kind).toBe("delivered");
      await vi.waitFor(() => expect(said(agent)).toContain("Rate limit reached"), TIME);
      expect(agent.verdict().state).toBe("working");
      expect(agent.verdict().evidence[0]?.at).toBeGreaterThanOrEqual(begun);
      clock.advance(600_000);
      await becomes(agent, "rate_limited");
      expect(agent.verdict().until).toBeGreaterThan(clock.now());
      // The same prompt is not told again: it has it.
      expect((await give(agent)).kind).toBe("delivered");
      expect(agent.verdict().state).toBe("rate_limited");
    });

    it("goes on in the conversation that the log named, after it was killed", async () => {
      const resume = ["-e", `console.log(JSON.stringify({ type: "again", in: "{conversation}" }))`];
      const code = `${prelude} log("begun in c1"); await when("never");`;
      const agent = await enter({ code, headless });
      expect((await give(agent)).kind).toBe("delivered");
      process.kill(agent.pid ?? 0, "SIGKILL");
      await becomes(agent, "exited");
      spec = { ...spec, session: oneShotSpec(home, ulid()).session, continues: { session: agent.session, mark: "-" } };
      const next = await enter({ code, headless: { ...headless, resume } });
      expect((await give(next, "two")).kind).toBe("delivered");
      await becomes(next, "ready");
      expect(readFileSync(join(folderOf("two"), "stdout"), "utf8")).toContain('"in":"c1"');
    });

    it("has ended for what it said to people, not for its log", async () => {
      const code = `${prelude} log("begun in c1"); console.error("no such model"); log("x".repeat(5000)); process.exit(1);`;
      const agent = await enter({ code, headless });
      await give(agent);
      await becomes(agent, "exited");
      expect(said(agent)).toContain("no such model");
      expect(said(agent)).not.toContain("log:");
    });
  });

  it("that never ends is ended by the clock", async () => {
    const code = `started(); setInterval(() => emit({ type: "tick" }), 50);`;
    const agent = await enter({ code }, { limits: { wallMs: 500 } });
    await give(agent);
    await becomes(agent, "ready");
    expect(said(agent)).toContain("took longer than");
  });

  it("is killed when it does not want to go", async () => {
    const code = `process.on("SIGTERM", () => {}); fs.writeFileSync("pid", String(process.pid)); started(); setInterval(() => {}, 60_000);`;
    const agent = await enter({ code });
    await give(agent);
    const pid = await pidIn("pid");
    await agent.interrupt("i");
    expect(isAlive(pid)).toBe(false);
    expect(agent.verdict().state).toBe("ready");
    expect(said(agent)).toContain("interrupted");
  });

  it("is interrupted once by one key", async () => {
    const shot = { code: `started(); await when("never");` };
    const first = await enter(shot);
    await give(first, "one");
    await first.interrupt("same");
    await becomes(first, "ready");
    await first.release();
    const agent = await adopt(shot);
    await give(agent, "two");
    await agent.interrupt("same");
    expect(agent.verdict().state).toBe("working");
    await agent.interrupt("another");
    expect(agent.verdict().state).toBe("ready");
  });

  it("holds a prompt while another one is worked on", async () => {
    const agent = await enter({ code: `started(); await when("go");` });
    await give(agent, "one");
    expect(await give(agent, "two")).toEqual({ kind: "held", reason: expect.stringContaining("working") });
    writeFileSync(inTree("go"), "");
    await becomes(agent, "ready");
    expect((await give(agent, "two")).kind).toBe("delivered");
  });
});

describe("a refusal", () => {
  it("by a limit holds prompts until its time has come", async () => {
    const clock = movableClock();
    const resets = new Date(Date.now() + 3_600_000).toISOString();
    const code = `const text = fs.readFileSync(0, "utf8"); started(); if (text !== "go") return;
      emit({ type: "turn.failed", error: { message: "You have hit your usage limit. It resets at ${resets}." } }); process.exitCode = 1;`;
    const agent = await enter({ code }, { clock });
    expect((await give(agent)).kind).toBe("delivered");
    await becomes(agent, "rate_limited");
    expect(agent.verdict().until).toBe(Date.parse(resets));
    expect((await give(agent, "two", "again")).kind).toBe("held");
    clock.advance(3_601_000);
    expect(agent.verdict().state).toBe("ready");
    expect((await give(agent, "two", "again")).kind).toBe("delivered");
  });

  it("for want of a login is over once a login has left its file", async () => {
    const real = systemClock();
    const clock = { ...real, sleep: (ms: number, signal?: AbortSignal) => real.sleep(Math.min(ms, 50), signal) };
    const login = { files: ["auth.json"], env: [] };
    const code = `started(); emit({ type: "turn.failed", error: { message: "Login required" } }); process.exitCode = 1;`;
    writeFileSync(join(home, "auth.json"), "expired");
    const agent = await enter({ code, login }, { clock, env: { ...process.env, HOME: home } });
    await give(agent);
    await becomes(agent, "login_required");
    expect(await give(agent, "two")).toMatchObject({ kind: "held" });
    writeFileSync(join(home, "auth.json"), "new");
    // A file's own time is that of the kernel's last tick, which may be before the refusal.
    utimesSync(join(home, "auth.json"), new Date(), new Date(Date.now() + 1_000));
    await becomes(agent, "ready");
  });

  it("before any event has taken nothing: the same prompt is tried again once somebody has logged in", async () => {
    const code = `fs.appendFileSync("starts", "x\\n"); if (!fs.existsSync("in")) { process.stderr.write("Login required\\n"); process.exit(1); } started();`;
    const agent = await enter({ code });
    expect(await give(agent)).toEqual({ kind: "held", reason: "Login required" });
    expect(agent.verdict().state).toBe("login_required");
    expect((await give(agent)).kind).toBe("held");
    expect(lines("starts")).toHaveLength(1);
    writeFileSync(inTree("in"), "");
    await agent.interrupt("go on"); // a person says so
    expect(agent.verdict().state).toBe("ready");
    expect((await give(agent)).kind).toBe("delivered");
    expect(lines("starts")).toHaveLength(2);
  });
});
