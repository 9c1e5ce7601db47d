/** Agents over ACP, one living process each: what they tell, what they ask, and what goes wrong with them. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { RunEvent } from "../../../src/domain/event.ts";
import { type AcpStage, type AcpStageOptions, acpStage } from "../../support/acp-stage.ts";
import { isThere } from "../../support/alive.ts";

const NEVER = new AbortController().signal;
const TIME = { timeout: 30_000, interval: 10 };
const ASK = { toolCallId: "ask-1", kind: "execute", title: "Run it", rawInput: { command: "make everything" } };

let stage: AcpStage | undefined;

async function play(
  acts: unknown[] | Record<string, unknown>,
  more: Partial<AcpStageOptions> & { start?: unknown } = {},
) {
  const phases = Array.isArray(acts) ? { one: acts } : acts;
  const { start, ...options } = more;
  const here = await acpStage({ scenario: { start, phases }, ...options });
  stage = here;
  return here;
}

/** Opened, with its first prompt delivered. */
async function begin(...args: Parameters<typeof play>) {
  const here = await play(...args);
  const agent = await here.open();
  await here.becomes(agent, "ready");
  const delivery = await agent.deliver(here.prompt("one"), NEVER);
  return { here, agent, delivery };
}

afterEach(async () => {
  await stage?.destroy();
  stage = undefined;
});

const dids = (here: AcpStage) => here.heard.flatMap((news) => (news.kind === "did" ? [news] : []));
const asks = (agent: { verdict(): { evidence: readonly { said: string }[] } }) =>
  agent.verdict().evidence[0]?.said ?? "";

