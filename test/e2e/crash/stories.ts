/** What is played while a daemon dies: short runs that, together, have every effect that devflow has outside of its log. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunRequest } from "../../../src/protocol/run-methods.ts";
import { type OpenRouter, openRouter, writes } from "../../support/openrouter.ts";
import { addPersona, addTemplate } from "../../support/shelf.ts";
import { type World, world } from "../../support/world.ts";

export type StoryName = "line" | "saved" | "asks" | "falls" | "talks" | "chain" | "paid";

/** The agent changes a file and commits nothing: what must be under the run's wip ref once it is deleted. */
export const UNCOMMITTED = { file: "NOTES.md", text: "worth keeping\n" };

const node = (code: string): string[] => ["node", "-e", code];
const COMMAND = { run: node("0"), produces: { schema: "command-result@1" } };
const PHASES: Readonly<Record<StoryName, Record<string, Record<string, unknown>>>> = {
  /** A command; an agent whose first artifact is refused; a person who agrees. */
  line: { tests: COMMAND, work: { needs: ["tests"], approval: "after" } },
  /** Somebody saves all that there is before the run is deleted. */
  saved: { save: {} },
  /** An agent that asks permission, and a person who gives it. */
  asks: { ask: {} },
  /** An agent that dies at its first prompt, and is started again. */
  falls: { fall: {} },
  /** A person who says two things, and then ends the talk. */
  talks: { talk: { talk: true, produces: { schema: "conversation@1" } } },
  /** One phase after another, two agents in turn. */
  chain: {
    a: { role: "even" },
    b: { role: "odd", needs: ["a"] },
    c: { role: "even", needs: ["b"] },
    d: { role: "odd", needs: ["c"] },
    e: { role: "even", needs: ["d"] },
  },
  /** A model behind an API, whose second call would pass the run's budget; a person who gives it more. */
  paid: { pay: {} },
};

/** What the agent answers in a talk, turn by turn. */
export const SAID = ["The first answer.", "The second answer."] as const;

const SCENARIO = {
  phases: {
    work: { "1": [{ write: "wrong" }], "*": [{ edit: editOf(UNCOMMITTED) }, { write: "whole" }] },
    ask: [{ permission: { command: "npm start" } }, { write: "whole" }],
    fall: { "1": [{ die: true }], "*": [{ write: "whole" }] },
    ...Object.fromEntries(["save", ...Object.keys(PHASES.chain)].map((id) => [id, [{ wait: 40 }, { write: "whole" }]])),
    // What is said in a talk names no phase.
    "*": { "1": [{ say: SAID[0] }], "*": [{ say: SAID[1] }] },
  },
};

function editOf({ file, text }: { file: string; text: string }) {
  return { file, append: text };
}

const ARTIFACT = join(import.meta.dirname, "../../../fixtures/artifacts/change-summary@1/valid-tested.json");
const KEY = "sk-or-v1-0123456789abcdef0123456789abcdef";
const MODEL = "some/model";
/** What each call costs; two are made, and the worst that one can cost is a little more. */
const CALL_USD = 0.02;

export interface Stage {
  w: World;
  /** The model's door, in a home whose agents are models. */
  server: OpenRouter | undefined;
  /** What a story asks for, under a key of its own. */
  request(story: StoryName, key: string): RunRequest & { idempotencyKey: string };
  close(): Promise<void>;
}

export async function stage(host: "auto" | "pty", models: boolean): Promise<Stage> {
  const content: unknown = JSON.parse(readFileSync(ARTIFACT, "utf8"));
  const server = models ? await openRouter({ moves: writes(content), cost: () => CALL_USD }) : undefined;
  const prices = `  overrides:\n    ${MODEL}: { input: "0.5", output: "1.5" }\n`;
  const w = world({
    host,
    scenario: SCENARIO,
    env: { OPENROUTER_API_KEY: KEY },
    ...(server && {
      config: `providers:\n  openrouter:\n    baseUrl: ${server.baseUrl}\nprices:\n  offline: true\n${prices}budget:\n  policy: prompt\n`,
    }),
  });
  for (const [name, phases] of Object.entries(PHASES)) addTemplate(w, name, phases);
  addPersona(w, "payer", { capabilities: ["implement"], adapter: "agent", model: MODEL, family: "some" });
  addPersona(w, "player", { capabilities: ["implement"], adapter: "terminal", agent: "paper", family: "paper" });
  return {
    w,
    server,
    request(name, key) {
      const roles = Object.entries(PHASES[name]).flatMap(([id, phase]) =>
        "run" in phase ? [] : [String(phase.role ?? id)],
      );
      return {
        template: name,
        goal: "x",
        repo: w.repo,
        bind: Object.fromEntries(roles.map((role) => [role, name === "paid" ? "payer" : "player"])),
        commands: {},
        idempotencyKey: key,
        ...(name === "paid" && { budgetUsd: "0.04" }),
      };
    },
    async close() {
      await w.close();
      await server?.close();
    },
  };
}

/** Where somebody puts a backup: a folder that is not devflow's. */
export const backupOf = (w: World): string => join(w.folder, "backups", "devflow.tar.gz");

/** The paper agent counts a phase's prompts by its journal: each run begins with an empty one. */
export const emptyJournal = (w: World): void => rmSync(w.env.PAPER_JOURNAL ?? "", { force: true });
