/** Real agents through the whole of devflow: their own TUIs in tmux panes, and their one-shot commands; their model is a script on loopback. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { chosenAgents, thorough } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, liveRun } from "../support/live-run.ts";
import { killBelow } from "../support/process-tree.ts";
import { configureAgent, type RealAgent, realAgent } from "../support/real-agents.ts";
import { record } from "../support/results.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { addPersona } from "../support/shelf.ts";
import { expectSound } from "../support/sound.ts";
import { type World, world } from "../support/world.ts";

/** Downloading the first time, in milliseconds. */
const INSTALL = 600_000;
/** Three sessions of a slow starter on a loaded machine. */
const RUN = 300_000;

type Adapter = "terminal" | "headless";
const ADAPTERS = ["terminal", "headless"] as const;

const ROLES = [
  ["author", "specify"],
  ["reviewer", "review"],
  ["verifier", "verify"],
] as const;

const artifact = (schema: string, name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/artifacts", schema, name), "utf8"));

const REVIEWED = { artifact: artifact("review@1", "valid-approve.json") };
const VERIFIED = { artifact: artifact("verification@1", "valid-pass.json") };
const SPECIFIED = { artifact: artifact("spec@1", "valid-korean.json") };

const GOAL = '인사말을 공손하게 바꾼다: "안녕" 대신 `안녕하세요\' 👋\n둘째 줄';

let model: ScriptedModel | undefined;
let here: World | undefined;

afterEach(async () => {
  await here?.close();
  await model?.close();
  here = undefined;
  model = undefined;
}, 300_000);

function enter(script: Parameters<typeof scriptedModel>[0]) {
  here = world({ host: "tmux" });
  const w = here;
  return {
    w,
    /** A persona of the test's own for a role, on a real agent that talks to the script. */
    async bind(role: string, capability: string, agent: RealAgent, adapter: Adapter): Promise<string[]> {
      model ??= await scriptedModel(script);
      const variables = await configureAgent(agent.name, w.env.HOME ?? "", model.url);
      Object.assign(w.env, variables, { [`DEVFLOW_${agent.profile.toUpperCase()}`]: agent.bin });
      const { profile } = agent;
      const env = Object.keys(variables);
      addPersona(w, `real-${role}`, { capabilities: [capability], adapter, agent: profile, family: profile, env });
      return ["--bind", `${role}=real-${role}`];
    },
  };
}

const delivered = () => model?.delivered.map(({ phase, nth }) => `${phase} ${nth}`);

describe.runIf(hasTmux).each(chosenAgents)("spec-and-review with the real %s", (name) => {
  let agent: RealAgent;

  beforeAll(async () => {
    agent = await realAgent(name);
  }, INSTALL);

  const recorded = (adapter: Adapter, cell: string, play: () => Promise<void>) => async () => {
    let held = 0;
    try {
      await play();
      held = 1;
    } finally {
      record(agent, { mode: adapter, cell, held, of: 1 });
    }
  };

  for (const adapter of ADAPTERS) {
    test(
      `takes a change through every phase as a ${adapter} agent, each prompt delivered once`,
      { timeout: RUN },
      recorded(adapter, "completes spec-and-review@1", async () => {
        const { w, bind } = enter({ specify: SPECIFIED, review: REVIEWED, verify: VERIFIED });
        const binds: string[] = [];
        for (const [role, capability] of ROLES) binds.push(...(await bind(role, capability, agent, adapter)));
        const run = await w.devflow("run", "spec-and-review", "--goal", GOAL, ...binds, "--yes");
        expect(run.code, `${run.out}${run.err}`).toBe(0);
        expect(delivered()).toEqual(["specify 1", "review 1", "verify 1"]);
        expect(model?.delivered[0]?.prompt).toContain(GOAL);
        const view = await w.show((await w.latest())?.id ?? "");
        expectSound(liveRun(w, view.id).stored());
        const why = (await w.devflow("runs", "events", view.id)).out;
        expect(
          view.sessions.map(({ agent: kind, host, state }) => [kind, host, state]),
          why,
        ).toEqual(Array(3).fill([agent.profile, adapter === "terminal" ? "tmux" : "process", "closed"]));
        expect(
          view.sessions
            .flatMap(({ recoveries }) => Object.keys(recoveries))
            .filter((counter) => counter !== "resubmit"),
        ).toEqual([]);
      }),
    );

    test.runIf(thorough)(
      `completes as a ${adapter} agent when the daemon and then the agent are killed in the middle of turns`,
      { timeout: RUN },
      recorded(adapter, "daemon killed and restarted, then the agent killed", async () => {
        const thought = gate();
        const reviewed = gate();
        const { w, bind } = enter({
          specify: () => thought.passed.then(() => SPECIFIED),
          review: ({ nth }) => (nth === 1 ? reviewed.passed.then(() => REVIEWED) : REVIEWED),
          verify: VERIFIED,
        });
        const binds: string[] = [];
        for (const [role, capability] of ROLES) binds.push(...(await bind(role, capability, agent, adapter)));
        const run = await begin(w, "spec-and-review", "--goal", GOAL, ...binds);
        await run.event("prompt.delivered", ({ phase }) => phase === "specify");
        process.kill(w.daemonPid(), "SIGKILL");
        thought.open();
        expect((await w.devflowd("start")).code).toBe(0);
        const { session } = await run.event("prompt.delivered", ({ phase }) => phase === "review");
        const shown = await w.json<{ session: { pid?: number } }>("sessions", "show", session);
        killBelow(shown.session.pid ?? 0);
        reviewed.open();
        const waited = await w.devflow("runs", "wait", run.id, "--timeout", "3m");
        expect(waited.code, run.told().slice(-30).join("\n")).toBe(0);
        expect(run.status()).toBe("completed");
        expect(delivered()?.filter((one) => !one.startsWith("review"))).toEqual(["specify 1", "verify 1"]);
        expectSound(run.stored());
      }),
    );
  }
});

test.runIf(hasTmux && thorough && chosenAgents.length > 3)(
  "one run mixes four different agents, two of them without a terminal",
  { timeout: RUN },
  async () => {
    const { w, bind } = enter({
      plan: { artifact: artifact("plan@1", "valid-two-steps.json") },
      implement: {
        artifact: artifact("change-summary@1", "valid-tested.json"),
        files: { "hello.js": "console.log('안녕하세요')\n" },
      },
      review: REVIEWED,
      verify: VERIFIED,
    });
    const [one, two, three, four] = await Promise.all(MIXED.map(realAgent));
    if (!one || !two || !three || !four) throw new Error("four agents are mixed");
    const binds = [
      ...(await bind("author", "plan", one, "terminal")),
      ...(await bind("implementer", "implement", two, "terminal")),
      ...(await bind("reviewer", "review", three, "headless")),
      ...(await bind("verifier", "verify", four, "headless")),
    ];
    const run = await begin(w, "implement-and-review", "--goal", GOAL, ...binds);
    await run.reaches("waiting");
    await w.devflow("approve", run.id, "plan");
    const ended = await w.devflow("runs", "wait", run.id, "--timeout", "4m");
    expect(ended.code, run.told().slice(-30).join("\n")).toBe(0);
    expect(delivered()).toEqual(["plan 1", "implement 1", "review 1", "verify 1"]);
    expect(run.status()).toBe("completed");
    const view = await w.show(run.id);
    expect(view.sessions.map(({ agent }) => agent).sort()).toEqual(MIXED.toSorted());
  },
);

const MIXED = ["claude", "codex", "gemini", "opencode"] as const;

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}
