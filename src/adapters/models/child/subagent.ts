/**
 * Subagents: a conversation of its own for a piece of the work, with tools at most its parent's and limits within what its
 * parent has left. Its result is a text; what it used counts for the attempt.
 */
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { type FailureCode, failureFrom } from "../../../domain/failure.ts";
import { type AgentUse, subagentLimits } from "../../../domain/model-agent.ts";
import type { ToolAnswer } from "../../../domain/tool.ts";
import { refusal } from "../../../domain/tool-refusal.ts";
import type { Agent } from "./agent.ts";
import type { ChatModel } from "./chat-model.ts";
import { kept, runTurn } from "./graph.ts";
import type { Delegate, Toolbox, ToolboxFor } from "./tools.ts";
import type { Over, Turn } from "./turn-state.ts";

/** Its own limits end a subagent; anything else ends the turn. */
const LIMITS: readonly FailureCode[] = [
  "model.turn_limit",
  "model.token_budget_exceeded",
  "model.tool_quota_exceeded",
  "model.no_tool_call",
  "model.bad_tool_call",
  "model.context_exceeded",
];

const ROLE =
  "You are a helper of another agent, which gives you one piece of its work. You see nothing of its conversation. Do what the " +
  "task says and nothing else. When you are done, call complete; its summary is all that the other agent gets from you, so put " +
  "into it what it needs to know.";

export interface Delegation {
  parent: Agent;
  turn: Turn;
  toolboxOf(options: ToolboxFor): Toolbox;
  modelOf(): ChatModel;
  saver: BaseCheckpointSaver;
}

/** `parent` is asked for when it is there: its toolbox has what this returns. */
export function delegates({ parent, turn, toolboxOf, modelOf, saver }: Delegation): Delegate {
  return async ({ task, ...wish }, nth) => {
    const name = `${parent.name}/${nth}`;
    const { tools, limits } = parent.start;
    const granted = subagentLimits({ tools, limits }, usedBesides(name, parent), wish);
    if (!granted.ok) return refusal("subagent.no_rest", { problem: granted.problem });
    const agent: Agent = {
      ...parent,
      name,
      system: `${parent.system}\n\n${ROLE}`,
      model: modelOf(),
      toolbox: toolboxOf({ tools: granted.tools, commands: turn.commands, artifact: null }),
      quotas: granted.limits,
      say: undefined, // its words are for its parent
      remarks: () => [],
      taken: () => {},
    };
    const before = await kept(saver, name);
    // An earlier process may have brought it to its end, or to some point of its way.
    const mine = before?.key === turn.key ? before : undefined;
    const messages = [{ role: "user", from: "prompt", text: task } as const];
    if (!mine) parent.transcript.write({ agent: name, kind: "prompt", text: task });
    const { over } = mine?.over
      ? mine
      : await runTurn(agent, saver, mine ? undefined : { ...turn, over: null, silent: 0, messages: { all: messages } });
    return result(over, parent.signal);
  };
}

/** What the attempt has used without what this subagent has: that counts against its own limits. */
function usedBesides(name: string, { records: { tally }, clock }: Agent): AgentUse {
  const [all, own] = [tally.used(), tally.used(name)];
  return {
    turns: all.turns - own.turns,
    tokens: all.tokens - own.tokens,
    toolCalls: all.toolCalls - own.toolCalls,
    wallMs: clock.workedMs(),
  };
}

function result(over: Over | null, signal: AbortSignal): ToolAnswer {
  signal.throwIfAborted();
  if (over?.kind === "completed") return { ok: true, text: over.summary };
  if (over?.kind !== "failed") throw signal.reason;
  if (!LIMITS.includes(over.failure.code)) throw failureFrom(over.failure);
  return refusal("subagent.unfinished", { problem: over.failure.message });
}
