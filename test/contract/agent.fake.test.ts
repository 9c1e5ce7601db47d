/** The fake agent, held to the contract of every agent. */
import { fakeAgents } from "../../src/adapters/agents/fake-agent.ts";
import { type Act, agentContract } from "./agent.ts";

agentContract("the fake", {
  can: { interrupt: true, restart: false },
  async start(acts: readonly Act[]) {
    const files = new Set<string>();
    const prompts: string[] = [];
    const adapter = fakeAgents(async ({ prompt, artifact, count, crash }) => {
      prompts.push(prompt.text);
      const act = acts[count - 1] ?? "write";
      if (act === "write") files.add(artifact);
      if (act === "crash") crash();
      if (act === "stall") await new Promise(() => {});
    });
    return {
      adapter,
      cwd: "/w",
      agent: undefined,
      prompts: async () => prompts,
      exists: async (path) => files.has(path),
      destroy: async () => {},
    };
  },
});
