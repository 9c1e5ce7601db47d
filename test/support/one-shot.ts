/** Small one-shot agents for tests: each is a few lines of JavaScript, driven through the headless adapter by a profile made for it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type HeadlessAgentOptions, headlessAgents } from "../../src/adapters/agents/headless-agent.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import type { AgentProfile } from "../../src/domain/agent-profile.ts";
import { SessionId } from "../../src/domain/ids.ts";
import type { AgentAdapter, AgentSpec } from "../../src/ports/agent.ts";
import { persona } from "./made.ts";
import { profile } from "./profiles.ts";

/** What every one-shot agent begins with: `emit` tells an event, `prompt` is its stdin, `used` tells usage as a running total. */
const PRELUDE = `
const fs = require("node:fs");
const emit = (event) => fs.writeSync(1, JSON.stringify(event) + "\\n");
const used = (input) => emit({ type: "turn.completed", usage: { input_tokens: input, output_tokens: 1, cached_input_tokens: 0 } });
const started = () => emit({ type: "thread.started", thread_id: "t" });
const when = async (file) => { while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20)); };
`;

export interface OneShot {
  code: string;
  /** Changes the part of its profile that is about headless turns. */
  headless?: Partial<NonNullable<AgentProfile["headless"]>>;
  login?: AgentProfile["login"];
}

export function oneShotAgents(
  home: string,
  { code, headless, login }: OneShot,
  options: Partial<HeadlessAgentOptions> = {},
): AgentAdapter {
  const paper = profile("paper");
  if (!paper.headless) throw new Error("the paper agent has no headless mode");
  const args = ["-e", `${PRELUDE}(async () => {${code}})();`];
  const { resume: _, ...afresh } = paper.headless;
  const made = { ...paper, ...(login && { login }), headless: { ...afresh, args, ...headless } };
  return headlessAgents({
    clock: systemClock(),
    profileOf: async () => made,
    program: async () => process.execPath,
    env: process.env,
    stateDirectory: join(home, "state"),
    endProcesses,
    ...options,
  });
}

/** A session's processes are known by its id, on the whole machine: each test needs one of its own. */
export function oneShotSpec(home: string, id: string): AgentSpec {
  const cwd = join(home, "work tree");
  mkdirSync(cwd, { recursive: true });
  const who = persona("one-shot", { adapter: "headless", agent: "paper" });
  return { session: SessionId.parse(id), run: "R", role: "author", persona: who, cwd };
}
