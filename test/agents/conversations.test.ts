/**
 * Real agents that are killed in the middle of a phase: their next process goes on with the same conversation, as their model sees it, and the
 * phase is completed. Nothing is told twice.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { chosenAgents } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { begin } from "../support/live-run.ts";
import { killBelow } from "../support/process-tree.ts";
import { configureAgent, type RealAgent, realAgent } from "../support/real-agents.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { expectSound } from "../support/sound.ts";
import { type World, world } from "../support/world.ts";

/** Downloading the first time, in milliseconds. */
const INSTALL = 600_000;
/** Two starts of a slow starter on a loaded machine. */
const RUN = 600_000;
const SLOW = 120_000;

const SUMMARY = join(import.meta.dirname, "../../fixtures/artifacts/change-summary@1/valid-tested.json");
const DONE = { artifact: JSON.parse(readFileSync(SUMMARY, "utf8")) };

let model: ScriptedModel | undefined;
let here: World | undefined;
let answer: (done: typeof DONE) => void = () => {};
afterEach(async () => {
  answer(DONE);
  await here?.close();
  await model?.close();
  here = undefined;
  model = undefined;
}, 300_000);

/** Gemini CLI does not find a conversation of its own again over ACP. */
const OVER_ACP: ReadonlySet<string> = new Set(["opencode"]);

const told = (prompt: string): string => prompt.slice(prompt.indexOf("You work on the phase"));

describe.runIf(hasTmux).each(chosenAgents)("the real %s", (name) => {
  let agent: RealAgent;
  beforeAll(async () => {
    agent = await realAgent(name);
  }, INSTALL);

  test.each(["terminal", "headless", ...(OVER_ACP.has(name) ? (["acp"] as const) : [])] as const)(
    "killed in the middle of a phase, goes on with its own conversation (%s)",
    { timeout: RUN },
    async (adapter) => {
      const w = world({ host: "tmux" });
      here = w;
      const never = new Promise<typeof DONE>((resolve) => {
        answer = resolve;
      });
      let asked = 0;
      const script = await scriptedModel({
        work: ({ nth }) => {
          asked += 1;
          // One step is done, and another is thought about for ever.
          return nth > 1 ? DONE : asked === 1 ? { ...DONE, files: { "first.txt": "one\n" } } : never;
        },
      });
      model = script;
      const variables = await configureAgent(agent.name, w.env.HOME ?? "", script.url);
      Object.assign(w.env, variables, { [`DEVFLOW_${agent.profile.toUpperCase()}`]: agent.bin });
      const { profile } = agent;
      const env = Object.keys(variables);
      addPersona(w, "real", { capabilities: ["implement"], adapter, agent: profile, family: profile, env });
      addTemplate(w, "line", { work: {} });
      const run = await begin(w, "line", "--goal", "인사말을 공손하게", "--bind", "work=real");
      await expect.poll(() => asked, { timeout: SLOW }).toBe(2);
      const { session } = await run.event("prompt.delivered");
      const shown = await w.json<{ session: { pid?: number } }>("sessions", "show", session);
      const { pid = 0 } = shown.session;
      killBelow(pid);
      if (adapter === "acp") process.kill(pid, "SIGKILL"); // nothing of devflow's own is above it
      const waited = await w.devflow("runs", "wait", run.id, "--timeout", "3m");
      expect(waited.code, `${run.told().join("\n")}\n${waited.out}`).toBe(0);
      expect(run.of("prompt.sending").map(({ purpose }) => purpose)).toEqual(["work", "continue"]);
      const [first, second, ...more] = script.delivered;
      expect(more).toEqual([]);
      // Gemini CLI says anew which files there are, in front of the first prompt.
      expect(second?.earlier.map(told)).toEqual([told(first?.prompt ?? "")]);
      expect(second?.prompt).toContain("this is your conversation from before");
      expectSound(run.stored());
    },
  );
});
