/** Which real agents a test run is about: those of `npm run test:agents -- …`, else those that `npm run check` takes. */
import { ALL_AGENTS, REAL_AGENTS, type RealAgentName } from "./real-agents.ts";

const named = process.env.DEVFLOW_TEST_AGENTS?.split(",") ?? [];

/** Every case, not only those that are quick. */
export const thorough = named.length > 0;

export const chosenAgents: readonly RealAgentName[] = thorough
  ? ALL_AGENTS.filter((name) => named.includes(name))
  : REAL_AGENTS;
