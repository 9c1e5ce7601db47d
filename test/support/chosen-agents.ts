/** Which real agents a test run is about: those of `npm run test:agents -- …`, else those that `npm run check` takes. */
import type { TestContext } from "vitest";
import { ALL_AGENTS, type RealAgent, type RealAgentName, realAgent } from "./real-agents.ts";

const named = process.env.DEVFLOW_TEST_AGENTS?.split(",") ?? [];

/** Every case, not only those that are quick. */
export const thorough = named.length > 0;

/** Those that `npm run check` takes. */
const USUAL: readonly RealAgentName[] = ["codex", "opencode", "claude", "gemini"];

export const chosenAgents: readonly RealAgentName[] = thorough
  ? ALL_AGENTS.filter((name) => named.includes(name))
  : USUAL;

/** The agent. Where it cannot be installed the test is skipped, out loud; it fails for those who have asked for just this agent. */
export async function agentOrSkip(name: RealAgentName, { skip }: Pick<TestContext, "skip">): Promise<RealAgent> {
  try {
    return await realAgent(name);
  } catch (error) {
    if (thorough) throw error;
    const why = `${name} cannot be installed: ${String(error).split("\n", 1)[0]}`;
    process.stderr.write(`SKIPPED: ${why}\n`);
    return skip(why);
  }
}
