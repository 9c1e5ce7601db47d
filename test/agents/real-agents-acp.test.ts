/**
 * Real agents over the Agent Client Protocol, their model a script on loopback: through the adapter, and through the whole of devflow. Each
 * takes its prompts byte for byte, writes with its own tools under the persona's permissions, tells what it does and what it used, and
 * goes on with its conversation in another process.
 */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ulid } from "ulid";
import { expect, it, vi } from "vitest";
import { acpAgents } from "../../src/adapters/acp/acp-agents.ts";
import { sessionEnv } from "../../src/adapters/agents/session-env.ts";
import { worktreeFiles } from "../../src/adapters/models/tools/worktree-files.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { SessionId } from "../../src/domain/ids.ts";
import { redactor } from "../../src/domain/redact.ts";
import type { AgentNews, AgentSession } from "../../src/ports/agent.ts";
import { agentOrSkip } from "../support/chosen-agents.ts";
import { liveRun } from "../support/live-run.ts";
import { persona } from "../support/made.ts";
import { profile } from "../support/profiles.ts";
import { configureAgent } from "../support/real-agents.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { expectSound } from "../support/sound.ts";
import { expectToldOnce } from "../support/told-once.ts";
import { world } from "../support/world.ts";

/** Starting on a loaded machine, in milliseconds. */
const TURN = 120_000;
/** Downloading the first time, and three sessions of a slow starter on a loaded machine. */
const RUN = 600_000;
const LEAVING = 300_000;
const NEVER = new AbortController().signal;

const artifact = (schema: string, name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/artifacts", schema, name), "utf8"));

const AGENTS = ["opencode", "gemini"] as const;
const AT_ONCE = { concurrent: true, timeout: RUN };

it.for(AGENTS)(
  "%s writes two artifacts in one conversation over ACP, the second in another process",
  AT_ONCE,
  async (name, context) => {
    const agent = await agentOrSkip(name, context);
    const folder = await mkdtemp(join(tmpdir(), `devflow-${name}-`));
    const sessions: AgentSession[] = [];
    const tree = join(folder, "작업 트리's.v1");
    const home = join(folder, "home");
    await mkdir(tree);
    await mkdir(home);
    await execa("git", ["init", "-q", "-b", "main"], { cwd: tree });
    const model = await scriptedModel({ "*": (asked) => ({ artifact: { phase: asked.phase } }) });
    context.onTestFinished(async () => {
      for (const session of sessions) await session.close();
      await model.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }, LEAVING);
    const variables = await configureAgent(name, home, model.url);
    const env = { PATH: process.env.PATH, ...variables };
    const state = join(folder, "state");
    const adapter = () =>
      acpAgents({
        clock: systemClock(),
        profileOf: async () => profile(name),
        program: async () => agent.bin,
        environment: (spec, its) => sessionEnv(spec, its, env),
        loggedInSince: async () => false,
        files: worktreeFiles,
        redact: redactor([]),
        version: "0.0.0",
        stateDirectory: state,
        endProcesses,
      });
    const who = persona("real", { adapter: "acp", agent: name, env: Object.keys(variables) });
    const spec = { session: SessionId.parse(ulid()), run: "R", role: "author", persona: who, cwd: tree };
    const news: AgentNews[] = [];
    const enter = (session: AgentSession): AgentSession => {
      sessions.push(session);
      session.watch((one) => news.push(one));
      return session;
    };
    const becomesReady = (session: AgentSession) =>
      vi.waitFor(() => expect(session.verdict(), JSON.stringify(session.verdict())).toMatchObject({ state: "ready" }), {
        timeout: TURN,
        interval: 100,
      });

    const turn = async (session: AgentSession, phase: string) => {
      const path = join(tree, ".devflow", "artifacts", `${phase}-1`, "note.json");
      const text = `You work on one phase of a devflow run, in this directory.

Phase: ${phase}

인사말을 공손하게 바꾼다: "안녕" 대신 \`안녕하세요\` 👋
	탭으로 시작하는 줄, $HOME 과 \\ 그리고 'quotes'
Write the artifact to: ${path}
When the file is written, stop.`;
      const task = { phase, attempt: 1, artifact: path };
      await becomesReady(session);
      const delivery = await session.deliver({ key: phase, text, file: join(tree, "prompt.md"), task }, NEVER);
      expect(delivery.kind, JSON.stringify(delivery)).toBe("delivered");
      await becomesReady(session);
      expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ phase });
      return text;
    };

    const opened = enter(await adapter().open(spec));
    const first = await turn(opened, "specify");
    await opened.release();
    const adopted = await adapter().adopt(spec);
    if (!adopted) throw new Error("it was not taken over");
    const second = await turn(enter(adopted), "review");

    expect(model.delivered.map(({ prompt }) => prompt)).toEqual([first, second]);
    const earlier = model.delivered.map((one) => one.earlier);
    const goesOn = [[], [first]];
    // Gemini CLI 0.61.0 mostly does not find its conversation again, and begins a new one.
    expect(name === "gemini" ? [goesOn, [[], []]] : [goesOn]).toContainEqual(earlier);
    const usage = [
      ...new Map(news.flatMap((one) => (one.kind === "usage" ? [[one.nth, one.usage] as const] : []))).values(),
    ];
    // The script says 1200 and 34 for each call of the model, and a turn has two: the tool, and the last words.
    const turnOf = { gemini: [2_400, 68, undefined], opencode: [1_200, 34, "0.002536"] }[name];
    expect(usage.map(({ inputTokens, outputTokens, costUsd }) => [inputTokens, outputTokens, costUsd])).toEqual([
      turnOf,
      turnOf,
    ]);
    const did = new Map(news.flatMap((one) => (one.kind === "did" ? [[one.nth, one.did] as const] : [])));
    const writes = [...did.values()].filter(({ type }) => type !== "model.called");
    expect(
      writes.map((one) => ("ok" in one ? [one.type, one.ok] : [one.type, "about" in one ? one.about : ""])),
    ).toEqual([
      ["tool.calling", ".devflow/artifacts/specify-1/note.json"],
      ["tool.called", true],
      ["tool.calling", ".devflow/artifacts/review-1/note.json"],
      ["tool.called", true],
    ]);
  },
);

