import { defineConfig } from "vitest/config";
import { LongFirst } from "./test/support/order.ts";

/** Real agents are large programs: side by side with anything else they only wait for each other. */
const REAL_AGENTS = ["test/agents/**/*.test.ts", "test/e2e/real-agents.test.ts"];

/** What takes long with each agent, or is held in passing by whole runs: `npm run test:agents` asks for it. */
const THOROUGH = ["conformance", "conversations", "events", "hooks", "real-agents-headless"].map(
  (name) => `test/agents/${name}.test.ts`,
);

/** On two cores: one more, since tests also wait for agents, timers and ends of processes. With five all takes as long, and each longer. */
const WORKERS = Number(process.env.DEVFLOW_TEST_WORKERS ?? 3);

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/e2e/**/*.test.ts"],
          exclude: REAL_AGENTS,
          maxWorkers: WORKERS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", ...REAL_AGENTS],
          maxWorkers: WORKERS,
          // One process for many files: loading devflow's sources anew for each was half of what they took.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "agents",
          include: REAL_AGENTS,
          exclude: process.env.DEVFLOW_TEST_AGENTS === undefined ? THOROUGH : [],
          maxWorkers: 1,
          // Runs of a file that go side by side: agents start slowly, and wait for their model more than they work.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
