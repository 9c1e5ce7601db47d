/**
 * The session: one model agent and its turns. Prompts are taken one after the other; what people say goes into the turn that
 * runs, or begins one; a turn that an earlier process has left goes on by itself.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { redactor } from "../../../domain/redact.ts";
import { systemIds } from "../../system/ids.ts";
import { type FromChild, SESSION_FILES, type Start, type ToChild } from "../session-protocol.ts";
import { type Agent, MAIN, overBy, type Remark } from "./agent.ts";
import { parentChannel } from "./channel.ts";
import { chatModel } from "./chat-model.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { patches } from "./conversation.ts";
import { kept, runTurn } from "./graph.ts";
import { openJournal } from "./journal.ts";
import { modelCalls } from "./model-calls.ts";
import { recordsOf } from "./records.ts";
import { delegates } from "./subagent.ts";
import { workClock } from "./tally.ts";
import { type Delegate, toolboxes } from "./tools.ts";
import { openTranscript } from "./transcript.ts";
import type { Over, Turn, TurnUpdate } from "./turn-state.ts";

export interface Session {
  take(message: Exclude<ToChild, Start | { t: "key" }>): void;
  /** Stops what runs, and leaves everything as it stands in the files. */
  stop(): Promise<void>;
}

/** What is done sooner than this is told by its fact alone. */
const WORTH_TELLING_MS = 250;

/** A prompt, or a person's message to an agent that has nothing to do. */
interface Beginning extends Turn {
  from: "prompt" | "person";
  text: string;
}