describe("what an agent tells", () => {
  test("its tool calls are told by size and hash, in order, and its usage with what it costs", async () => {
    const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
    const cost = (amount: number) => ({
      update: { sessionUpdate: "usage_update", used: 1, size: 2, cost: { amount, currency: "USD" } },
    });
    const { here, agent } = await begin({
      one: [{ artifact: { a: 1 } }, cost(0.5), { usage }],
      two: [cost(0.75), { usage }],
    });
    await here.becomes(agent, "ready");
    await agent.deliver(here.prompt("two"), NEVER);
    await here.becomes(agent, "ready");
    const [calling, called] = dids(here).map(({ did }) => did);
    const about = ".devflow/artifacts/one-1/note.json";
    expect(calling).toMatchObject({ type: "tool.calling", call: "1/call_1", tool: "edit", about });
    expect(called).toMatchObject({ type: "tool.called", call: "1/call_1", ok: true, resultBytes: 16 });
    expect(JSON.stringify(here.heard)).not.toContain('{\\"a\\":1}');
    const told = here.heard.flatMap((news) =>
      news.kind === "usage" ? [[news.nth, news.usage.inputTokens, news.usage.costUsd]] : [],
    );
    expect(told).toEqual([
      [1, 100, "0.5"],
      [2, 100, "0.25"],
    ]);
  });

  test("its plan is told when it is another one, in short words, and whatever it is made of", async () => {
    const plan = (...entries: unknown[]) => ({ update: { sessionUpdate: "plan", entries } });
    const read = { content: "read\nit", priority: "high", status: "completed" };
    const write = { content: "쓰기 ✍️", priority: "low", status: "in_progress" };
    const { here, agent } = await begin([
      plan({ ...read, status: "pending" }, write),
      plan(read, write),
      plan(read, write),
      plan(read, { content: "🙂".repeat(300) }, null, "x", { content: 7, status: "lost" }),
      plan(...Array(130).fill(write)),
      { update: { sessionUpdate: "plan", entries: "none" } },
    ]);
    await here.becomes(agent, "ready");
    const told = dids(here).flatMap(({ did, nth }) => (did.type === "plan.told" ? [{ ...did, nth }] : []));
    const [done, doing] = [
      { step: "read it", state: "completed" },
      { step: "쓰기 ✍️", state: "in_progress" },
    ];
    const empty = { step: "", state: "pending" };
    expect(told).toMatchObject([
      { nth: 1, agent: "main", steps: [{ step: "read it", state: "pending" }, doing], more: 0 },
      { nth: 2, steps: [done, doing] },
      { nth: 3, steps: [done, { step: "🙂".repeat(100), state: "pending" }, empty, empty, empty] },
      { nth: 4, steps: Array(100).fill(doing), more: 30 },
      { nth: 5, steps: [] },
    ]);
    const whole = told.map((one) => ({ ...one, session: here.spec.session }));
    expect(whole.map((one) => RunEvent.parse(one))).toEqual(whole);
  });

  test("what a tool is about fits its event, whatever it is written in", async () => {
    const tool = { toolCallId: "t", kind: "execute", rawInput: { command: `echo ${"🙂".repeat(300)}` } };
    const { here, agent } = await begin([
      { update: { sessionUpdate: "tool_call", status: "in_progress", title: "x", ...tool } },
    ]);
    await here.becomes(agent, "ready");
    const told = dids(here).map((one) => ({ ...one.did, nth: one.nth, session: here.spec.session }));
    expect(told.map((one) => RunEvent.parse(one))).toEqual(told);
    expect(told[0]).toMatchObject({ type: "tool.calling", about: `echo ${"🙂".repeat(97)}` });
  });

  test("an agent that tells no usage has none booked: it is unknown, not 0", async () => {
    const { here, agent } = await begin([{ say: "done" }]);
    await here.becomes(agent, "ready");
    expect(here.heard.filter(({ kind }) => kind === "usage")).toEqual([]);
  });

  test("noise on its output and stderr, unknown updates and messages that are none change nothing", async () => {
    const { here, agent, delivery } = await begin(
      [
        { stderr: "warning: \u001b[31mred\u001b[0m\n" },
        { raw: 'Loading model…\n{ half a mess\n[1,2]\n"text"\n{}\n' },
        { raw: '{"jsonrpc":"2.0","id":999,"result":{}}\n{"jsonrpc":"2.0","id":{},"error":1}\n' },
        {
          raw: '{"jsonrpc":"2.0","method":"session/update","params":7}\n{"jsonrpc":"2.0","method":"session/update"}\n',
        },
        {
          raw: '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"another","update":{"sessionUpdate":"plan"}}}\n',
        },
        { update: { sessionUpdate: "something_new", more: [1] } },
        { raw: `${"y".repeat(200_000)}\n` },
        { artifact: { fine: true } },
      ],
      { start: { noise: "Welcome!\n\n" } },
    );
    expect(delivery.kind).toBe("delivered");
    await here.becomes(agent, "ready");
    expect(here.exists(here.prompt("one").task?.artifact ?? "")).toBe(true);
  });

  test("a flood of words is one sign of life a second, and the turn ends as it should", async () => {
    const { here, agent } = await begin([{ flood: { count: 20_000 } }, { say: "done" }]);
    await here.becomes(agent, "ready");
    expect(here.heard.length).toBeLessThan(100);
  });

  test("each turn's end is told in words, and none of them is an end of the agent", async () => {
    const { here, agent } = await begin({
      one: [{ stop: "max_tokens" }],
      two: [{ fail: { code: -32603, message: "oh no" } }],
    });
    await here.becomes(agent, "ready");
    expect(asks(agent)).toBe("the turn ended: the model's longest answer was reached");
    await agent.deliver(here.prompt("two"), NEVER);
    await vi.waitFor(() => expect(asks(agent)).toContain("the turn failed: oh no"), TIME);
    expect(agent.verdict().state).toBe("ready");
  });
});

