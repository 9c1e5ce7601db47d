/**
 * Real agents through the whole of devflow: their own TUIs in tmux panes, and their one-shot commands; their model is a script on loopback.
 * Each run has a world of its own, so they go side by side: an agent waits more than it works.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test, vi } from "vitest";
import type { RunCosts } from "../../src/protocol/money.ts";
import type { SessionNow } from "../../src/protocol/session-methods.ts";
import { agentOrSkip, chosenAgents, thorough } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, liveRun } from "../support/live-run.ts";
import { configureAgent, type RealAgent, type RealAgentName } from "../support/real-agents.ts";
import { record } from "../support/results.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { expectSound } from "../support/sound.ts";
import { expectToldOnce } from "../support/told-once.ts";
import { type World, world } from "../support/world.ts";

/** Downloading the first time, and three sessions of a slow starter on a loaded machine, in milliseconds. */
const RUN = 600_000;
const LEAVING = 300_000;
/** A slow starter on a loaded machine, until its model is asked. */
const PATIENTLY = { timeout: 120_000, interval: 100 };

type Adapter = "terminal" | "headless";

const ROLES = [
  ["author", "specify"],
  ["reviewer", "review"],
  ["verifier", "verify"],
] as const;

/** Who takes which role of implement-and-review, and how. */
const MIXED = [
  ["author", "plan", "claude", "terminal"],
  ["implementer", "implement", "codex", "terminal"],
  ["reviewer", "review", "gemini", "headless"],
  ["verifier", "verify", "opencode", "headless"],
] as const satisfies [string, string, RealAgentName, Adapter][];

