/** Real agents that tell what they do by hooks of devflow's, beside their terminals: unasked, and without a trace in the user's configuration. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { hookSaid } from "../../src/domain/hook-event.ts";
import { chosenAgents } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { begin } from "../support/live-run.ts";
import { profile } from "../support/profiles.ts";
import { configureAgent, realAgent } from "../support/real-agents.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

/** With downloading the first time, in milliseconds. */
const RUN = 900_000;
const SLOW = 120_000;

const SUMMARY = join(import.meta.dirname, "../../fixtures/artifacts/change-summary@1/valid-tested.json");
const DONE = { artifact: JSON.parse(readFileSync(SUMMARY, "utf8")) };
const STEP = { ...DONE, files: { "first.txt": "one\n" } };

let model: ScriptedModel | undefined;
let here: World | undefined;
let open: () => void = () => {};
afterEach(async () => {
  open();
  await here?.close();
  await model?.close();
  here = undefined;
  model = undefined;
}, 300_000);

const hooked = chosenAgents.flatMap((name) => {
  const kind = name === "claude-newer" ? "claude" : name;
  return profile(kind).hooks ? [{ name, kind }] : [];
});

describe.runIf(hasTmux).each(hooked)("the real $name", ({ name, kind }) => {
  test("tells by its hooks that a turn has begun, uses a tool, and is over", { timeout: RUN }, async () => {
    const agent = await realAgent(name);
    const w = world({ host: "tmux" });
    here = w;
    const seen = new Promise<void>((resolve) => {
      open = resolve;
    });
    let asked = 0;
    const script = await scriptedModel({
      work: async () => {
        asked += 1;
        if (asked > 1) await seen;
        return STEP;
      },
    });
    model = script;
    const variables = await configureAgent(agent.name, w.env.HOME ?? "", script.url);
    Object.assign(w.env, variables, { [`DEVFLOW_${agent.profile.toUpperCase()}`]: agent.bin });
    addPersona(w, "real", {
      ...{ capabilities: ["implement"], adapter: "terminal", agent: agent.profile, family: "real" },
      env: Object.keys(variables),
    });
    addTemplate(w, "line", { work: { approval: "after" } });
    const run = await begin(w, "line", "--goal", "인사말을 공손하게", "--bind", "work=real");
    await expect.poll(() => asked, { timeout: SLOW }).toBeGreaterThan(1);
    const { session } = await run.event("session.opening");
    const said = () => {
      const text = readFileSync(join(w.home, "state", "hooks", session, "said.jsonl"), "utf8");
      const lines = text.split("\n").filter(Boolean);
      return lines.flatMap(
        (line) => hookSaid(profile(kind).hooks ?? { args: [], env: {}, events: {} }, JSON.parse(line)) ?? [],
      );
    };
    await expect
      .poll(
        () =>
          said()
            .map(({ event }) => event)
            .join(" "),
        { timeout: SLOW },
      )
      .toMatch(/^UserPromptSubmit .*PreToolUse/);
    expect(said().filter(({ call }) => call !== undefined).length).toBeGreaterThan(0);
    expect(new Set(said().map(({ conversation }) => conversation)).size).toBe(1);
    open();
    await expect.poll(() => said().at(-1)?.event, { timeout: SLOW }).toBe("Stop");
    await run.event("approval.requested");
    await w.devflow("approve", run.id);
    await run.reaches("completed");
    expect(mentions(w.env.HOME ?? "", "hook.sh")).toEqual([]);
  });
});

/** The files of a home, but for what the agent itself has written down of a conversation, in which the text stands. */
function mentions(home: string, text: string): string[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const settings = files.filter(({ name }) => /\.(?:toml|json)$/.test(name));
  return settings
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => readFileSync(file, "utf8").includes(text));
}
