/** The paper agent as a one-shot command, held to the contract of every agent. */
import { join } from "node:path";
import { headlessAgents } from "../../src/adapters/agents/headless-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { PAPER, paperStage } from "../support/paper-stage.ts";
import { profile } from "../support/profiles.ts";
import { agentContract } from "./agent.ts";

agentContract("paper as a one-shot command", {
  can: { interrupt: true, restart: true },
  async start(acts) {
    const stage = await paperStage(acts);
    const adapter = () =>
      headlessAgents({
        clock: systemClock(),
        profileOf: async () => profile("paper"),
        program: async () => PAPER,
        env: stage.env,
        stateDirectory: join(stage.folder, "state"),
        endProcesses,
      });
    return { ...stage, adapter: adapter(), restarted: async () => adapter(), agent: "paper" };
  },
});
