/**
 * Real agents held to what devflow promises of every agent: a text arrives byte for byte and once, or not at all; nothing that is not ready
 * is called ready; trouble is told as what it is. Their model is on loopback, in the mood that a case needs.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type AgentStage, agentStage, type Mode, TURN } from "../support/agent-stage.ts";
import { chosenAgents } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { type RealAgent, realAgent } from "../support/real-agents.ts";
import { RUNS, record } from "../support/results.ts";

/** Downloading the first time, in milliseconds. */
const INSTALL = 600_000;
/** How long a silent model is looked at, in milliseconds: an agent that is called ready by then was called so for its screen. */
const SILENCE = 3_000;

const lines = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join("\n");

/** A text of each kind; the number makes each delivery another one. */
const TEXTS: Record<string, (n: number) => string> = {
  short: (n) => `Say hello, for the ${n}. time.`,
  "12 lines": (n) =>
    `${n}. Do this:\n\n${lines(10, (at) => `${" ".repeat(at % 3)}- "step" ${at}, \`code\` and $HOME`)}`,
  "3,000 characters": (n) =>
    `${n}. ${"All work and no play makes a long line. ".repeat(80)}`.slice(0, 2_999).concat("."),
  "60 lines of Korean": (n) => lines(60, (at) => `${n}-${at}. 인사말을 공손하게 바꾼다: "안녕" 대신 안녕하세요 👋`),
  tabs: (n) => `${n}. A table:\n\tone\ttwo\n\t\tthree\tfour`,
  "begins with /": (n) => `/help is a word that begins sentence ${n}`,
  "begins with !": (n) => `!important is a word of style sheet ${n}`,
  "begins with #": (n) => `# Heading ${n}\n\nand a text`,
  "begins with @": (n) => `@someone is asked for the ${n}. time`,
  "has @ inside": (n) => `Ask @someone ${n} times about spec@1 and README.md`,
  "ends in a backslash": (n) => `Look ${n} times into C:\\temp\\`,
};

/** Those that every disturbance and trouble meets in turn. */
const KINDS = ["short", "12 lines", "3,000 characters", "60 lines of Korean"];
const oneOf = (nth: number): string => TEXTS[KINDS[nth % KINDS.length] ?? "short"]?.(nth) ?? "";

/** How often trouble is tried: with each kind of text once, or not so often when all is tried less often. */
const EACH = Math.min(RUNS, KINDS.length);