describe("what an agent asks", () => {
  const edit = (path: string) => ({ kind: "edit", title: "Edit", locations: [{ path }] });

  test("edits in the worktree are allowed, outside of it and in .git denied, for this once", async () => {
    const { here, agent } = await begin([
      { permission: { tool: edit("{artifact}") } },
      { permission: { tool: edit("{cwd}/src/new.ts") } },
      { permission: { tool: edit("/etc/passwd") } },
      { permission: { tool: edit("{cwd}/../elsewhere") } },
      { permission: { tool: edit("{cwd}/.git/hooks/pre-commit") } },
      { permission: { tool: edit("{cwd}/.devflow/goal.md") } },
      { permission: { tool: { ...edit("{cwd}/a"), content: [{ type: "diff", path: "/etc/hosts", newText: "x" }] } } },
      { permission: { tool: { ...edit("{cwd}/a"), rawInput: { filePath: "~/.bashrc" } } } },
      { permission: { tool: { kind: "read", title: "Read", locations: [{ path: "{cwd}/README.md" }] } } },
    ]);
    await here.becomes(agent, "ready");
    const answers = (await here.happened("permission")).map(({ optionId }) => optionId);
    const no = "reject-once";
    expect(answers).toEqual(["allow-once", "allow-once", no, no, no, no, no, no, "allow-once"]);
  });

  test("a command on the persona's list is allowed, one that is never run is denied, another is a person's to answer", async () => {
    const run = (command: string) => ({
      permission: { tool: { kind: "execute", title: command, rawInput: { command } } },
    });
    const { here, agent } = await begin([run("npm test"), run("git push --force"), run("npm test && rm -rf .")], {
      persona: { api: { commands: [["npm", "test"]] } as never },
    });
    await here.becomes(agent, "awaiting_permission");
    const answered = (await here.happened("permission")).map(({ optionId }) => optionId);
    expect(answered).toEqual(["allow-once", "reject-once"]);
    expect(agent.verdict().asks).toMatchObject({ dialog: "acp", tool: "execute" });
    expect(asks(agent)).toContain("npm test && rm -rf .");
    expect((await agent.say?.("m1", "what?"))?.kind).toBe("held");
    expect((await agent.say?.("m2", "deny"))?.kind).toBe("delivered");
    await here.becomes(agent, "ready");
    expect((await here.happened("permission")).at(-1)).toMatchObject({ optionId: "reject-once" });
  });

  test("a person's answer reaches the agent once, and only for the question that stands", async () => {
    const { here, agent } = await begin([
      { permission: { tool: ASK, after: [{ say: "I do it." }] } },
      { permission: { tool: { ...ASK, toolCallId: "ask-2" } } },
    ]);
    await here.becomes(agent, "awaiting_permission");
    const first = await agent.asked?.();
    expect(first).toMatchObject({ tool: "execute", command: "make everything", options: ["Always", "Yes", "No"] });
    expect(await agent.permit?.("k1", "allow", "0".repeat(64), NEVER)).toBe("changed");
    expect(await agent.permit?.("k2", "allow", first?.digest ?? "", NEVER)).toBe("answered");
    await vi.waitFor(async () => expect((await agent.asked?.())?.digest).not.toBe(first?.digest), TIME);
    await here.becomes(agent, "awaiting_permission");
    expect(await agent.permit?.("k2", "allow", first?.digest ?? "", NEVER)).toBe("answered"); // as it was told before
    expect(await agent.permit?.("k4", "allow", first?.digest ?? "", NEVER)).toBe("changed");
    const second = await agent.asked?.();
    expect(await agent.permit?.("k3", "deny", second?.digest ?? "", NEVER)).toBe("answered");
    await here.becomes(agent, "ready");
    expect(await agent.permit?.("k5", "deny", second?.digest ?? "", NEVER)).toBe("gone");
    expect((await here.happened("permission")).map(({ optionId }) => optionId)).toEqual(["allow-once", "reject-once"]);
    const states = here.heard.flatMap((news) => (news.kind === "verdict" ? [news.verdict.state] : []));
    // Between the two it is told to have gone on: each is a question of its own.
    expect(states.filter((state) => state === "awaiting_permission")).toHaveLength(2);
  });

  test("a question that the agent takes back is settled", async () => {
    const { here, agent } = await begin([{ permission: { tool: ASK, withdraw: 300 } }, { say: "never mind" }]);
    await here.becomes(agent, "awaiting_permission");
    await here.becomes(agent, "ready");
    expect(await here.happened("permission")).toHaveLength(1);
  });

  test("interrupted while it asks, it is told that nobody answers, and ends its turn", async () => {
    const { here, agent } = await begin([{ permission: { tool: ASK } }]);
    await here.becomes(agent, "awaiting_permission");
    await agent.interrupt("k");
    await here.becomes(agent, "ready");
    expect(await here.happened("permission")).toMatchObject([{ outcome: "cancelled" }]);
    expect(await here.happened("cancel")).toHaveLength(1);
  });

  test("files are read and written for it in the worktree only, and terminals not at all", async () => {
    const here = await play([
      { fsRead: "{cwd}/안녕.txt" },
      { fsRead: { path: "{cwd}/안녕.txt", line: 2, limit: 1 } },
      { fsWrite: { path: "{cwd}/deep/er/new.txt", content: "새 파일\n" } },
      { fsWrite: { path: "{artifact}", content: "{}" } },
      ...[
        "/etc/passwd",
        "{cwd}/../scenario.json",
        "{cwd}/link/scenario.json",
        "{cwd}/.git/config",
        "/proc/self/environ",
      ].map((path) => ({ fsRead: path })),
      { fsRead: "{cwd}/missing.txt" },
      ...["{cwd}/../out.txt", "{cwd}/link/out.txt", "{cwd}/.git/config", "{cwd}/.devflow/goal.md"].map((path) => ({
        fsWrite: { path, content: "x" },
      })),
      { terminal: "id" },
    ]);
    writeFileSync(join(here.cwd, "안녕.txt"), "하나\n둘\n셋\n");
    symlinkSync(here.folder, join(here.cwd, "link"));
    mkdirSync(join(here.cwd, ".git"));
    writeFileSync(join(here.cwd, ".git", "config"), "[core]\n");
    const agent = await here.open();
    await here.becomes(agent, "ready");
    await agent.deliver(here.prompt("one"), NEVER);
    await here.becomes(agent, "ready");
    expect((await here.happened("read")).map(({ answer }) => answer)).toEqual([
      { content: "하나\n둘\n셋\n" },
      { content: "둘" },
    ]);
    expect(await here.happened("write")).toHaveLength(2);
    expect(readFileSync(join(here.cwd, "deep/er/new.txt"), "utf8")).toBe("새 파일\n");
    const refused = await here.happened("refused");
    expect(refused.map(({ what, code }) => [what, code])).toEqual([
      ...Array(5).fill(["read", -32602]),
      ["read", -32002],
      ...Array(4).fill(["write", -32602]),
      ["terminal", -32601],
    ]);
    expect(existsSync(here.file("out.txt"))).toBe(false);
    expect(readFileSync(join(here.cwd, ".git", "config"), "utf8")).toBe("[core]\n");
  });

  test("what its profile does not offer is not offered", async () => {
    const { here } = await begin([], { acp: { files: [] } });
    expect((await here.happened("start"))[0]?.offered).toMatchObject({
      fs: { readTextFile: false, writeTextFile: false },
    });
  });
});

