/** A model agent, its process the real one and its model a script, held to the contract of every agent. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelAgents } from "../../src/adapters/models/model-agents.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import type { AgentAdapter, AgentSession, AgentSpec } from "../../src/ports/agent.ts";
import { fakeSpending } from "../support/fake-spending.ts";
import { persona } from "../support/made.ts";
import { openRouter, writes } from "../support/openrouter.ts";
import { type Act, agentContract } from "./agent.ts";

const ROOT = join(import.meta.dirname, "../..");

agentContract("a model behind an API", {
  can: { interrupt: true, restart: true },
  async start(acts) {
    const folder = await mkdtemp(join(tmpdir(), "devflow 계약-"));
    const cwd = join(folder, "work tree");
    const state = join(folder, "state");
    await mkdir(cwd);
    await writeFile(join(cwd, "schema.json"), JSON.stringify({ type: "object" }));
    let agent: AgentSession | undefined;
    const actOf = (phase: string): Act => acts[phase === "two" ? 1 : 0] ?? "write";
    const server = await openRouter({
      moves: writes({ note: "made by the contract test" }),
      fault: ({ phase }) => {
        if (actOf(phase) === "crash" && agent?.pid !== undefined) process.kill(agent.pid, "SIGKILL");
        return actOf(phase) === "write" ? undefined : "done"; // and nothing is answered
      },
    });
    function adapter(): AgentAdapter {
      const inner = modelAgents({
        clock: systemClock(),
        env: process.env,
        stateDirectory: state,
        program: { file: join(ROOT, "dist/model-agent.mjs") },
        providers: { openrouter: { baseUrl: server.baseUrl, key: "THE_KEY", headers: {}, free: false } },
        secretOf: async () => "sk-or-v1-contract",
        known: () => undefined,
        spending: fakeSpending(),
        endProcesses,
        trouble: () => {},
        restarts: 0,
      });
      const model = persona("contract", { adapter: "agent", model: "some/model" });
      const asModel = (spec: AgentSpec): AgentSpec => ({ ...spec, persona: model });
      return {
        open: async (spec) => {
          agent = await inner.open(asModel(spec));
          return agent;
        },
        adopt: (spec) => inner.adopt(asModel(spec)),
      };
    }
    return {
      adapter: adapter(),
      restarted: async () => adapter(),
      cwd,
      agent: undefined,
      prompts: async () => {
        const [session = ""] = await readdir(state);
        const text = await readFile(join(state, session, "transcript.jsonl"), "utf8");
        const lines = text.trimEnd().split("\n");
        const all = lines.map((line) => JSON.parse(line) as { kind: string; text: string });
        return all.filter(({ kind }) => kind === "prompt").map((line) => line.text);
      },
      exists: (path) =>
        stat(path).then(
          () => true,
          () => false,
        ),
      destroy: async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
});
