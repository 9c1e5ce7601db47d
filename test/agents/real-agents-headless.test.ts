/**
 * Real agents by their one-shot commands, through the headless adapter, their model a script on loopback: each takes a prompt byte for byte,
 * writes the artifact with its own file tool, tells its usage, and goes on in the same conversation with the next prompt.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { headlessAgents } from "../../src/adapters/agents/headless-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { SessionId } from "../../src/domain/ids.ts";
import type { AgentNews, AgentSession } from "../../src/ports/agent.ts";
import { agentOrSkip } from "../support/chosen-agents.ts";
import { persona } from "../support/made.ts";
import { profile } from "../support/profiles.ts";
import { configureAgent, type RealAgent } from "../support/real-agents.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

/** Downloading the first time, and starting on a loaded machine, in milliseconds. */
const INSTALL = 600_000;
const TURN = 120_000;
const NEVER = new AbortController().signal;

describe.each(["codex", "opencode"] as const)("%s by its one-shot command", (name) => {
  let agent: RealAgent;
  let folder: string;
  let tree: string;
  let model: ScriptedModel;
  let session: AgentSession | undefined;

  beforeEach(async (context) => {
    agent = await agentOrSkip(name, context);
    folder = await mkdtemp(join(tmpdir(), `devflow-${name}-`));
    tree = join(folder, "작업 트리's.v1");
    await mkdir(tree);
    await execa("git", ["init", "-q", "-b", "main"], { cwd: tree });
    model = await scriptedModel({ "*": (asked) => ({ artifact: { phase: asked.phase } }) });
  }, INSTALL);

  afterEach(async () => {
    await session?.close();
    session = undefined;
    await model.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 30_000);

  it("writes two artifacts in one conversation, and tells what each turn used", { timeout: 3 * TURN }, async () => {
    const home = join(folder, "home");
    await mkdir(home);
    const variables = await configureAgent(name, home, model.url);
    const adapter = headlessAgents({
      clock: systemClock(),
      profileOf: async () => profile(name),
      program: async () => agent.bin,
      env: { PATH: process.env.PATH, ...variables },
      stateDirectory: join(folder, "state"),
      endProcesses,
    });
    const who = persona("real", { adapter: "headless", agent: name, env: Object.keys(variables) });
    const opened = await adapter.open({
      session: SessionId.parse(ulid()),
      run: "R",
      role: "author",
      persona: who,
      cwd: tree,
    });
    session = opened;
    const news: AgentNews[] = [];
    opened.watch((one) => news.push(one));

    const turn = async (phase: string) => {
      const artifact = join(tree, ".devflow", "artifacts", `${phase}.json`);
      const text = `You work on one phase of a devflow run, in this directory.

Phase: ${phase}

인사말을 공손하게 바꾼다: "안녕" 대신 \`안녕하세요\` 👋
	탭으로 시작하는 줄, $HOME 과 \\ 그리고 'quotes'
Write the artifact to: ${artifact}
When the file is written, stop.`;
      const file = join(folder, `${phase}.md`);
      await writeFile(file, text);
      expect((await opened.deliver({ key: phase, text, file }, NEVER)).kind).toBe("delivered");
      await vi.waitFor(
        () => expect(opened.verdict(), JSON.stringify(opened.verdict())).toMatchObject({ state: "ready" }),
        { timeout: TURN, interval: 100 },
      );
      expect(JSON.parse(await readFile(artifact, "utf8"))).toEqual({ phase });
      const usage = news.flatMap((one) => (one.kind === "usage" ? [one.usage] : []));
      return { text, input: sum(usage, "inputTokens"), output: sum(usage, "outputTokens") };
    };

    const first = await turn("specify");
    const second = await turn("review");
    expect(model.delivered.map(({ prompt }) => prompt)).toEqual([first.text, second.text]);
    // The script says 1200 and 34 for each call of the model, and a turn has two: the tool, and the last words.
    expect([first.input, first.output]).toEqual([2_400, 68]);
    expect([second.input, second.output]).toEqual([4_800, 136]);
    expect(model.delivered.map(({ earlier }) => earlier)).toEqual([[], [first.text]]);
  });
});

const sum = <K extends string>(all: readonly Record<K, number>[], name: K): number =>
  all.reduce((total, one) => total + one[name], 0);