describe("an agent's process", () => {
  test("gets devflow's marks and what is named, and no secret of others", async () => {
    const { here } = await begin([], { env: { OPENAI_API_KEY: "sk-secret", MINE: "1" }, persona: { env: ["MINE"] } });
    const env = (await here.happened("start"))[0]?.env as Record<string, string>;
    expect(env).toMatchObject({ DEVFLOW_SESSION: here.spec.session, DEVFLOW_RUN: "R", MINE: "1" });
    expect(Object.keys(env)).not.toContain("OPENAI_API_KEY");
  });

  test("that crashes says with what, and is not started again by itself", async () => {
    const { here, agent, delivery } = await begin([{ say: "hm" }, { stderr: "out of memory\n" }, { crash: 7 }]);
    expect(delivery.kind).toBe("delivered");
    await here.becomes(agent, "exited");
    expect(asks(agent)).toBe("it ended with exit code 7: out of memory");
    expect(await here.happened("start")).toHaveLength(1);
  });

  test("that is deaf to being interrupted is ended, with everything that it has started", async () => {
    const { here, agent } = await begin([{ say: "hm" }, { deaf: true }], { options: { limits: { interruptMs: 200 } } });
    const { pid } = agent;
    await agent.interrupt("k");
    await here.becomes(agent, "exited");
    expect(asks(agent)).toBe("it does not react to being interrupted");
    expect(isThere(pid)).toBe(false);
  });

  test("that tells nothing for too long is interrupted", async () => {
    const { here, agent } = await begin([{ say: "hm" }, { stall: true }], {
      options: { limits: { inactivityMs: 500 } },
    });
    await here.becomes(agent, "ready");
    expect(asks(agent)).toBe("the turn was interrupted");
    expect(await here.happened("cancel")).toHaveLength(1);
  });

  test("that speaks another version of the protocol is a clear failure, and is not left running", async () => {
    const here = await play([], { start: { version: 7 } });
    await expect(here.open()).rejects.toMatchObject({ code: "session.protocol_version" });
    const pid = (await here.happened("start"))[0]?.pid;
    await vi.waitFor(() => expect(isThere(Number(pid))).toBe(false), TIME);
  });

  test("that never greets is not waited for longer than its profile says", async () => {
    const here = await play([], { start: { silent: true }, acp: { startTimeout: 1_000 } });
    const agent = await here.open();
    expect(agent.verdict().state).toBe("exited");
    expect(asks(agent)).toContain("it did not greet in time");
  });

  test("whose profile knows no ACP cannot be opened", async () => {
    const here = await play([], {
      options: { profileOf: async () => (await import("../../support/profiles.ts")).profile("codex") },
    });
    await expect(here.open()).rejects.toMatchObject({ code: "persona.agent_not_acp" });
  });
});

