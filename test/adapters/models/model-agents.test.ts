/** A model agent as the daemon holds it: a process that stands in for the real one, real files, a clock that goes. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ModelAgentsOptions, modelAgents } from "../../../src/adapters/models/model-agents.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { Failure } from "../../../src/domain/failure.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Delivery } from "../../../src/ports/agent.ts";
import type { Grant } from "../../../src/ports/spending.ts";
import { type FakeSpending, fakeSpending } from "../../support/fake-spending.ts";
import { persona, session } from "../../support/made.ts";

const NEVER = new AbortController().signal;
const TIME = { timeout: 30_000, interval: 20 };
const file = join(import.meta.dirname, "../../support/puppet-model.mjs");

let folder: string;
let open: AgentSession[];
let spending: FakeSpending;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "devflow 모델-"));
  open = [];
  spending = fakeSpending();
});
afterEach(async () => {
  for (const agent of open) await agent.close();
  await rm(folder, { recursive: true, force: true });
});

const adapter = (more: Partial<ModelAgentsOptions> = {}): AgentAdapter =>
  modelAgents({
    clock: systemClock(),
    env: { PATH: process.env.PATH, HOME: folder, OTHER_SECRET: "sesame", WANTED: "yes" },
    stateDirectory: folder,
    program: { file },
    providers: { openrouter: { baseUrl: "http://127.0.0.1:1/api/v1", key: "THE_KEY", headers: {}, free: false } },
    secretOf: async (name) => (name === "THE_KEY" ? "sk-or-v1-abc" : undefined),
    known: () => undefined,
    spending,
    endProcesses,
    trouble: () => {},
    ...more,
  });

const specOf = (more: Partial<AgentSpec> = {}): AgentSpec => ({
  session: SessionId.parse(ulid()),
  run: session("R"),
  role: "author",
  persona: persona("maker", { adapter: "agent", model: "some/model", env: ["WANTED"] }),
  cwd: folder,
  ...more,
});

async function enter(spec: AgentSpec, from = adapter()): Promise<AgentSession> {
  const agent = await from.open(spec);
  open.push(agent);
  await becomes(agent, "ready");
  return agent;
}

const becomes = (agent: AgentSession, state: string) =>
  vi.waitFor(() => expect(agent.verdict().state).toBe(state), TIME);

const deliver = (agent: AgentSession, key: string, text: string): Promise<Delivery> =>
  agent.deliver({ key, text, file: "f", task: { phase: "spec", attempt: 1, artifact: "a.json" } }, NEVER);

const kept = async (agent: AgentSession) =>
  JSON.parse(await readFile(join(folder, agent.session, "puppet.json"), "utf8")) as {
    taken: { key: string; attempt: string }[];
    paused: number;
  };

const newsOf = (agent: AgentSession): AgentNews[] => {
  const all: AgentNews[] = [];
  agent.watch((news) => all.push(news));
  return all;
};

describe("the calls of a model agent", () => {
  test("are asked for, settled, and told of with what was booked", async () => {
    const agent = await enter(specOf());
    const news = newsOf(agent);
    await deliver(agent, "k/1", "ask\nask");
    await vi.waitFor(() => expect(news.filter(({ kind }) => kind === "did")).toHaveLength(2), TIME);
    expect(spending.asked[0]).toEqual({
      call: `${agent.session}/1`,
      run: session("R"),
      session: agent.session,
      persona: "maker@1",
      phase: "spec",
      account: "http://127.0.0.1:1/api/v1 THE_KEY",
      model: "some/model",
      free: false,
      inputTokens: 100,
      maxOutputTokens: 50,
    });
    expect(spending.settled.map(({ call }) => call)).toEqual([`${agent.session}/1`, `${agent.session}/2`]);
    const did = news.flatMap((one) => (one.kind === "did" ? [one] : []));
    expect(did.map(({ nth }) => nth)).toEqual([1, 2]);
    expect(did[0]?.did).toMatchObject({ type: "model.called", usage: { inputTokens: 10, costUsd: "0.25" } });
  });

  test("cost nothing where the provider asks nothing", async () => {
    const providers = { openrouter: { baseUrl: "http://127.0.0.1:1/v1", headers: {}, free: true } };
    const agent = await enter(specOf(), adapter({ providers }));
    await deliver(agent, "k/1", "ask");
    await vi.waitFor(() => expect(spending.settled).toHaveLength(1), TIME);
    expect(spending.settled[0]?.end).toMatchObject({ kind: "used", usage: { costUsd: "0" } });
  });

  test("that wait for an account, or for money, say so and until when", async () => {
    let grant: (grant: Grant) => void = () => {};
    spending = fakeSpending({
      answer: ({ call }, waiting) => {
        waiting(
          call.endsWith("/1") ? { for: "account", said: "429", until: 4e12 } : { for: "budget", said: "0.10 USD left" },
        );
        return new Promise<Grant>((resolve) => {
          grant = resolve;
        });
      },
    });
    const agent = await enter(specOf());
    await deliver(agent, "k/1", "ask\nask");
    await becomes(agent, "rate_limited");
    expect(agent.verdict()).toMatchObject({ until: 4e12, evidence: [{ said: "429" }] });
    grant({ kind: "granted" });
    await vi.waitFor(() => expect(agent.verdict().evidence[0]?.said).toBe("0.10 USD left"), TIME);
    expect(agent.verdict().state).toBe("working"); // whoever keeps the money asks the person
    const failure = { code: "phase.timeout", message: "no more money", hint: "", details: {} } as const;
    grant({ kind: "refused", failure });
    await becomes(agent, "ready");
    expect(agent.verdict().failure).toEqual(failure);
  });

  test("that nobody will settle any more are settled when the session is closed", async () => {
    let grant: (grant: Grant) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      spending = fakeSpending({
        answer: () => {
          resolve();
          return new Promise<Grant>((answer) => {
            grant = answer;
          });
        },
      });
    });
    const agent = await enter(specOf());
    await deliver(agent, "k/1", "ask");
    await asked;
    const closed = agent.close();
    grant({ kind: "granted" });
    await closed;
    expect(spending.settled).toEqual([{ call: `${agent.session}/1`, end: { kind: "unknown" } }]);
  });
});

describe("a model agent's process", () => {
  test("that crashes is started again, in the same session, and takes no prompt twice", async () => {
    const agent = await enter(specOf());
    const first = agent.pid;
    expect((await deliver(agent, "k/1", "ask\ncrash-once\nask")).kind).toBe("delivered");
    await becomes(agent, "ready");
    await vi.waitFor(() => expect(agent.pid).not.toBe(first), TIME);
    await becomes(agent, "ready");
    expect((await deliver(agent, "k/1", "ask\ncrash-once\nask")).kind).toBe("delivered");
    expect((await kept(agent)).taken.map(({ key, attempt }) => [key, attempt])).toEqual([["k/1", "spec/1"]]);
  });

  test("that crashes again and again is given up, with the reason", async () => {
    const agent = await enter(specOf(), adapter({ restarts: 1 }));
    await deliver(agent, "k/1", "crash");
    await becomes(agent, "exited");
    expect(agent.verdict().evidence[0]?.said).toContain("exit code 3");
    expect((await deliver(agent, "k/2", "ask")).kind).toBe("lost");
  });

  test("is told the key, which is not in its environment, and gets what its persona names and no other secret", async () => {
    const handed: string[] = [];
    const agent = await enter(specOf(), adapter({ handed: (name, spec) => handed.push(`${name} → ${spec.session}`) }));
    await deliver(agent, "k/1", "environment");
    await becomes(agent, "ready");
    const text = await vi.waitFor(() => readFile(join(folder, agent.session, "environment.json"), "utf8"), TIME);
    const { key, env: given } = JSON.parse(text);
    const { NODE_CHANNEL_FD: _, NODE_CHANNEL_SERIALIZATION_MODE: __, ...env } = given;
    expect(key).toBe("sk-or-v1-abc");
    expect(handed).toEqual([`THE_KEY → ${agent.session}`]);
    expect(await readFile(`/proc/${agent.pid}/environ`, "utf8").catch(() => "")).not.toContain("sk-or-v1");
    expect(env).toEqual({
      PATH: process.env.PATH,
      HOME: folder,
      LANG: "C.UTF-8",
      WANTED: "yes",
      DEVFLOW_RUN: session("R"),
      DEVFLOW_SESSION: agent.session,
    });
  });

  test("leaves nothing waiting behind when it is closed", async () => {
    const clock = systemClock();
    let waiting = 0;
    const sleep: typeof clock.sleep = async (ms, signal) => {
      waiting += 1;
      await clock.sleep(ms, signal);
      waiting -= 1;
    };
    const agent = await enter(specOf(), adapter({ clock: { ...clock, sleep } }));
    await deliver(agent, "k/1", "work");
    await agent.close();
    await new Promise(setImmediate);
    expect(waiting).toBe(0);
  });

  test("ends when the daemon lets go, and another daemon's goes on where it was", async () => {
    const spec = specOf();
    const agent = await enter(spec);
    await deliver(agent, "k/1", "ask\nwork");
    await becomes(agent, "working");
    await vi.waitFor(() => expect(spending.settled).toHaveLength(1), TIME);
    const { pid = 0 } = agent;
    await agent.release();
    expect(() => process.kill(pid, 0)).toThrow();
    const next = await adapter().adopt(spec);
    if (!next) throw new Error("it was not taken over");
    open.push(next);
    const news = newsOf(next);
    await becomes(next, "working");
    expect((await deliver(next, "k/1", "ask\nwork")).kind).toBe("delivered");
    expect((await kept(next)).taken).toHaveLength(1);
    await vi.waitFor(() => expect(news.filter(({ kind }) => kind === "did")).not.toHaveLength(0), TIME);
    await next.close();
    expect(await adapter().adopt(spec)).toBeUndefined();
  });
});

describe("the turns of a model agent", () => {
  test("one that a limit has ended tells why, until the next one begins", async () => {
    const agent = await enter(specOf());
    await deliver(agent, "k/1", "fail");
    await vi.waitFor(() => expect(agent.verdict().failure?.code).toBe("phase.timeout"), TIME);
    await deliver(agent, "k/2", "work");
    expect(agent.verdict().failure).toBeUndefined();
    expect(await deliver(agent, "k/3", "work")).toMatchObject({ kind: "held" });
    await agent.interrupt("i/1");
    await becomes(agent, "ready");
    expect(agent.verdict().failure).toBeUndefined();
  });

  test("a person's message is taken at any time, and once", async () => {
    const agent = await enter(specOf());
    await deliver(agent, "k/1", "work");
    expect((await agent.say?.("m/1", "work"))?.kind).toBe("delivered");
    expect((await agent.say?.("m/1", "work"))?.kind).toBe("delivered");
    expect((await kept(agent)).taken.map(({ key }) => key)).toEqual(["k/1", "m/1"]);
  });

  test("one that is paused asks a person, also after a restart of the daemon", async () => {
    const spec = specOf();
    const agent = await enter(spec);
    await deliver(agent, "k/1", "work");
    await becomes(agent, "working");
    await agent.pause?.(true);
    expect(agent.verdict()).toMatchObject({ state: "awaiting_input", failure: { code: "session.paused" } });
    await agent.release();
    const next = await adapter().adopt(spec);
    if (!next) throw new Error("it was not taken over");
    open.push(next);
    await becomes(next, "awaiting_input");
    await vi.waitFor(async () => expect((await kept(next)).paused).toBe(2), TIME);
    await next.pause?.(false);
    await becomes(next, "working");
  });
});

test("a persona without model, provider or key starts nothing", async () => {
  const asks = (more: Parameters<typeof persona>[1], options: Partial<ModelAgentsOptions> = {}) =>
    adapter(options)
      .open(specOf({ persona: persona("maker", { adapter: "agent", ...more }) }))
      .catch((error: unknown) => (error instanceof Failure ? error.code : error));
  expect(await asks({})).toBe("persona.no_model");
  expect(await asks({ model: "m" }, { secretOf: async () => undefined })).toBe("persona.no_key");
  expect(await asks({ model: "m" }, { providers: {} })).toBe("persona.unknown_provider");
});
