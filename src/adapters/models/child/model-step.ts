/**
 * The model's step: what people have said is taken in, room is made when there is too little, and the model is asked what to do.
 *
 * T1. An answer with a call that cannot be read is not used at all: the model is asked again, at most twice.
 * T2. An answer without a call is not the end: only `complete` is. After three of them in a row the turn has failed.
 *     In a talk it is the end: a person has been answered.
 */
import { Failure, failureRecord } from "../../../domain/failure.ts";
import { type Agent, MAIN, overBy } from "./agent.ts";
import type { Spoken } from "./chat-model.ts";
import { compacted, type Room, roomFor } from "./compaction.ts";
import type { Message, ToolUse } from "./conversation.ts";
import { modelQuota } from "./tally.ts";
import type { TurnState, TurnUpdate } from "./turn-state.ts";

const MOST_UNREADABLE = 3;
const MOST_SILENT = 3;

/** Ids that every provider takes back. */
const USABLE_ID = /^[A-Za-z0-9_-]{1,64}$/;

const USE_A_TOOL =
  "You have not called a tool. Go on with the work by calling one; when everything is done, call complete with a summary.";

export async function modelStep(state: TurnState, agent: Agent): Promise<TurnUpdate> {
  agent.taken(state.taken);
  try {
    await agent.gate();
    const remarks = agent.remarks();
    if (remarks.length > 0) {
      const messages = remarks.map(({ text }): Message => ({ role: "user", from: "person", text }));
      return { messages, taken: remarks.map(({ key }) => key) };
    }
    const room = roomFor(agent, state);
    checkQuota(agent, room);
    if (!room.fits) return { messages: { all: await compacted(agent, state, room) } };
    return await asked(state, agent, room);
  } catch (error) {
    return { over: overBy(error, agent.signal) };
  }
}

function checkQuota({ name, quotas, total, records }: Agent, { inputTokens }: Room): void {
  const { tally } = records;
  const problem = modelQuota(total, tally.used(), inputTokens) ?? modelQuota(quotas, tally.used(name), inputTokens);
  if (problem) throw problem;
}

async function asked(state: TurnState, agent: Agent, room: Room): Promise<TurnUpdate> {
  const { name, phase, signal, system, model, toolbox, start, say } = agent;
  const notes: Message[] = [];
  for (let times = 1; ; times++) {
    agent.doing("waits for the model");
    const spoken = await model.speak(
      { system, messages: [...state.messages, ...notes], tools: toolbox.specs, maxOutputTokens: room.maxOutputTokens },
      { agent: name, phase, signal, say },
    );
    if (spoken.unreadable.length === 0) return heard(spoken, state, agent);
    const problem = unreadable(spoken);
    agent.transcript.write({ agent: name, kind: "notice", text: problem });
    if (times === MOST_UNREADABLE) {
      throw new Failure("model.bad_tool_call", { model: start.model, times, problem });
    }
    notes.splice(0, notes.length, {
      role: "user",
      from: "note",
      text: `${problem} Nothing was done. ${askAgain(spoken)}`,
    });
    checkQuota(agent, room);
  }
}

const unreadable = ({ unreadable, finish }: Spoken): string =>
  finish === "length"
    ? `Your answer was cut off at its limit, in the middle of a call of ${unreadable.join(", ")}.`
    : `The arguments of your call of ${unreadable.join(", ")} were no JSON object.`;

const askAgain = ({ finish }: Spoken): string =>
  finish === "length"
    ? "Send the call again, with less in it: write a long file in smaller parts, or say less."
    : "Send the call again, with its arguments as one JSON object.";

function heard(spoken: Spoken, state: TurnState, agent: Agent): TurnUpdate {
  const { text, inputTokens, requestBytes } = spoken;
  if (text !== "") agent.transcript.write({ agent: agent.name, kind: "model", text });
  const density = inputTokens ? { density: clamp(requestBytes / inputTokens) } : {};
  if (spoken.uses.length > 0) {
    return { messages: [{ role: "assistant", text, uses: named(spoken, state, agent) }], silent: 0, ...density };
  }
  const silent = state.silent + 1;
  const said: Message[] = text === "" ? [] : [{ role: "assistant", text, uses: [] }];
  if (state.talk && text.trim() !== "" && agent.name === MAIN)
    return { messages: said, over: { kind: "completed", summary: text }, ...density };
  if (silent < MOST_SILENT) {
    return { messages: [...said, { role: "user", from: "note", text: USE_A_TOOL }], silent, ...density };
  }
  const failure = new Failure("model.no_tool_call", { model: agent.start.model, times: silent });
  return { messages: said, over: { kind: "failed", failure: failureRecord(failure) }, ...density };
}

/** A measure that is out of this range is a mistake of who counted. */
const clamp = (density: number): number => Math.min(4, Math.max(1, density));

/** Each call under an id that pairs it with its result, whatever the model has called it, and under a key of our own. */
function named({ uses }: Spoken, { messages }: TurnState, { ids }: Agent): ToolUse[] {
  const seen = new Set(messages.flatMap((one) => (one.role === "assistant" ? one.uses.map(({ id }) => id) : [])));
  return uses.map(({ id, tool, args }) => {
    const key = ids.next();
    const own = USABLE_ID.test(id) && !seen.has(id) ? id : `call_${key}`;
    seen.add(own);
    return { id: own, key, tool, args };
  });
}
