/**
 * Compaction: before the context window is full, the past is replaced by a summary that the model makes of it.
 *
 * C1. The system text and the first message stay as they are: providers cache a request by its beginning.
 * C2. The prompt that is being worked on (its goal, its contract for the artifact) and the latest work stay word for word.
 * C3. A call is never parted from its result.
 */
import { Failure } from "../../../domain/failure.ts";
import type { Agent } from "./agent.ts";
import { type Message, sizeOf } from "./conversation.ts";
import type { TurnState } from "./turn-state.ts";

/** How full the window may get, and how much of it the latest work keeps. The rest is for the answer. */
const FULL = 0.75;
const LATEST = 0.25;
const SUMMARY_TOKENS = 4_000;
/** A result that is cut in the end keeps this much. */
const CUT_CHARACTERS = 2_000;

const ASK =
  "The conversation gets too long and will go on from a summary in place of what came before. Write that summary now, as plain " +
  "text, and call no tool: what was found out, what was decided and why, which files were read, written or changed and what is " +
  "in them, what has failed, and what is still to be done.";
const MADE = "Summary of my work up to here, in place of the messages themselves:\n\n";
const GO_ON: Message = { role: "user", from: "note", text: "Go on from there." };

export interface Room {
  /** About as many tokens as the next request will have. */
  inputTokens: number;
  maxOutputTokens: number;
  fits: boolean;
  /** Bytes that the latest work may have. */
  latestBytes: number;
}

export function roomFor(agent: Agent, { messages, density }: Pick<TurnState, "messages" | "density">): Room {
  const { limits, contextTokens, maxOutputTokens: most = Number.POSITIVE_INFINITY } = agent.start;
  const context = limits.contextTokens ?? contextTokens;
  const around = Buffer.byteLength(agent.system) + Buffer.byteLength(JSON.stringify(agent.toolbox.specs));
  const inputTokens = Math.ceil((around + sizeOf(messages)) / density);
  return {
    inputTokens,
    maxOutputTokens: Math.min(limits.maxOutputTokens, most, Math.floor(context * (1 - FULL))),
    fits: inputTokens <= context * FULL,
    latestBytes: context * LATEST * density,
  };
}

/** The conversation made shorter. Throws `Failure` when nothing makes it fit. */
export async function compacted(agent: Agent, state: TurnState, room: Room): Promise<readonly Message[]> {
  const { messages } = state;
  const { name, transcript } = agent;
  const from = latestFrom(messages, room.latestBytes);
  const past = messages.slice(1, from).filter((message) => !isPrompt(message));
  if (past.length === 0) return cutResults(agent, state);
  const text = `${MADE}${(await asked(agent, messages.slice(0, from), room)) || listed(past)}`;
  transcript.write({ agent: name, kind: "notice", text: `The conversation so far was summed up. ${text}` });
  const latest = messages.slice(from);
  const prompt = messages.findLast(isPrompt);
  const bridge = prompt && prompt !== messages[0] && !latest.includes(prompt) ? [prompt] : [];
  if (bridge.length === 0 && latest[0]?.role !== "user") bridge.push(GO_ON);
  const made: Message[] = [...messages.slice(0, 1), { role: "assistant", text, uses: [] }, ...bridge, ...latest];
  return roomFor(agent, { ...state, messages: made }).fits ? made : cutResults(agent, { ...state, messages: made });
}

async function asked(agent: Agent, past: readonly Message[], room: Room): Promise<string> {
  const { name, phase, signal, system, model, toolbox } = agent;
  agent.doing("sums up the conversation");
  const spoken = await model.speak(
    {
      system,
      messages: [...past, { role: "user", from: "note", text: ASK }],
      tools: toolbox.specs,
      maxOutputTokens: Math.min(SUMMARY_TOKENS, room.maxOutputTokens),
    },
    { agent: name, phase, signal },
  );
  return spoken.text.trim();
}

/** Where the latest work begins: as many whole steps as there is room for, and at least one. */
function latestFrom(messages: readonly Message[], room: number): number {
  let from = messages.length;
  for (let at = messages.length - 1; at > 0; at--) {
    if (messages[at]?.role === "tool") continue;
    if (from < messages.length && sizeOf(messages.slice(at)) > room) break;
    from = at;
  }
  return from;
}

const isPrompt = (message: Message) => message.role === "user" && message.from === "prompt";

/** The last resort: there is nothing left to sum up, so the results themselves are too long. */
function cutResults(agent: Agent, state: TurnState): readonly Message[] {
  const messages = state.messages.map((message) =>
    message.role === "tool" && message.text.length > CUT_CHARACTERS
      ? { ...message, text: `${message.text.slice(0, CUT_CHARACTERS)}\n… (cut: ask for it again in smaller parts)` }
      : message,
  );
  if (roomFor(agent, { ...state, messages }).fits) return messages;
  const { model, limits, contextTokens } = agent.start;
  throw new Failure("model.context_exceeded", { model, tokens: limits.contextTokens ?? contextTokens });
}

/** What can be said of the past without the model. */
const listed = (past: readonly Message[]): string =>
  past
    .flatMap((message) => (message.role === "assistant" ? message.uses : []))
    .map(({ tool, args }) => `${tool} ${JSON.stringify(args).slice(0, 120)}`)
    .join("\n") || "(nothing of note)";
