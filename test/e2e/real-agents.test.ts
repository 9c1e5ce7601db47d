/** Real agents through the whole of devflow: their own TUIs in tmux panes, their model a script on loopback. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { liveRun } from "../support/live-run.ts";
import { configureAgent, REAL_AGENTS, type RealAgent, realAgent } from "../support/real-agents.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { expectSound } from "../support/sound.ts";
import { type World, world } from "../support/world.ts";

/** Downloading the first time, in milliseconds. */
const INSTALL = 600_000;
/** Three sessions of a slow starter on a loaded machine. */
const RUN = 600_000;

const artifact = (schema: string, name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/artifacts", schema, name), "utf8"));

describe.runIf(hasTmux).each(REAL_AGENTS)("spec-and-review with the real %s", (name) => {
  let agent: RealAgent;
  let model: ScriptedModel | undefined;
  let here: World | undefined;

  beforeAll(async () => {
    agent = await realAgent(name);
  }, INSTALL);
  afterEach(async () => {
    await here?.close();
    await model?.close();
  }, 300_000);

  test(
    "takes a change through every phase, each prompt delivered once",
    async () => {
      model = await scriptedModel({
        specify: { artifact: artifact("spec@1", "valid-korean.json") },
        review: { artifact: artifact("review@1", "valid-approve.json") },
        verify: { artifact: artifact("verification@1", "valid-pass.json") },
      });
      const w = world({ host: "tmux", env: { [`DEVFLOW_${name.toUpperCase()}`]: agent.bin } });
      here = w;
      Object.assign(w.env, await configureAgent(name, w.env.HOME ?? "", model.url));
      const bind = ["author", "reviewer", "verifier"].flatMap((role) => ["--bind", `${role}=${name}-${role}`]);
      const goal = '인사말을 공손하게 바꾼다: "안녕" 대신 `안녕하세요\' 👋\n둘째 줄';
      const run = await w.devflow("run", "spec-and-review", "--goal", goal, ...bind, "--yes");
      expect(run.code, `${run.out}${run.err}`).toBe(0);
      expect(model.delivered.map(({ phase, nth }) => `${phase} ${nth}`)).toEqual(["specify 1", "review 1", "verify 1"]);
      expect(model.delivered[0]?.prompt).toContain(goal);
      const view = await w.show((await w.latest())?.id ?? "");
      expectSound(liveRun(w, view.id).stored());
      const why = (await w.devflow("runs", "events", view.id)).out;
      expect(
        view.sessions.map(({ agent: kind, host, state }) => [kind, host, state]),
        why,
      ).toEqual(Array(3).fill([name, "tmux", "closed"]));
      expect(
        view.sessions.flatMap(({ recoveries }) => Object.keys(recoveries)).filter((counter) => counter !== "resubmit"),
      ).toEqual([]);
    },
    RUN,
  );
});
