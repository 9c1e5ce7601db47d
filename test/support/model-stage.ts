/** A model agent before a scripted provider, both gone after the test. */
import { onTestFinished } from "vitest";
import { type AgentOptions, type ModelAgent, startAgent } from "./model-agent.ts";
import { type ModelServer, modelServer, type Reply } from "./model-server.ts";
import { tempDirectory } from "./temp.ts";

export interface ModelStage {
  agent: ModelAgent;
  server: ModelServer;
  /** Kills the process and starts another one in the same folder. */
  again(): Promise<ModelAgent>;
}

export async function modelStage(replies: Reply[], more: Partial<AgentOptions> = {}): Promise<ModelStage> {
  const directory = tempDirectory();
  const server = await modelServer(...replies);
  onTestFinished(() => server.close());
  const start = async () => {
    const agent = await startAgent({ directory, baseUrl: server.baseUrl, ...more });
    onTestFinished(() => agent.kill());
    return agent;
  };
  const agent = await start();
  return {
    agent,
    server,
    async again() {
      await agent.kill();
      return start();
    },
  };
}
