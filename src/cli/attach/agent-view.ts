/**
 * A person's view of a model agent: what it says and does, as it goes on, and a line to speak to it.
 * The transcript is read from its file; the costs and the session's end come as events.
 */
import type { StoredEvent } from "../../domain/event.ts";
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { allEvents } from "../all-events.ts";
import type { Client } from "../client.ts";
import { callText, readTranscriptLine, transcriptText } from "../show/transcript.ts";
import type { Paper } from "../style.ts";
import type { Conversation } from "../terminal.ts";
import { followFile } from "./follow-file.ts";

export interface AgentViewOptions {
  client: Client;
  session: string;
  run: string;
  transcript: string;
  /** Who speaks, for the record. */
  by: string;
  conversation: Conversation;
  paper(): Paper;
  signal: AbortSignal;
}

interface Shown {
  at: number;
  lines: readonly string[];
}

/** Resolves once the person has left, or the agent has ended. */
export async function viewAgent(options: AgentViewOptions): Promise<"detached" | "ended"> {
  const { client, session, run, transcript, conversation, paper, signal } = options;
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener("abort", stop, { once: true });
  let ended = false;
  let failed: unknown;
  const print = ({ lines }: Shown): void => {
    if (lines.length > 0) conversation.print(lines.join("\n"));
  };

  /** What the past events tell, until the transcript's own past has been read: then they are shown among it. */
  let past: Shown[] | undefined = [];
  let cursor = 0;
  for await (const stored of allEvents(client, run)) {
    cursor = stored.cursor;
    past.push(...told(stored, session, paper()));
  }

  async function read(): Promise<void> {
    const atEnd = (): void => {
      if (past) for (const one of past.sort((a, b) => a.at - b.at)) print(one);
      past = undefined;
    };
    for await (const json of followFile(transcript, over.signal, atEnd)) {
      const line = readTranscriptLine(json);
      if (!line) continue;
      const shown = { at: line.at, lines: transcriptText(line, paper()) };
      if (past) past.push(shown);
      else print(shown);
    }
  }

  async function listen(): Promise<void> {
    for await (const stored of client.follow(cursor, { run, signal: over.signal })) {
      for (const one of told(stored, session, paper())) print(one);
      const { event } = stored;
      ended = "session" in event && event.session === session && event.type === "session.closed";
      if (ended) return stop();
    }
  }

  async function speak(): Promise<void> {
    for await (const line of conversation.lines) {
      if (line.trim() !== "") await spoken(line.trim(), options);
      conversation.next();
    }
    stop();
  }

  const fail = (error: unknown): void => {
    if (!over.signal.aborted) failed ??= error;
    stop();
  };
  over.signal.addEventListener("abort", () => conversation.close(), { once: true });
  if (signal.aborted) stop();
  await Promise.all([read().catch(fail), listen().catch(fail), speak().catch(fail)]);
  signal.removeEventListener("abort", stop);
  if (failed !== undefined) throw failed;
  return ended ? "ended" : "detached";
}

function told({ at, event }: StoredEvent, session: string, paper: Paper): Shown[] {
  if (event.type === "model.called" && event.session === session) return [{ at, lines: [callText(event, paper)] }];
  if (event.type === "session.changed" && event.session === session && event.to === "rate_limited")
    return [{ at, lines: [paper.style.yellow(`· ${event.cause}`)] }];
  return [];
}

/** A line that was typed: a command when it begins with a slash, a message otherwise. A refusal is shown; the view goes on. */
async function spoken(line: string, { client, session, by, conversation }: AgentViewOptions): Promise<void> {
  const about = { session, by };
  try {
    switch (line) {
      case "/pause":
        await client.call("session.pause", about);
        return conversation.print(say("transcript.paused"));
      case "/resume":
        await client.call("session.resume", about);
        return conversation.print(say("transcript.resumed"));
      case "/stop":
        await client.call("session.interrupt", about);
        return conversation.print(say("transcript.stopped"));
    }
    if (line.startsWith("/")) return conversation.print(say("transcript.commands"));
    const { delivered, detail } = await client.call("session.send", { ...about, text: line });
    if (!delivered) conversation.print(detail);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    conversation.print(error.message);
  }
}
