/** What stands in the way of a persona: for models behind an API, a model, a provider, its key, or a server that is not there. */
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { type AgentsOptions, agents } from "../../../src/adapters/agents/agents.ts";
import { fakeAgents } from "../../../src/adapters/agents/fake-agent.ts";
import { answersAt } from "../../../src/adapters/models/answers.ts";
import { Failure } from "../../../src/domain/failure.ts";
import type { Persona } from "../../../src/domain/persona.ts";
import { providersOf } from "../../../src/domain/provider.ts";
import { persona } from "../../support/made.ts";

const PROVIDERS = providersOf({ mine: { baseUrl: "http://127.0.0.1:9/v1/" } });

async function obstacle(more: Partial<Persona>, options: Partial<AgentsOptions> = {}, byName = false) {
  const who = agents({
    adapters: { agent: fakeAgents(() => {}) },
    profiles: async () => [],
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
    expect([missing?.code, missing?.hint]).toEqual([
      "persona.no_key",
      "start the daemon with it in its environment: OPENROUTER_API_KEY=… devflowd restart",
    ]);
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