describe("login and limits", () => {
  test("an agent that wants a login waits for it, and goes on when somebody has logged in", async () => {
    const folder = await play([]);
    await folder.destroy();
    let at = 0;
    const here = await play([{ artifact: {} }], {
      start: { login: `${folder.folder}-login` },
      options: { loggedInSince: async () => at > 0 },
    });
    const agent = await here.open();
    await here.becomes(agent, "login_required");
    expect(agent.verdict().failure).toMatchObject({ code: "session.needs_login" });
    expect((await agent.deliver(here.prompt("one"), NEVER)).kind).toBe("held");
    writeFileSync(`${folder.folder}-login`, "");
    at = 1;
    await agent.interrupt("somebody says so");
    await here.becomes(agent, "ready");
  });

  test("an agent that has a login but wants to be told is told, by its profile", async () => {
    const folder = await play([]);
    await folder.destroy();
    const login = `${folder.folder}-login`;
    const here = await play([], { start: { login, acceptsLogin: true }, acp: { login: "key" } });
    const agent = await here.open();
    await here.becomes(agent, "ready");
    expect(await here.happened("authenticate")).toMatchObject([{ methodId: "key" }]);
  });

  test("a prompt that is refused before it was begun is held, and sent again when the limit is over", async () => {
    const limit = { code: 429, message: "Rate limit reached, try again in 1 second" };
    const causes = [{ state: "rate_limited", regex: "Rate limit", until: "try again (.*)$" }];
    const { here, agent, delivery } = await begin(
      { one: { 1: [{ fail: limit }], 2: [{ artifact: {} }] } },
      { acp: { causes } },
    );
    expect(delivery).toMatchObject({ kind: "held" });
    expect(agent.verdict().state).toBe("rate_limited");
    await here.becomes(agent, "ready");
    expect((await agent.deliver(here.prompt("one"), NEVER)).kind).toBe("delivered");
    await here.becomes(agent, "ready");
    expect(await here.happened("prompt")).toHaveLength(2);
  });
});

describe("a daemon that is gone", () => {
  test("its agent ends with it, and the next one goes on with the conversation and sends nothing twice", async () => {
    const { here, agent } = await begin([{ say: "hm" }, { stall: true }]);
    const before = agent.pid;
    await agent.release();
    expect(isThere(before)).toBe(false);
    const told = dids(here).length;
    const back = await here.adopt();
    await here.becomes(back, "ready");
    expect(await here.happened("load")).toHaveLength(1);
    expect((await back.deliver(here.prompt("one"), NEVER)).kind).toBe("delivered");
    expect(await here.happened("prompt")).toHaveLength(1);
    expect(dids(here)).toHaveLength(told);
    expect((await back.deliver(here.prompt("two"), NEVER)).kind).toBe("delivered");
    expect((await here.happened("prompt")).map(({ sessionId }) => sessionId)).toEqual(
      Array(2).fill((await here.happened("new"))[0]?.sessionId),
    );
  });

  test("what was told before is told again with the same numbers, and goes on from there", async () => {
    const { here, agent } = await begin({
      "*": [{ artifact: {} }, { usage: { inputTokens: 5, outputTokens: 1, totalTokens: 6 } }],
    });
    await here.becomes(agent, "ready");
    const first = here.heard.filter(({ kind }) => kind !== "verdict");
    await agent.release();
    here.heard.length = 0;
    const back = await here.adopt();
    expect(here.heard.filter(({ kind }) => kind !== "verdict")).toEqual(first);
    await here.becomes(back, "ready");
    await back.deliver(here.prompt("two"), NEVER);
    await here.becomes(back, "ready");
    const numbers = here.heard.flatMap((news) => (news.kind === "verdict" ? [] : [`${news.kind} ${news.nth}`]));
    expect(numbers).toEqual(["did 1", "did 2", "usage 1", "did 3", "did 4", "usage 2"]);
  });

  test.each([
    ["does not know the prompt", { forgets: true }],
    ["cannot load its conversation", { load: false }],
  ])("a prompt that was cut off is lost, not sent again, when the agent %s", async (_, start) => {
    const { here, agent } = await begin([{ wait: 60_000 }], { start, options: { limits: { receiptMs: 1 } } });
    await vi.waitFor(async () => expect(await here.happened("prompt")).toHaveLength(1), TIME);
    await agent.release();
    const back = await here.adopt();
    await here.becomes(back, "ready");
    expect(await back.deliver(here.prompt("one"), NEVER)).toMatchObject({ kind: "lost" });
    expect(await here.happened("prompt")).toHaveLength(1);
  });

  test("what was closed is not taken over", async () => {
    const { here, agent } = await begin([]);
    await agent.close();
    expect(await here.adapter().adopt(here.spec)).toBeUndefined();
  });
});

