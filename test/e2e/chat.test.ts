/** Talks with agents that have no terminal: a one-shot command and the Agent Client Protocol give answers in words of their own. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { connect } from "../../src/cli/client.ts";
import { placesHere } from "../../src/protocol/here.ts";
import { ACP_AGENT } from "../support/acp-stage.ts";
import { addPersona } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

const TIME = { timeout: 60_000, interval: 100 };

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 60_000);

interface Turn {
  said: string;
  answered?: string;
}

/** A talk over the socket alone, as another client than ours would have it. */
async function talk(w: World, persona: string) {
  here = w;
  const heard: string[] = [];
  const call = async <T>(method: string, params: object): Promise<T> =>
    w.json<T>("ctl", "call", method, JSON.stringify(params));
  const { run } = await call<{ run: string }>("run.start", {
    template: "chat",
    goal: "A talk",
    repo: w.repo,
    bind: { partner: persona },
  });
  const client = await connect(placesHere(w.env).socket);
  const over = new AbortController();
  const onSaying = ({ text }: { text: string }): void => void heard.push(text);
  const listening = (async () => {
    for await (const _ of client.follow(0, { run, signal: over.signal, onSaying }));
  })();
  return {
    run,
    /** What its agent has said, piece by piece. */
    heard,
    call,
    says: async (text: string): Promise<Turn> => {
      // At once: a talk that has only just begun is waited for.
      const said = await call<{ turn: number }>("talk.say", { run, text });
      return vi.waitFor(async () => {
        const { events } = await call<{ events: { event: { type: string; number?: number } }[] }>("run.events", {
          run,
        });
        const over = events.some(({ event }) => event.type === "turn.ended" && event.number === said.turn);
        if (!over) throw new Error("it is not over");
        return call<Turn>("talk.turn", { run, turn: said.turn });
      }, TIME);
    },
    end: async () => {
      await call("talk.end", { run });
      expect((await w.devflow("runs", "wait", run)).code).toBe(0);
      over.abort();
      await listening;
      client.close();
      expect(await w.json("sessions", "list")).toEqual([]);
      const { text } = await call<{ text: string }>("run.report", { run });
      expect(text).toMatch(/\| talk \| accepted \| .* \| conversation@1 \|/);
    },
  };
}

test("a one-shot command answers turn by turn", async () => {
  const w = world({ scenario: { phases: { "*": [{ say: "Words, and more of them." }] } } });
  const common = { capabilities: ["implement"], agent: "paper", family: "paper" };
  addPersona(w, "paper-print", { ...common, adapter: "headless" });
  const it = await talk(w, "paper-print");
  expect(await it.says("hello")).toEqual({ turn: 1, said: "hello", answered: "Words, and more of them." });
  expect(await it.says("and now?")).toMatchObject({ turn: 2, answered: "Words, and more of them." });
  expect(it.heard).toEqual(["Words, and more of them.", "Words, and more of them."]);
  await it.end();
}, 120_000);

test("an agent over ACP answers, and its tools are told as it calls them", async () => {
  const w = world();
  const put = (path: string, value: unknown) => {
    mkdirSync(join(w.home, "config", path, ".."), { recursive: true });
    writeFileSync(join(w.home, "config", path), stringify(value));
  };
  const paper = parse(readFileSync(join(import.meta.dirname, "../../agents/paper.yaml"), "utf8"));
  put("agents/acp-agent.yaml", {
    ...paper,
    name: "acp-agent",
    binary: { ...paper.binary, command: ACP_AGENT, override: undefined },
    env: { pass: ["ACP_SCENARIO", "ACP_HOME"] },
    acp: { args: [] },
  });
  const common = { capabilities: ["implement"], agent: "acp-agent", family: "paper" };
  addPersona(w, "acp-talker", { ...common, adapter: "acp" });
  writeFileSync(join(w.folder, "acp.json"), JSON.stringify({ phases: { "*": [{ say: "Over " }, { say: "ACP." }] } }));
  Object.assign(w.env, { ACP_SCENARIO: join(w.folder, "acp.json"), ACP_HOME: join(w.folder, "conversations") });
  const it = await talk(w, "acp-talker");
  expect(await it.says("!ls is no command here")).toMatchObject({ answered: "Over ACP." });
  expect(it.heard.join("")).toBe("Over ACP.");
  await expect(it.call("talk.undo", { run: it.run })).resolves.toMatchObject({ turn: 1, files: 0 });
  await it.end();
  await expect(it.call("talk.say", { run: it.run, text: "too late" })).rejects.toThrow("talk.none");
}, 120_000);
