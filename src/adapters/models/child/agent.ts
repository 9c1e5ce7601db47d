/**
 * An agent of the session: the main one, or a subagent. What its steps need, put together once a turn.
 */
import { Failure, type FailureRecord, failureRecord } from "../../../domain/failure.ts";
import type { ToolName } from "../../../domain/model-agent.ts";
import type { Ids } from "../../../ports/clock.ts";
import type { Start } from "../session-protocol.ts";
import type { ChatModel, ToolSpec } from "./chat-model.ts";
import type { Records } from "./records.ts";
import type { Quotas } from "./tally.ts";
import type { Transcript } from "./transcript.ts";
import type { TurnUpdate } from "./turn-state.ts";

/** What a tool answers. `refused`: why it was not done, or what went wrong. */
export interface ToolAnswer {
  ok: boolean;
  text: string;
  refused?: string;
}

export interface Toolbox {
  specs: readonly ToolSpec[];
  /** Never throws for what the model can put right; does a thing with an effect once for a key. */
  use(name: string, args: Record<string, unknown>, about: { call: string; signal: AbortSignal }): Promise<ToolAnswer>;
  /** A few words for people: the path or the program. */
  about(name: string, args: Record<string, unknown>): string;
}

/** A person's message that has not been taken yet. */
export interface Remark {
  key: string;
  text: string;
}

export interface Agent {
  /** `main`, or `main/1`. */
  name: string;
  start: Start;
  phase: string;
  system: string;
  model: ChatModel;
  toolbox: Toolbox;
  tools: readonly ToolName[];
  ids: Ids;
  /** The attempt's limits for the main agent; a subagent's own within them. */
  quotas: Quotas;
  /** The attempt's, which all agents share. */
  total: Quotas;
  records: Records;
  transcript: Transcript;
  signal: AbortSignal;
  /** Resolves at once, or when a pause is over. */
  gate(): Promise<void>;
  /** What it does now, in a few words. */
  doing(said: string): void;
  /** Takes what people have said since; nothing for a subagent. */
  remarks(): Remark[];
  /** These stand in the checkpoint. */
  taken(keys: readonly string[]): void;
  /** Puts a step's result into the checkpoint, unless the process is ending: what was cut off then goes on in the next one. */
  keep(update: TurnUpdate): Promise<TurnUpdate>;
  /** Runs a subagent to its end. Throws what ends the whole turn. */
  delegate(nth: number, args: Record<string, unknown>): Promise<ToolAnswer>;
}

/** How a turn ends; kept in the checkpoint. */
export type Over =
  | { kind: "completed"; summary: string }
  | { kind: "interrupted" }
  | { kind: "failed"; failure: FailureRecord };

/** What an error means for the turn. An interruption is the signal's reason, and no failure. */
export function overBy(error: unknown, signal: AbortSignal): Over {
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof Failure) return { kind: "failed", failure: failureRecord(cause) };
  if (signal.aborted) return { kind: "interrupted" };
  const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: "failed", failure: failureRecord(new Failure("internal", { problem })) };
}
