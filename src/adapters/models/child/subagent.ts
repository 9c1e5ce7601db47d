/**
 * Subagents: a conversation of its own for a piece of the work, with tools at most its parent's and limits within what its
 * parent has left. Its result is a text; what it used counts for the attempt.
 */
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { type FailureCode, failureFrom } from "../../../domain/failure.ts";
import type { Agent, ToolAnswer, Toolbox } from "./agent.ts";
import type { ChatModel } from "./chat-model.ts";
import { kept, runTurn } from "./graph.ts";
import { subagentRequest, type ToolboxFor } from "./tools.ts";
import type { Turn } from "./turn-state.ts";

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

export function delegates({ parent, turn, toolboxOf, modelOf, saver }: Delegation): Agent["delegate"] {
  return async (nth, args) => {
    const request = subagentRequest(args, parent);
    if (!request.ok) return request.answer;
    const { task, tools, quotas } = request;
    const name = `${parent.name}/${nth}`;
    const agent: Agent = {
      ...parent,
      name,
      system: `${parent.system}\n\n${ROLE}`,
      model: modelOf(),
      toolbox: toolboxOf({ tools, commands: turn.commands, artifact: null }),
      tools,
      quotas,
      remarks: () => [],
      taken: () => {},
      delegate: async () => ({
        ok: false,
        text: "A subagent has no subagents.",
        refused: "a subagent has no subagents",
      }),
    };
    const before = await kept(saver, name);
    // An earlier process may have brought it to its end, or to some point of its way.
    const mine = before?.key === turn.key ? before : undefined;
    const input = { ...turn, over: null, silent: 0, messages: [{ role: "user", from: "prompt", text: task } as const] };
    if (!mine) parent.transcript.write({ agent: name, kind: "prompt", text: task });
    const { over } = mine?.over ? mine : await runTurn(agent, saver, mine ? undefined : input);
    return result(over, parent.signal);
  };
}

function result(over: Awaited<ReturnType<typeof runTurn>>["over"], signal: AbortSignal): ToolAnswer {
  signal.throwIfAborted();
  if (over?.kind === "completed") return { ok: true, text: over.summary };
  if (over?.kind !== "failed") throw signal.reason;
  if (!LIMITS.includes(over.failure.code)) throw failureFrom(over.failure);
  const text = `The subagent did not finish: ${over.failure.message}. What it did so far is in the worktree.`;
  return { ok: false, text, refused: over.failure.code };
}