describe("a session in the place of one whose agent has crashed", () => {
  const CRASHES = { one: [{ say: "hm" }, { crash: 3 }], "*": [{ artifact: {} }] };

  async function crashed(more: Parameters<typeof play>[1] = {}, acts: Record<string, unknown> = CRASHES) {
    const { here, agent } = await begin(acts, more);
    await here.becomes(agent, "exited");
    await agent.close();
    return here;
  }
  const conversations = async (here: AcpStage) => (await here.happened("prompt")).map(({ sessionId }) => sessionId);

  test("goes on with its conversation, says so, and keeps it over a restart of the daemon", async () => {
    const here = await crashed();
    const place = here.inItsPlace();
    const next = await here.open(place);
    const [first] = await here.happened("new");
    expect(next.continued).toBe(first?.sessionId);
    await here.becomes(next, "ready");
    await next.deliver(here.prompt("two"), NEVER);
    await here.becomes(next, "ready");
    await next.release();
    const back = await here.open(place);
    expect(back.continued).toBe(first?.sessionId);
    await here.becomes(back, "ready");
    await back.deliver(here.prompt("three"), NEVER);
    await here.becomes(back, "ready");
    expect(await conversations(here)).toEqual(Array(3).fill(first?.sessionId));
    expect(await here.happened("new")).toHaveLength(1);
  });

  test.each([
    ["has forgotten it", { start: { forgets: true } }, undefined],
    ["cannot load any", { start: { load: false } }, undefined],
    ["loads one that has not what it was told", {}, "Phase: another"],
  ])("begins anew when its agent %s", async (_, more, mark) => {
    const here = await crashed(more);
    const next = await here.open(here.inItsPlace(mark));
    expect(next.continued).toBeUndefined();
    await here.becomes(next, "ready");
    await next.deliver(here.prompt("two"), NEVER);
    const [first, second] = await conversations(here);
    expect(second).not.toBe(first);
  });

  test("is not waited for longer than its profile says, when its conversation never comes", async () => {
    const here = await crashed({ start: { loads: "never" }, acp: { startTimeout: 3_000 } });
    const next = await here.open(here.inItsPlace());
    expect(next.continued).toBeUndefined();
    expect(next.verdict().state).toBe("exited");
    expect(asks(next)).toContain("it did not load its conversation in time");
  });

  test("books what its conversation has used since, and not what the one before has", async () => {
    const told = (inputTokens: number) => ({ usage: { inputTokens, outputTokens: 0, totalTokens: inputTokens } });
    const acts = { one: [{ artifact: {} }, told(100)], two: [{ crash: 3 }], three: [{ artifact: {} }, told(150)] };
    const { here, agent } = await begin(acts, { acp: { usage: "conversation" } });
    await here.becomes(agent, "ready");
    await agent.deliver(here.prompt("two"), NEVER);
    await here.becomes(agent, "exited");
    await agent.close();
    const next = await here.open(here.inItsPlace());
    await here.becomes(next, "ready");
    await next.deliver(here.prompt("three"), NEVER);
    await here.becomes(next, "ready");
    const booked = here.heard.flatMap((news) => (news.kind === "usage" ? [news.usage.inputTokens] : []));
    expect(booked).toEqual([100, 50]);
  });
});
