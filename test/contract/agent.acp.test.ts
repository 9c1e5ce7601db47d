/** The fixture agent over the Agent Client Protocol, held to the contract of every agent. */
import { acpStage } from "../support/acp-stage.ts";
import { type Act, agentContract } from "./agent.ts";

const ACTS: Record<Act, unknown[]> = {
  write: [{ artifact: { note: "made by the contract test" } }],
  stall: [{ say: "I think about it." }, { stall: true }],
  crash: [{ crash: 3 }],
  nothing: [{ say: "I did nothing." }],
};

agentContract("an agent over ACP", {
  // Its process ends with the daemon: what a restart means for it is tested in test/adapters/acp.
  can: { interrupt: true, restart: false },
  async start([first = "write", second = "write"]) {
    const stage = await acpStage({ scenario: { phases: { one: ACTS[first], two: ACTS[second] } } });
    return {
      adapter: stage.adapter(),
      cwd: stage.cwd,
      agent: "acp-agent",
      prompts: async () => (await stage.happened("prompt")).map(({ text }) => text ?? ""),
      exists: async (path) => stage.exists(path),
      destroy: stage.destroy,
    };
  },
});
