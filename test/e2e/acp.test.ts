/** Agents over ACP through the whole of devflow: a person answers what they ask, and a daemon that is killed sends nothing twice. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import type { RunView } from "../../src/domain/view.ts";
import { ACP_AGENT } from "../support/acp-stage.ts";
import { isThere } from "../support/alive.ts";
import { liveRun } from "../support/live-run.ts";
import { journaled } from "../support/paper-stage.ts";
import { expectSound } from "../support/sound.ts";
import { type World, world } from "../support/world.ts";

const TIME = { timeout: 60_000, interval: 200 };

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
});

/** A devflow whose configuration has the fixture agent, a persona on it, and a template of one phase. */
function stage(acts: unknown) {
  const w = world();
  here = w;
  const config = join(w.home, "config");
  const put = (path: string, value: unknown) => {
    mkdirSync(join(config, path, ".."), { recursive: true });
    writeFileSync(join(config, path), stringify(value));
  };
  const paper = parse(readFileSync(join(import.meta.dirname, "../../agents/paper.yaml"), "utf8"));
  put("agents/acp-agent.yaml", {
    ...paper,
    name: "acp-agent",
    binary: { ...paper.binary, command: ACP_AGENT, override: undefined },
    env: { pass: ["ACP_SCENARIO", "ACP_JOURNAL", "ACP_HOME"] },
    acp: { args: [] },
  });
  put("personas/acp-worker.yaml", {
    name: "acp-worker",
    version: 1,
    description: "Works over ACP",
    capabilities: ["specify"],
    adapter: "acp",
    agent: "acp-agent",
    family: "paper",
  });
  put("templates/one-phase.yaml", {
    name: "one-phase",
    version: 1,
    description: "One phase",
    roles: { author: { requires: ["specify"] } },
    phases: [{ id: "specify", role: "author", produces: { schema: "spec@1" } }],
  });
  const journal = join(w.folder, "acp.jsonl");
  writeFileSync(join(w.folder, "acp.json"), JSON.stringify({ phases: { specify: acts } }));
  Object.assign(w.env, {
    ACP_SCENARIO: join(w.folder, "acp.json"),
    ACP_JOURNAL: journal,
    ACP_HOME: join(w.folder, "conversations"),
  });
  const start = async (): Promise<string> => {
    const run = await w.devflow("run", "one-phase", "--goal", "x", "--bind", "author=acp-worker", "--yes", "--detach");
    expect(run.code, `${run.out}${run.err}`).toBe(0);
    return (await w.latest())?.id ?? "";
  };
  return {
    w,
    start,
    happened: async (event: string) => (await journaled(journal)).filter((one) => one.event === event),
  };
}

const spec: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/artifacts/spec@1/valid-korean.json"), "utf8"),
);

test("what it asks permission for is an escalation, and a person's answer reaches it", {
  timeout: 120_000,
}, async () => {
  const tool = { kind: "execute", title: "Deploy", rawInput: { command: "make deploy" } };
  const { w, start, happened } = stage([{ permission: { tool, after: [{ artifact: spec }] } }]);
  const run = await start();
  const [asked] = await vi.waitFor(async () => {
    const escalations = await w.json<{ id: string; answers: string[]; failure: { message: string } }[]>(
      "escalations",
      "list",
    );
    expect(escalations).toHaveLength(1);
    return escalations;
  }, TIME);
  expect(asked?.failure.message).toContain("make deploy");
  expect(asked?.answers).toEqual(["allow", "deny"]);
  const answered = await w.devflow("escalations", "answer", asked?.id ?? "", "allow");
  expect(answered.code, `${answered.out}${answered.err}`).toBe(0);
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
  expect(await happened("permission")).toMatchObject([{ optionId: "allow-once" }]);
  expectSound(liveRun(w, run).stored());
  const view: RunView = await w.show(run);
  expect(view.sessions.map(({ adapter, state }) => [adapter, state])).toEqual([["acp", "closed"]]);
});

test("a daemon that is killed in its turn finds the conversation again and sends the prompt no second time", {
  timeout: 180_000,
}, async () => {
  const { w, start, happened } = stage({ 1: [{ say: "hm" }, { stall: true }], "*": [{ artifact: spec }] });
  const run = await start();
  await vi.waitFor(
    async () => expect((await w.devflow("runs", "events", run)).out).toContain("prompt delivered"),
    TIME,
  );
  const before = Number((await happened("start"))[0]?.pid);
  process.kill(w.daemonPid(), "SIGKILL");
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
  expect(isThere(before)).toBe(false);
  expect(await happened("load")).toHaveLength(1);
  const prompts = (await happened("prompt")).map(({ text }) => text ?? "");
  expect(prompts).toHaveLength(2);
  expect(prompts[1]).not.toBe(prompts[0]); // it was reminded, not asked again
  expectSound(liveRun(w, run).stored());
});

test("that crashes in the middle of a phase goes on with its own conversation, and is told that once", {
  timeout: 180_000,
}, async () => {
  const { w, start, happened } = stage({ 1: [{ say: "hm" }, { crash: 3 }], "*": [{ artifact: spec }] });
  const run = await start();
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
  const prompts = await happened("prompt");
  expect(prompts.map(({ sessionId }) => sessionId)).toEqual(Array(2).fill((await happened("new"))[0]?.sessionId));
  expect(await happened("load")).toHaveLength(1);
  expect(prompts[1]?.text).toContain("this is your conversation from before");
  const { stored, of } = liveRun(w, run);
  expect(of("prompt.sending").map(({ purpose }) => purpose)).toEqual(["work", "continue"]);
  expectSound(stored());
});
