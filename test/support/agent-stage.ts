/** One real agent on devflow's own adapters, in a worktree that it has never seen, its model in the mood that the test wants. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { expect, vi } from "vitest";
import { pointer } from "../../src/adapters/agents/delivery.ts";
import { headlessAgents } from "../../src/adapters/agents/headless-agent.ts";
import { terminalAgents } from "../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { forVersion, goesByFile } from "../../src/domain/agent-profile.ts";
import { SessionId } from "../../src/domain/ids.ts";
import type { AgentSession, Prompt } from "../../src/ports/agent.ts";
import type { Terminal, TerminalHost } from "../../src/ports/terminal-host.ts";
import { persona } from "./made.ts";
import { moodyModel } from "./moody-model.ts";
import { killBelow } from "./process-tree.ts";
import { profile } from "./profiles.ts";
import { configureAgent, type RealAgent } from "./real-agents.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "./tmux-home.ts";
import { makeRepository } from "./world.ts";

export type Mode = "terminal" | "headless";

/** A turn of a slow agent on a loaded machine, in milliseconds. */
export const TURN = 90_000;
/** Between two offers of a prompt that is held or was not taken, as the engine makes them. */
const AGAIN_MS = 300;

/** Agents that ask about commands only when they are told to. */
const ASKING: Partial<Record<RealAgent["profile"], string[]>> = { codex: ["-c", 'approval_policy="on-request"'] };

export type AgentStage = Awaited<ReturnType<typeof agentStage>>;

export async function agentStage(agent: RealAgent, mode: Mode) {
  const folder = mkdtempSync(join(tmpdir(), "df-"));
  const tree = join(folder, "작업 트리's.v1");
  const home = join(folder, "home");
  mkdirSync(home);
  makeRepository(tree);
  const model = await moodyModel();
  const variables = await configureAgent(agent.name, home, model.url);
  const hooks = join(folder, "hooks");
  const swallow = { enter: false };
  const own = forVersion(profile(agent.profile), agent.version);
  const common = {
    clock: systemClock(),
    profileOf: async () => own,
    program: async () => agent.bin,
    env: { PATH: process.env.PATH, ...variables },
  };
  const adapter =
    mode === "headless"
      ? headlessAgents({ ...common, stateDirectory: join(folder, "state"), endProcesses })
      : terminalAgents({
          ...common,
          host: forgetful(tmuxHostAt(folder), swallow),
          size: { cols: 120, rows: 40 },
          recording: () => undefined,
          hooks: () => hooks,
        });
  const session: AgentSession = await adapter.open({
    session: SessionId.parse(ulid()),
    run: "R",
    role: "author",
    persona: persona("real", {
      adapter: mode,
      agent: agent.profile,
      env: Object.keys(variables),
      args: mode === "terminal" ? (ASKING[agent.profile] ?? []) : [],
    }),
    cwd: tree,
  });
  const states: string[] = [];
  session.watch((news) => {
    if (news.kind === "verdict" && states.at(-1) !== news.verdict.state) states.push(news.verdict.state);
  });
  let count = 0;

  const becomes = (...wanted: string[]) =>
    vi.waitFor(
      () => {
        const { state, evidence } = session.verdict();
        expect(wanted, `${state}: ${evidence.map(({ said }) => said).join("; ")}, after ${states}`).toContain(state);
      },
      { timeout: TURN, interval: 50 },
    );

  function prompt(text: string): Prompt {
    count += 1;
    const file = join(tree, ".devflow", `prompt-${count}.md`);
    mkdirSync(join(tree, ".devflow"), { recursive: true });
    writeFileSync(file, text);
    return { key: `prompt-${count}`, text, file };
  }

  /** Offers a prompt until it is taken, as the engine does; says how often it was not. */
  async function deliver(one: Prompt): Promise<string[]> {
    const over = AbortSignal.timeout(TURN);
    const before: string[] = [];
    for (;;) {
      const delivery = await session.deliver(one, over);
      if (delivery.kind === "delivered") return before;
      if (delivery.kind === "lost" || over.aborted) throw new Error(`${delivery.kind}: ${delivery.reason}`);
      before.push(`${delivery.kind}: ${delivery.reason}`);
      await common.clock.sleep(AGAIN_MS, over);
    }
  }

  /** What is to reach the model: the text, or where it goes as a file the line that points to it. */
  const sent = (one: Prompt): string => {
    const { byFile } = (mode === "headless" ? own.headless : own.interactive) ?? own.interactive;
    return goesByFile({ byFile }, one.text) ? pointer(one) : one.text;
  };

  /** Lets the turns after the first so many end, and holds what the model got to what was sent: byte for byte, once, nothing beside it. */
  async function hears(before: number, wanted: string[][]): Promise<void> {
    const got = () => model.turns.slice(before);
    await vi.waitFor(() => expect(got().length).toBeGreaterThanOrEqual(wanted.length), { timeout: TURN, interval: 50 });
    await becomes("ready");
    expect(got()).toEqual(wanted);
  }

  /** Delivers a text as a turn of its own. */
  async function says(text: string): Promise<"typed" | "as a file"> {
    const before = model.turns.length;
    const one = prompt(text);
    await deliver(one);
    await vi.waitFor(() => expect(model.turns.length).toBeGreaterThan(before), { timeout: TURN, interval: 50 });
    const byFile = model.turns[before]?.includes(pointer(one)) === true;
    await hears(before, [[byFile ? pointer(one) : text]]);
    if (byFile) expect(await readFile(one.file, "utf8")).toBe(text);
    return byFile ? "as a file" : "typed";
  }

  const tmux = (...args: string[]): string =>
    execFileSync("tmux", ["-S", tmuxSocket(folder), ...args], { encoding: "utf8" });

  return {
    session,
    tree,
    states,
    model,
    prompt,
    says,
    sent,
    hears,
    deliver,
    becomes,
    swallow,
    /** Where what it tells beside its terminal is. */
    hooks,
    /** Keys as a person presses them; text is typed as it is. */
    person: (...what: string[]) => {
      const panes = tmux("list-panes", "-a", "-F", "#{@devflow_session} #{pane_id}");
      const pane = new RegExp(`^${session.session} (%\\d+)$`, "m").exec(panes)?.[1] ?? "";
      tmux("send-keys", "-t", pane, ...what);
    },
    /** Kills everything that the session runs, as the kernel does when memory is short. */
    killAgent: () => killBelow(session.pid ?? 0),
    rows: async () => (await session.terminal?.screen())?.rows ?? [],
    close: async () => {
      model.become("answers");
      await session.close();
      await destroyTmux(folder);
      await model.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A terminal that forgets one Enter when it is told to: agents do that while they redraw. */
function forgetful(host: TerminalHost, swallow: { enter: boolean }): TerminalHost {
  const around = (terminal: Terminal): Terminal =>
    new Proxy(terminal, {
      get(target, name) {
        if (name === "press")
          return async (key: string, ...keys: Parameters<Terminal["press"]>[1][]) => {
            if (!swallow.enter || !key.includes("/enter/")) return target.press(key, ...keys);
            swallow.enter = false;
            return "typed";
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return {
    kind: host.kind,
    open: async (spec) => around(await host.open(spec)),
    adopt: async (session) => {
      const found = await host.adopt(session);
      return found && around(found);
    },
    list: () => host.list(),
    release: () => host.release(),
  };
}