describe.runIf(hasTmux).each(chosenAgents)("%s", (name) => {
  let agent: RealAgent;
  let stage: AgentStage | undefined;

  beforeAll(async () => {
    agent = await realAgent(name);
  }, INSTALL);
  const leave = async () => {
    const left = stage;
    stage = undefined;
    await left?.close();
  };
  afterAll(leave, TURN);

  /** A case: tried so often, on the agent of the time before if that is as it was, or on a fresh one each time. */
  function holds(
    cell: string,
    mode: Mode,
    { times, fresh = false }: { times: number; fresh?: boolean },
    play: (on: AgentStage, nth: number) => Promise<unknown>,
  ) {
    it(`${mode}: ${cell}`, { timeout: times * 3 * TURN }, async () => {
      const notes = new Set<string>();
      const problems: unknown[] = [];
      for (let nth = 1; nth <= times; nth += 1) {
        try {
          stage ??= await agentStage(agent, mode);
          const note = await play(stage, nth);
          if (typeof note === "string" && note !== "typed") notes.add(note);
        } catch (problem) {
          problems.push(problem);
          tell(`${name}, ${mode}, ${cell}`, problem, (await stage?.rows()) ?? []);
        }
        if (fresh || problems.length > 0) await leave();
      }
      const note = [...notes].join(", ");
      record(agent, { mode, cell, held: times - problems.length, of: times, ...(note && { note }) });
      expect(problems).toEqual([]);
    });
  }

  describe.each(["terminal", "headless"] as const)("%s", (mode) => {
    afterAll(leave, TURN);
    for (const [cell, text] of Object.entries(TEXTS))
      holds(cell, mode, { times: RUNS }, (on, nth) => on.says(text(nth)));
  });

  describe("in a terminal that is disturbed", () => {
    afterAll(leave, TURN);

    holds("its Enter is swallowed", "terminal", { times: RUNS }, async (on, nth) => {
      await on.becomes("ready");
      const before = on.model.turns.length;
      const one = on.prompt(oneOf(nth));
      on.swallow.enter = true;
      const tries = await on.deliver(one);
      expect(tries.filter((said) => !said.startsWith("held"))).toEqual([
        "unconfirmed: the agent does not show that it works",
      ]);
      await on.hears(before, [[on.sent(one)]]);
    });

    holds("a person's draft is present", "terminal", { times: RUNS }, async (on, nth) => {
      await on.becomes("ready");
      const draft = "a person is writing this";
      const before = on.model.turns.length;
      on.person("-l", draft);
      await vi.waitFor(async () => expect((await on.rows()).join("\n")).toContain(draft), { timeout: TURN });
      const one = on.prompt(oneOf(nth));
      expect(await on.session.deliver(one, AbortSignal.timeout(TURN))).toMatchObject({ kind: "held" });
      expect(on.model.turns.length).toBe(before);
      expect((await on.rows()).join("\n")).toContain(draft);
      for (const _ of draft) on.person("BSpace");
      await on.deliver(one);
      await on.hears(before, [[on.sent(one)]]);
    });
  });

  describe("in trouble", () => {
    afterEach(leave, TURN);
    const anew = { times: EACH, fresh: true };

    holds("it starts in an unknown worktree", "terminal", anew, async (on, nth) => {
      await on.becomes("ready");
      expect(on.model.turns).toEqual([]);
      return on.says(oneOf(nth));
    });

    holds("it is resized", "terminal", anew, async (on, nth) => {
      on.model.become("is silent");
      const first = on.prompt(oneOf(nth));
      await on.deliver(first);
      for (const [cols, rows] of SIZES) await on.session.terminal?.resize(cols, rows);
      await silent(on);
      on.model.become("answers");
      await on.hears(0, [[on.sent(first)]]);
      await on.says(oneOf(nth + 1));
      for (const [cols, rows] of SIZES) await on.session.terminal?.resize(cols, rows);
      return on.says(oneOf(nth + 2));
    });

    holds("it asks for a permission", "terminal", anew, async (on, nth) => {
      if (agent.profile === "pi") return "never asks";
      on.model.become("runs a command");
      const first = on.prompt("Run it.");
      await on.deliver(first);
      await on.becomes("awaiting_permission");
      const one = on.prompt(oneOf(nth));
      expect(await on.session.deliver(one, AbortSignal.timeout(TURN))).toMatchObject({ kind: "held" });
      expect(on.session.verdict().state).toBe("awaiting_permission");
      on.model.become("answers");
      await on.session.interrupt("stop");
      await on.becomes("ready");
      await on.deliver(one);
      await on.hears(0, [[on.sent(first)], [on.sent(one)]]);
    });

    for (const mode of ["terminal", "headless"] as const) {
      holds("the model refuses the key (401)", mode, anew, async (on, nth) => {
        on.model.become("refuses the key");
        const one = on.prompt(oneOf(nth));
        await on.deliver(one);
        await on.becomes("login_required");
        expect(on.model.turns).toEqual([[on.sent(one)]]);
      });

      holds("the model is at its limit (429)", mode, anew, async (on, nth) => {
        on.model.become("is at its limit");
        const one = on.prompt(oneOf(nth));
        await on.deliver(one);
        await vi.waitFor(() => expect(on.model.asked).toBeGreaterThan(0), { timeout: TURN });
        const seen = await vi.waitFor(
          () => {
            const { state, until } = on.session.verdict();
            // Some try again by themselves for minutes, and are working all the while.
            if (state !== "rate_limited" && on.model.asked < 3) throw new Error(`${state} after ${on.states}`);
            return { state, until };
          },
          { timeout: TURN, interval: 50 },
        );
        expect(on.model.turns).toEqual([[on.sent(one)]]);
        if (seen.state !== "rate_limited") {
          expect(seen.state).toBe("working");
          on.model.become("answers");
          await on.becomes("ready");
          return "retries by itself";
        }
        expect(seen.until).toBeGreaterThan(Date.now());
        return undefined;
      });

      holds("the model is silent", mode, anew, async (on, nth) => {
        on.model.become("is silent");
        const one = on.prompt(oneOf(nth));
        await on.deliver(one);
        await silent(on);
        expect(on.model.turns).toEqual([[on.sent(one)]]);
        await on.session.interrupt("stop");
        on.model.become("answers");
        await on.becomes("ready");
        return on.says(oneOf(nth + 1));
      });

      holds("it is killed in the middle of a turn", mode, anew, async (on, nth) => {
        on.model.become("is silent");
        const one = on.prompt(oneOf(nth));
        await on.deliver(one);
        await vi.waitFor(() => expect(on.model.asked).toBeGreaterThan(0), { timeout: TURN });
        on.killAgent();
        await on.becomes("exited");
        const delivery = await on.session.deliver(on.prompt("touch it-was-run"), AbortSignal.timeout(TURN));
        expect(delivery.kind).toBe("lost");
        expect(on.model.turns).toEqual([[on.sent(one)]]);
      });
    }
  });
});

const SIZES = [
  [60, 15],
  [200, 50],
  [120, 40],
] as const;

/** A model that says nothing for a while: its agent is working, and nothing else in between. */
async function silent(on: AgentStage): Promise<void> {
  await vi.waitFor(() => expect(on.model.asked).toBeGreaterThan(0), { timeout: TURN });
  await on.becomes("working");
  const from = on.states.length;
  await pause(SILENCE);
  expect(on.states.slice(from)).toEqual([]);
  expect(on.session.verdict().state).toBe("working");
}

/** What went wrong, and what stood on the screen then: the table only says that it did. */
function tell(what: string, problem: unknown, rows: readonly string[]): void {
  const screen = rows.filter((row) => row.trim() !== "").slice(-12);
  process.stderr.write(`\n--- ${what}: ${String(problem).slice(0, 1_500)}\n${screen.join("\n")}\n`);
}
