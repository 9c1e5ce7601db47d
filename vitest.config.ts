import { defineConfig } from "vitest/config";

/** Real agents are large programs: side by side with anything else they only wait for each other. */
const REAL_AGENTS = ["test/agents/**/*.test.ts", "test/e2e/real-agents.test.ts"];

/** Takes long with each agent: `npm run test:agents` asks for it. */
const CONFORMANCE = process.env.DEVFLOW_TEST_AGENTS === undefined ? ["test/agents/conformance.test.ts"] : [];

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "devflow",
          include: ["test/**/*.test.ts"],
          exclude: REAL_AGENTS,
          // Two cores: more workers only make the real panes and processes wait for each other.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "agents",
          include: REAL_AGENTS,
          exclude: CONFORMANCE,
          maxWorkers: 1,
          // Runs of a file that go side by side: agents start slowly, and wait for their model more than they work.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
