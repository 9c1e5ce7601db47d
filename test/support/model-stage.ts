/** A model agent before a scripted provider, both gone after the test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { type AgentOptions, type ModelAgent, SESSION, startAgent } from "./model-agent.ts";
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
    onTestFinished(async () => {
      await agent.kill();
      await endProcesses({ session: SESSION }, 0);
    });
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

/** A call that lasts until it is stopped. */
export const SLEEP = { argv: ["sleep", "600"], timeoutSeconds: 900 };

/** Resolves once a command is under way: the tools have written down that they begin it, and not that it has ended. */
export async function sleeping({ folder, first }: ModelAgent): Promise<void> {
  await first("did", ({ did }) => did.type === "tool.calling" && did.tool === "run_command");
  const tools = join(folder, "tools");
  const underWay = () =>
    readdirSync(tools)
      .filter((name) => name.endsWith(".json"))
      .some((name) => !("answer" in (JSON.parse(readFileSync(join(tools, name), "utf8")) as object)));
  await expect.poll(underWay, { timeout: 20_000 }).toBe(true);
}