export async function modelSession(start: Start, key: string, send: (message: FromChild) => void): Promise<Session> {
  mkdirSync(start.folder, { recursive: true, mode: 0o700 });
  const file = (name: keyof typeof SESSION_FILES) => join(start.folder, SESSION_FILES[name]);
  const ids = systemIds();
  const channel = parentChannel(send);
  const clock = workClock(start.limits.wallTime);
  const journal = openJournal(file("journal"));
  const records = recordsOf(journal, clock, channel);
  const transcript = openTranscript(file("transcript"), redactor([key]));
  const checkpoint = openCheckpoint(file("checkpoint"));
  const calls = modelCalls({ start, key, channel, records, clock, ids });
  const toolboxOf = toolboxes({ start, key, state: file("tools") });

  let state = await kept(checkpoint.saver, MAIN);
  const taken = new Set(state?.taken);
  /** Keys that are on their way into the checkpoint. */
  const seen = new Set<string>();
  const beginnings: Beginning[] = [];
  const remarks: Remark[] = [];
  let running: { controller: AbortController } | undefined;
  let paused: { promise: Promise<void>; end: () => void } | undefined;
  let tellSoon: NodeJS.Timeout | undefined;
  let stopping = false;
  let stepEnded = () => {};

  function confirm(keys: readonly string[]): void {
    for (const one of keys) {
      if (taken.has(one)) continue;
      taken.add(one);
      send({ t: "taken", key: one });
    }
  }

  function agentOf(turn: Turn, signal: AbortSignal): Agent {
    const { limits, tools, system } = start;
    const { commands, artifact, talk } = turn;
    const modelOf = () => chatModel(start, calls);
    const delegate: Delegate = (...request) =>
      delegates({ parent: main, turn, toolboxOf, modelOf, saver: checkpoint.saver })(...request);
    const main: Agent = {
      start,
      name: MAIN,
      phase: turn.phase,
      system,
      model: modelOf(),
      toolbox: toolboxOf({ tools, commands, artifact, talk, delegate }),
      redact: (text) => (key === "" ? text : text.replaceAll(key, "[redacted]")),
      quotas: limits,
      total: limits,
      records,
      clock,
      transcript,
      ids,
      signal,
      gate: () => waitWhilePaused(signal),
      keep: (update: TurnUpdate): Promise<TurnUpdate> => {
        if (!stopping) return Promise.resolve(update);
        stepEnded();
        return new Promise(() => {});
      },
      doing: (said: string) => {
        clearTimeout(tellSoon);
        tellSoon = setTimeout(() => send({ t: "state", state: "working", said: said.slice(0, 500) }), WORTH_TELLING_MS);
      },
      say: talk ? (saying) => send({ t: "saying", ...saying }) : undefined,
      remarks: () => remarks.splice(0),
      taken: confirm,
    };
    return main;
  }

  async function waitWhilePaused(signal: AbortSignal): Promise<void> {
    if (!paused) return;
    clearTimeout(tellSoon);
    send({ t: "state", state: "working", said: "paused by a person" });
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    while (paused && !signal.aborted) {
      const { promise } = paused;
      await clock.idle(() => Promise.race([promise, stopped]));
    }
  }

  async function run(turn: Turn, input: TurnUpdate | undefined): Promise<void> {
    const controller = new AbortController();
    running = { controller };
    send({ t: "state", state: "working", said: input ? "has a prompt" : "goes on from its checkpoint" });
    records.tally.begin(turn.attempt);
    clock.start(records.workedMs(turn.attempt), (failure) => controller.abort(failure));
    let over: Over;
    try {
      state = await runTurn(agentOf(turn, controller.signal), checkpoint.saver, input);
      over = state.over ?? { kind: "interrupted" };
    } catch (error) {
      over = overBy(error, controller.signal);
      state = await kept(checkpoint.saver, MAIN);
    }
    clock.stop();
    clearTimeout(tellSoon);
    running = undefined;
    transcript.write({ agent: MAIN, kind: "notice", text: inWords(over) });
    confirm(state?.taken ?? []);
    seen.delete(turn.key);
    send(overMessage(turn.key, over));
    await next();
  }

  /** Begins the turn that waits, or rests. */
  async function next(): Promise<void> {
    const late = remarks.shift();
    if (late) beginnings.unshift(fromPerson(late));
    const beginning = beginnings.shift();
    if (!beginning) {
      send({ t: "state", state: "ready", said: "waits for a prompt" });
      return;
    }
    const { from, text, ...turn } = beginning;
    transcript.write({ agent: MAIN, kind: from, text });
    await run(turn, {
      ...turn,
      over: null,
      silent: 0,
      taken: [turn.key],
      messages: [...patches(state?.messages ?? []), { role: "user", from, text }],
    });
  }

  /** It belongs to the attempt that was worked on last. */
  const fromPerson = ({ key, text }: Remark): Beginning => ({
    key,
    from: "person",
    text,
    phase: state?.phase ?? "",
    attempt: state?.attempt ?? "",
    commands: state?.commands ?? null,
    artifact: state?.artifact ?? null,
    talk: state?.talk ?? false,
  });

  /** False when it is known already; what has been taken is said again. */
  function isNew(key: string): boolean {
    if (taken.has(key)) send({ t: "taken", key });
    if (taken.has(key) || seen.has(key)) return false;
    seen.add(key);
    return true;
  }

  function begin(beginning: Beginning): void {
    beginnings.push(beginning);
    if (!running) void next();
  }

  function say({ key, text }: Remark): void {
    if (!running) {
      begin(fromPerson({ key, text }));
      return;
    }
    remarks.push({ key, text });
    transcript.write({ agent: MAIN, kind: "person", text });
  }

  function pauseTurn(): void {
    if (paused) return;
    let end = () => {};
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    paused = { promise, end };
    if (running) send({ t: "state", state: "working", said: "pauses before its next call" });
  }

  function unpause(): void {
    paused?.end();
    paused = undefined;
  }

  send({ t: "ready", resumed: state !== undefined });
  records.catchUp();
  if (state?.key && state.over) send(overMessage(state.key, state.over));
  if (state?.key && !state.over) {
    const { key, phase, attempt, commands = null, artifact = null, talk = false } = state;
    void run({ key, phase, attempt, commands, artifact, talk }, undefined);
  } else {
    send({ t: "state", state: "ready", said: "waits for a prompt" });
  }

  return {
    take(message) {
      switch (message.t) {
        case "prompt": {
          const { t: _, commands = null, artifact = null, talk = false, ...prompt } = message;
          if (isNew(prompt.key)) begin({ ...prompt, commands, artifact, talk, from: "prompt" });
          return;
        }
        case "say":
          if (isNew(message.key)) say(message);
          return;
        case "pause":
          return pauseTurn();
        case "unpause":
          return unpause();
        case "interrupt":
          return running?.controller.abort(new Error("interrupted"));
        case "grant":
          return channel.granted(message.call, message.grant);
        case "settled":
          return records.confirmed(message.call);
        case "end":
          return;
      }
    },
    async stop() {
      stopping = true;
      if (!running) return;
      const ended = new Promise<void>((resolve) => {
        stepEnded = resolve;
      });
      running.controller.abort(new Error("the process is ending"));
      await ended;
    },
  };
}

function overMessage(key: string, over: Over): FromChild {
  const { kind } = over;
  const said = over.kind === "completed" && { said: over.summary };
  return { t: "over", key, kind, ...(over.kind === "failed" && { failure: over.failure }), ...said };
}

function inWords(over: Over): string {
  if (over.kind === "completed") return `The turn is complete: ${over.summary}`;
  return over.kind === "failed" ? `The turn has failed: ${over.failure.message}` : "The turn was interrupted.";
}
