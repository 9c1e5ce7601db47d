/** What stands in the way of a persona: for models behind an API, a model, a provider, its key, or a server that is not there. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AgentsOptions, agents } from "../../../src/adapters/agents/agents.ts";
import { fakeAgents } from "../../../src/adapters/agents/fake-agent.ts";
import { answersAt } from "../../../src/adapters/models/answers.ts";
import { Failure } from "../../../src/domain/failure.ts";
import type { Persona } from "../../../src/domain/persona.ts";
import { providersOf } from "../../../src/domain/provider.ts";
import { persona } from "../../support/made.ts";
import { profile } from "../../support/profiles.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const PROVIDERS = providersOf({ mine: { baseUrl: "http://127.0.0.1:9/v1/" } });

async function obstacle(more: Partial<Persona>, options: Partial<AgentsOptions> = {}, byName = false) {
  const who = agents({
    adapters: { agent: fakeAgents(() => {}) },
    profiles: async () => ({ good: [], broken: [] }),
    env: {},
    providers: PROVIDERS,
    secretOf: async () => undefined,
    answers: async () => false,
    ...options,
  });
  const found = await who.obstacle(persona("maker", { adapter: "agent", ...more }), byName);
  return found instanceof Failure ? found : undefined;
}

const api = (provider: string): Persona["api"] => ({
  provider,
  tools: ["complete"],
  commands: [],
  limits: { maxTurns: 1, maxTokensTotal: 1_000, maxToolCalls: 1, maxOutputTokens: 256, wallTime: "1m" },
});

describe("a persona that is a model behind an API", () => {
  test("needs a model, a provider that is known, and its key; the hint says how to set it", async () => {
    expect((await obstacle({}))?.code).toBe("persona.no_model");
    expect((await obstacle({ model: "m", api: api("nobody") }))?.message).toContain("nobody");
    const missing = await obstacle({ model: "m" });
    expect([missing?.code, missing?.hint]).toEqual(["persona.no_key", "devflow login openrouter"]);
    expect(await obstacle({ model: "m" }, { secretOf: async (name) => `the ${name}` })).toBeUndefined();
  });

  test("on a server without a key is taken unasked only when that answers", async () => {
    const mine = { model: "m", api: api("mine") };
    expect((await obstacle(mine))?.code).toBe("persona.no_server");
    expect(await obstacle(mine, {}, true)).toBeUndefined();
    expect(await obstacle(mine, { answers: async () => true })).toBeUndefined();
  });
});

test("a server answers when somebody listens there, whatever it speaks", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  expect(await answersAt(`http://127.0.0.1:${port}/v1`)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await answersAt(`http://127.0.0.1:${port}/v1`)).toBe(false);
});

describe("a persona on an agent", () => {
  const codex = { value: profile("codex"), source: join(import.meta.dirname, "../../../agents/codex.yaml") };
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  async function known(version: string, options: Partial<AgentsOptions> = {}) {
    const program = join(folder.path, "codex");
    writeFileSync(program, `#!/bin/sh\necho codex-cli ${version}\n`, { mode: 0o700 });
    return agents({
      adapters: { terminal: fakeAgents(() => {}) },
      profiles: async () => ({ good: [codex], broken: [] }),
      env: { PATH: process.env.PATH, DEVFLOW_CODEX: program },
      providers: {},
      secretOf: async () => undefined,
      answers: async () => false,
      ...options,
    });
  }
  const who = persona("maker", { adapter: "terminal", agent: "codex" });

  test("whose version its profile is not made for is used, and that is said", async () => {
    const there = await known("1.2.3");
    expect(await there.obstacle(who, true)).toBeUndefined();
    expect(await there.remarks?.(who)).toEqual([
      "persona maker@1 runs OpenAI Codex CLI 1.2.3, and its profile is made for >=0.160 <1",
    ]);
  });

  test("is refused for that where the settings say so", async () => {
    const there = await known("1.2.3", { unsupportedVersion: "refuse" });
    expect(await there.obstacle(who, true)).toMatchObject({ code: "persona.agent_unsupported" });
  });

  test("in a version that the profile is made for is nothing to talk about", async () => {
    const there = await known("0.170.1", { unsupportedVersion: "refuse" });
    expect([await there.obstacle(who, true), await there.remarks?.(who)]).toEqual([undefined, []]);
  });

  test("whose profile is broken is refused with its place; the others are not", async () => {
    const error = new Failure("definition.invalid", { where: "a.yaml:3:1", kind: "agent", problem: "it is broken" });
    const profiles = async () => ({ good: [codex], broken: [{ name: "gemini", error }] });
    const there = await known("0.170.1", { profiles });
    expect(await there.obstacle(persona("other", { adapter: "terminal", agent: "gemini" }), true)).toBe(error);
    expect(await there.obstacle(who, true)).toBeUndefined();
  });
});
