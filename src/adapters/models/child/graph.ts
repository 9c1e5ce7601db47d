/**
 * The graph of one agent: the model says what to do, the tools do it, until the turn is over.
 *
 *   start ──▶ model ⇄ tools            model ──▶ model: it has only taken something in
 *               └───────┴──over──▶ end
 */
import { END, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Agent } from "./agent.ts";
import { modelStep } from "./model-step.ts";
import { toolStep } from "./tool-step.ts";
import { TurnState, type TurnUpdate } from "./turn-state.ts";

/** Steps of one turn: the limits of an attempt end it long before. */
const MOST_STEPS = 100_000;

/** Goes through a turn to its end; without `input` it goes on from the checkpoint. */
export async function runTurn(
  agent: Agent,
  saver: BaseCheckpointSaver,
  input: TurnUpdate | undefined,
): Promise<TurnState> {
  const graph = new StateGraph(TurnState)
    .addNode("model", async (state) => agent.keep(await modelStep(state, agent)))
    .addNode("tools", async (state) => agent.keep(await toolStep(state, agent)))
    .addEdge(START, "model")
    .addConditionalEdges("model", (state) => (state.over ? END : calls(state) ? "tools" : "model"), [
      "tools",
      "model",
      END,
    ])
    .addConditionalEdges("tools", (state) => (state.over ? END : "model"), ["model", END])
    .compile({ checkpointer: saver });
  return await graph.invoke(input ?? null, {
    configurable: { thread_id: agent.name },
    recursionLimit: MOST_STEPS,
    // A step begins when the one before it is in the file.
    durability: "sync",
  });
}

const calls = ({ messages }: TurnState): boolean => {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.uses.length > 0;
};

/** What the checkpoint holds of a conversation, if it has begun. */
export async function kept(saver: BaseCheckpointSaver, thread: string): Promise<TurnState | undefined> {
  const checkpoint = await saver.get({ configurable: { thread_id: thread } });
  return checkpoint && (checkpoint.channel_values as TurnState);
}
