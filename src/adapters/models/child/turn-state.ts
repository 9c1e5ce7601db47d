/** What a checkpoint holds of a conversation: its messages, and how far its turn is. */
import { Annotation } from "@langchain/langgraph";
import type { FailureRecord } from "../../../domain/failure.ts";
import type { CommandList } from "../../../domain/model-agent.ts";
import type { Message } from "./conversation.ts";
import { BYTES_A_TOKEN } from "./tally.ts";

/** How a turn ends; kept in the checkpoint. */
export type Over =
  | { kind: "completed"; summary: string }
  | { kind: "interrupted" }
  | { kind: "failed"; failure: FailureRecord };

/** Further messages, or all of them anew after the past was summed up. */
type Change = readonly Message[] | { all: readonly Message[] };

const newest = <T>(value: T) => Annotation<T>({ reducer: (_, next) => next, default: () => value });

export const TurnState = Annotation.Root({
  messages: Annotation<readonly Message[], Change>({
    reducer: (before, change) => ("all" in change ? change.all : [...before, ...change]),
    default: () => [],
  }),
  /** The keys of the prompts and remarks that are in it. */
  taken: Annotation<readonly string[]>({ reducer: (before, keys) => [...before, ...keys], default: () => [] }),
  /** The prompt, or the remark, that began the turn. */
  key: newest(""),
  phase: newest(""),
  attempt: newest(""),
  /** The phase's commands; `null` when it names none. */
  commands: newest<CommandList | null>(null),
  /** Where the artifact belongs; `null` when the turn has none. */
  artifact: newest<string | null>(null),
  /** A person talks with it: its words end the turn. */
  talk: newest(false),
  over: newest<Over | null>(null),
  /** Answers in a row without a tool call. */
  silent: newest(0),
  /** Subagents so far. */
  delegated: newest(0),
  /** Bytes of the last request for each of its tokens. */
  density: newest(BYTES_A_TOKEN),
});
export type TurnState = typeof TurnState.State;
/** What a turn is about, from its beginning to its end. */
export type Turn = Pick<TurnState, "key" | "phase" | "attempt" | "commands" | "artifact" | "talk">;
export type TurnUpdate = typeof TurnState.Update;
