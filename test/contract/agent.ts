/**
 * What every agent must do, whatever it is: the fake in process, a TUI in a terminal, a one-shot command.
 * `start` gives an adapter over an agent that plays `scenario` (the paper agent's format: acts for each prompt, in order).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SessionId } from "../../src/domain/ids.ts";
import type { AgentState } from "../../src/domain/session.ts";
import type { AgentAdapter, AgentSession, AgentSpec, Delivery, Prompt } from "../../src/ports/agent.ts";
import { persona, session } from "../support/made.ts";

export interface AgentStage {
  adapter: AgentAdapter;
  /** A second adapter over the same outside, as after a restart of the daemon; absent when nothing survives one. */
  restarted?: () => Promise<AgentAdapter>;
  cwd: string;
  agent: string | undefined;
  /** The prompts that the agent has taken, byte for byte. */
  prompts(): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
  destroy(): Promise<void>;
}

export type Act = "write" | "stall" | "crash" | "nothing";

export interface AgentContract {
  start(acts: readonly Act[]): Promise<AgentStage>;
  can: { interrupt: boolean; restart: boolean };
}

const NEVER = new AbortController().signal;
const TIME = { timeout: 60_000, interval: 25 };

export function agentContract(name: string, { start, can }: AgentContract): void {
  describe(`${name} as an agent`, () => {
    let stage: AgentStage;
    const open: AgentSession[] = [];
    let spec: AgentSpec;

    async function enter(...acts: Act[]): Promise<AgentSession> {
      stage = await start(acts);
      const who = persona("contract", stage.agent === undefined ? {} : { agent: stage.agent, adapter: "terminal" });
      // An id of its own: a session's processes are known by it, on the whole machine.
      spec = { session: SessionId.parse(ulid()), run: session("R"), role: "author", persona: who, cwd: stage.cwd };
      const agent = await stage.adapter.open(spec);
      open.push(agent);
      return agent;
    }

    const prompt = (key: string, more = ""): Prompt => {
      const artifact = `${stage.cwd}/${key}.json`;
      const text = `You work on a phase.\n\nPhase: ${key}\n\n한국어로 쓰세요 👩‍💻${more}\nWrite the artifact to: ${artifact}\nSchema: ${stage.cwd}/schema.json\n\nWhen the file is written, stop.`;
      return { key: `contract/${key}`, text, file: `${stage.cwd}/prompt.md` };
    };

    async function deliver(agent: AgentSession, what: Prompt): Promise<Delivery> {
      for (;;) {
        const delivery = await agent.deliver(what, NEVER);
        if (delivery.kind !== "held") return delivery;
        await sleep(50);
      }
    }

    const becomes = (agent: AgentSession, state: AgentState) =>
      vi.waitFor(() => expect(agent.verdict().state).toBe(state), TIME);

    beforeEach(() => {
      open.length = 0;
    });
    afterEach(async () => {
      for (const agent of open) await agent.close();
      await stage.destroy();
    });

    test("it becomes ready, takes a prompt whole, writes the artifact, and is ready again", async () => {
      const agent = await enter("write");
      await becomes(agent, "ready");
      const what = prompt("one");
      const delivery = await deliver(agent, what);
      expect(delivery.kind).toBe("delivered");
      expect(delivery.kind === "delivered" && delivery.receipt.length).toBeGreaterThan(0);
      await vi.waitFor(async () => expect(await stage.exists(`${stage.cwd}/one.json`)).toBe(true), TIME);
      await becomes(agent, "ready");
      expect(await stage.prompts()).toEqual([what.text]);
    });

    test("a prompt that is delivered again is not sent again", async () => {
      const agent = await enter("write", "write");
      const what = prompt("one");
      expect((await deliver(agent, what)).kind).toBe("delivered");
      await becomes(agent, "ready");
      expect((await deliver(agent, what)).kind).toBe("delivered");
      expect(await stage.prompts()).toEqual([what.text]);
    });

    test("opened twice, it is one agent", async () => {
      const agent = await enter("write");
      const again = await stage.adapter.open(spec);
      open.push(again);
      expect(again.key).toBe(agent.key);
    });

    test("what was never opened cannot be adopted", async () => {
      await enter("write");
      expect(await stage.adapter.adopt({ ...spec, session: session("Z") })).toBeUndefined();
    });

    test("an agent that crashes is exited, and takes nothing more", async () => {
      const agent = await enter("crash");
      await deliver(agent, prompt("one"));
      await becomes(agent, "exited");
      expect((await agent.deliver(prompt("two"), NEVER)).kind).toBe("lost");
    });

    test("closing it twice is closing it, and it is told", async () => {
      const agent = await enter("stall");
      await deliver(agent, prompt("one"));
      await agent.close();
      await agent.close();
      expect(agent.verdict().state).toBe("exited");
      expect(await stage.adapter.adopt(spec)).toBeUndefined();
    });

    test.runIf(can.interrupt)("a turn that stalls is interrupted, and the agent is ready again", async () => {
      const agent = await enter("stall", "write");
      await deliver(agent, prompt("one"));
      await becomes(agent, "working");
      await agent.interrupt("contract/interrupt");
      await becomes(agent, "ready");
      expect((await deliver(agent, prompt("two"))).kind).toBe("delivered");
      expect(await stage.prompts()).toHaveLength(2);
    });

    test.runIf(can.restart)("a restarted daemon takes it over and sends nothing again", async () => {
      const agent = await enter("stall");
      const what = prompt("one");
      await deliver(agent, what);
      await agent.release();
      const adapter = await stage.restarted?.();
      const back = await adapter?.adopt(spec);
      if (!back) throw new Error("it was not taken over");
      open.push(back);
      expect(back.key).toBe(agent.key);
      await becomes(back, "working");
      expect((await deliver(back, what)).kind).toBe("delivered");
      expect(await stage.prompts()).toEqual([what.text]);
    });
  });
}
