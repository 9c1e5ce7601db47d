/**
 * An agent of the session: the main one, or a subagent. What its steps need, put together once a turn.
 */
import { Failure, failureRecord } from "../../../domain/failure.ts";
import type { Redact } from "../../../domain/redact.ts";
import { isDiskFull } from "../../../domain/system-problem.ts";
import type { Saying } from "../../../ports/agent.ts";
import type { Ids } from "../../../ports/clock.ts";
import type { Start } from "../session-protocol.ts";
import type { ChatModel } from "./chat-model.ts";
import type { Records } from "./records.ts";
import type { Quotas, WorkClock } from "./tally.ts";
import type { Toolbox } from "./tools.ts";
import type { Transcript } from "./transcript.ts";
import type { Over, TurnUpdate } from "./turn-state.ts";

/** The agent that people speak with; its subagents are `main/1` and so on. */
export const MAIN = "main";

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
  /** Takes the key out of what tools have read or programs have printed. */
  redact: Redact;
  ids: Ids;
  /** The attempt's limits for the main agent; a subagent's own within them. */
  quotas: Quotas;
  /** The attempt's, which all agents share. */
  total: Quotas;
  records: Records;
  clock: WorkClock;
  transcript: Transcript;
  signal: AbortSignal;
  /** Resolves at once, or when a pause is over. */
  gate(): Promise<void>;
  /** What it does now, in a few words. */
  doing(said: string): void;
  /** Takes what is said while it is said: in a talk a person reads along. */
  say: ((saying: Saying) => void) | undefined;
  /** Takes what people have said since; nothing for a subagent. */
  remarks(): Remark[];
  /** These stand in the checkpoint. */
  taken(keys: readonly string[]): void;
  /** Puts a step's result into the checkpoint, unless the process is ending: what was cut off then goes on in the next one. */
  keep(update: TurnUpdate): Promise<TurnUpdate>;
}

/**
 * What an error means for the turn. An interruption is the signal's reason, and no failure. With a full disk nothing can be written
 * down, so it is thrown on: the process ends, and the next one tries again.
 */
export function overBy(error: unknown, signal: AbortSignal): Over {
  if (isDiskFull(error)) throw error;
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof Failure) return { kind: "failed", failure: failureRecord(cause) };
  if (signal.aborted) return { kind: "interrupted" };
  console.error(error);
  const problem = error instanceof Error ? error.message : String(error);
  return { kind: "failed", failure: failureRecord(new Failure("internal", { problem })) };
}