const artifact = (schema: string, name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/artifacts", schema, name), "utf8"));

const REVIEWED = { artifact: artifact("review@1", "valid-approve.json") };
const VERIFIED = { artifact: artifact("verification@1", "valid-pass.json") };
const SPECIFIED = { artifact: artifact("spec@1", "valid-korean.json") };

const DONE = { artifact: artifact("change-summary@1", "valid-tested.json") };

const GOAL = '인사말을 공손하게 바꾼다: "안녕" 대신 `안녕하세요\' 👋\n둘째 줄';

/** Whose transcripts say what was used. */
const METERED: readonly string[] = ["codex", "opencode", "claude", "gemini", "qwen", "pi"];

/**
 * What is booked for these phases is what the model reported, each answer once. So many of the last ones may be missing: those that were
 * on their way when the agent was ended, since a run is over with its last artifact, and of which it has written nothing then.
 */
function expectBooked(run: LiveRun, model: ScriptedModel, phases: readonly string[], missing: number): void {
  const booked = run.of("usage.reported").filter(({ phase = "" }) => phases.includes(phase));
  const tokens = (of: readonly { inputTokens: number; outputTokens: number }[]) => ({
    input: of.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    output: of.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
  });
  const answers = phases.flatMap(model.reported);
  const possible = Array.from({ length: missing + 1 }, (_, less) => tokens(answers.slice(less)));
  expect(answers).not.toEqual([]);
  expect(possible).toContainEqual(tokens(booked));
}

async function expectMetered(w: World, model: ScriptedModel, run: LiveRun): Promise<void> {
  expectBooked(run, model, ["specify"], 0);
  expectBooked(run, model, ["review"], 1);
  expectBooked(run, model, ["verify"], 2);
  const { phases } = await w.json<RunCosts>("costs", run.id);
  const known = phases.filter(({ unmetered }) => !unmetered);
  expect(known.map(({ name }) => name)).toEqual(expect.arrayContaining(["specify", "review"]));
  expect(known.find(({ name }) => name === "specify")).toMatchObject({
    calls: 2,
    inputTokens: 2_400,
    outputTokens: 68,
  });
}

/** A world and a model of the test's own, left when it is over. */
async function enter({ onTestFinished }: TestContext, script: Parameters<typeof scriptedModel>[0]) {
  const w = world({ host: "tmux" });
  const model = await scriptedModel(script);
  onTestFinished(async () => {
    await w.close();
    await model.close();
  }, LEAVING);
  /** A persona of the test's own for a role, on a real agent that talks to the script. */
  async function bind(role: string, capability: string, agent: RealAgent, adapter: Adapter): Promise<string[]> {
    const variables = await configureAgent(agent.name, w.env.HOME ?? "", model.url);
    Object.assign(w.env, variables, { [`DEVFLOW_${agent.profile.toUpperCase()}`]: agent.bin });
    const { profile } = agent;
    const env = Object.keys(variables);
    addPersona(w, `real-${role}`, { capabilities: [capability], adapter, agent: profile, family: profile, env });
    return ["--bind", `${role}=real-${role}`];
  }
  async function bindAll(agent: RealAgent, adapter: Adapter): Promise<string[]> {
    const binds: string[] = [];
    for (const [role, capability] of ROLES) binds.push(...(await bind(role, capability, agent, adapter)));
    return binds;
  }
  return { w, model, bind, bindAll };
}

const phasesOf = (model: ScriptedModel): string[] => model.delivered.map(({ phase, nth }) => `${phase} ${nth}`);

async function recorded(agent: RealAgent, mode: Adapter, cell: string, play: () => Promise<void>): Promise<void> {
  let held = 0;
  try {
    await play();
    held = 1;
  } finally {
    record(agent, { mode, cell, held, of: 1 });
  }
}

const AT_ONCE = { concurrent: true, timeout: RUN };

for (const adapter of ["terminal", "headless"] as const) {
  test.runIf(hasTmux).for(chosenAgents)(
    `%s takes a change through every phase of spec-and-review as a ${adapter} agent, each prompt delivered once`,
    AT_ONCE,
    async (name, context) => {
      const agent = await agentOrSkip(name, context);
      await recorded(agent, adapter, "completes spec-and-review@1", async () => {
        const { w, model, bindAll } = await enter(context, { specify: SPECIFIED, review: REVIEWED, verify: VERIFIED });
        const binds = await bindAll(agent, adapter);
        const run = await w.devflow("run", "spec-and-review", "--goal", GOAL, ...binds, "--yes");
        const view = await w.show((await w.latest())?.id ?? "");
        const why = (await w.devflow("runs", "events", view.id)).out;
        expect(run.code, `${run.out}${run.err}${why}`).toBe(0);
        expect(phasesOf(model)).toEqual(["specify 1", "review 1", "verify 1"]);
        expect(model.delivered[0]?.prompt).toContain(GOAL);
        expectToldOnce(liveRun(w, view.id), model);
        expectSound(liveRun(w, view.id).stored());
        expect(
          view.sessions.map(({ agent: kind, host, state }) => [kind, host, state]),
          why,
        ).toEqual(Array(3).fill([agent.profile, adapter === "terminal" ? "tmux" : "process", "closed"]));
        expect(
          view.sessions
            .flatMap(({ recoveries }) => Object.keys(recoveries))
            .filter((counter) => counter !== "resubmit"),
        ).toEqual([]);
        if (adapter === "terminal" && METERED.includes(agent.profile))
          await expectMetered(w, model, liveRun(w, view.id));
      });
    },
  );

  test.runIf(hasTmux && thorough).for(chosenAgents)(
    `%s goes on as a ${adapter} agent when the daemon is killed in the middle of its turns`,
    AT_ONCE,
    async (name, context) => {
      const agent = await agentOrSkip(name, context);
      await recorded(agent, adapter, "the daemon is killed and restarted", async () => {
        const [away, back] = [gate(), gate()];
        const { w, model, bind } = await enter(context, {
          first: () => away.passed.then(() => DONE),
          second: () => back.passed.then(() => DONE),
        });
        addTemplate(w, "line", { first: { role: "work" }, second: { role: "work", needs: ["first"] } });
        const run = await begin(w, "line", "--goal", GOAL, ...(await bind("work", "implement", agent, adapter)));
        const told: string[] = [];
        for (const [phase, answer] of Object.entries({ first: away, second: back })) {
          told.push(`${phase} 1`);
          await vi.waitFor(() => expect(phasesOf(model)).toEqual(told), PATIENTLY);
          const { session } = await run.event("prompt.delivered", (one) => one.phase === phase);
          process.kill(w.daemonPid(), "SIGKILL");
          // The first turn ends while no daemon is there, the second one once the next daemon has taken it over.
          if (answer === away) away.open();
          expect((await w.devflowd("start")).code).toBe(0);
          if (answer === away) continue;
          const shown = () => w.json<{ session: SessionNow }>("sessions", "show", session);
          await vi.waitFor(async () => expect((await shown()).session.state).toBe("working"), PATIENTLY);
          back.open();
        }
        const waited = await w.devflow("runs", "wait", run.id, "--timeout", "3m");
        expect(waited.code, run.told().slice(-30).join("\n")).toBe(0);
        expect(phasesOf(model)).toEqual(told);
        expectToldOnce(run, model);
        expectSound(run.stored());
        const { sessions } = await w.show(run.id);
        expect(sessions).toHaveLength(1);
        expect(Object.keys(sessions[0]?.recoveries ?? {}).filter((counter) => counter !== "resubmit")).toEqual([]);
        if (adapter === "terminal" && METERED.includes(agent.profile)) expectBooked(run, model, ["first", "second"], 2);
      });
    },
  );
}

test.runIf(hasTmux && MIXED.every(([, , name]) => chosenAgents.includes(name)))(
  "one run mixes four different agents, two of them without a terminal",
  AT_ONCE,
  async (context) => {
    const agents: RealAgent[] = [];
    for (const [, , name] of MIXED) agents.push(await agentOrSkip(name, context));
    const { w, model, bind } = await enter(context, {
      plan: { artifact: artifact("plan@1", "valid-two-steps.json") },
      implement: {
        artifact: artifact("change-summary@1", "valid-tested.json"),
        files: { "hello.js": "console.log('안녕하세요')\n" },
      },
      review: REVIEWED,
      verify: VERIFIED,
    });
    const binds: string[] = [];
    for (const [role, capability, name, adapter] of MIXED) {
      const agent = agents.find((one) => one.name === name);
      if (agent) binds.push(...(await bind(role, capability, agent, adapter)));
    }
    const run = await begin(w, "implement-and-review", "--goal", GOAL, ...binds);
    await run.reaches("waiting");
    await w.devflow("approve", run.id, "plan");
    const ended = await w.devflow("runs", "wait", run.id, "--timeout", "4m");
    expect(ended.code, run.told().slice(-30).join("\n")).toBe(0);
    expect(phasesOf(model)).toEqual(["plan 1", "implement 1", "review 1", "verify 1"]);
    expectToldOnce(run, model);
    expect(run.status()).toBe("completed");
    const view = await w.show(run.id);
    expect(view.sessions.map(({ agent }) => agent).sort()).toEqual(MIXED.map(([, , name]) => name).sort());
  },
);

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}