it.for(AGENTS)(
  "%s takes a change through every phase of spec-and-review over ACP, each prompt delivered once",
  AT_ONCE,
  async (name, context) => {
    const agent = await agentOrSkip(name, context);
    const model = await scriptedModel({
      specify: { artifact: artifact("spec@1", "valid-korean.json") },
      review: { artifact: artifact("review@1", "valid-approve.json") },
      verify: { artifact: artifact("verification@1", "valid-pass.json") },
    });
    const w = world({ env: { [`DEVFLOW_${name.toUpperCase()}`]: agent.bin } });
    context.onTestFinished(async () => {
      await w.close();
      await model.close();
    }, LEAVING);
    Object.assign(w.env, await configureAgent(name, w.env.HOME ?? "", model.url));
    const bind = ["author", "reviewer", "verifier"].flatMap((role) => ["--bind", `${role}=${name}-acp-${role}`]);
    const goal = '인사말을 공손하게 바꾼다: "안녕" 대신 `안녕하세요\' 👋\n둘째 줄';
    const run = await w.devflow("run", "spec-and-review", "--goal", goal, ...bind, "--yes");
    expect(run.code, `${run.out}${run.err}`).toBe(0);
    expect(model.delivered.map(({ phase, nth }) => `${phase} ${nth}`)).toEqual(["specify 1", "review 1", "verify 1"]);
    expect(model.delivered[0]?.prompt).toContain(goal);
    const view = await w.show((await w.latest())?.id ?? "");
    expectToldOnce(liveRun(w, view.id), model);
    expectSound(liveRun(w, view.id).stored());
    const why = (await w.devflow("runs", "events", view.id)).out;
    expect(
      view.sessions.map(({ agent: kind, adapter, host, state }) => [kind, adapter, host, state]),
      why,
    ).toEqual(Array(3).fill([name, "acp", "process", "closed"]));
    expect(view.sessions.flatMap(({ recoveries }) => Object.keys(recoveries))).toEqual([]);
  },
);
