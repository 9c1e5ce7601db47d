/**
 * An agent's event stream beside its terminal: where it is, and what comes by it. A stream that cannot be had, or breaks off, is a source of
 * evidence that is missing, and nothing else.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { type EventStream, mayMean } from "../../domain/event-stream.ts";
import { jsonOf } from "../../domain/json-text.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Asking, asking, newServer } from "./agent-server.ts";
import { followLines } from "./hooks.ts";

const EVENTS = "events.jsonl";

/** A server that is coming up takes a connection and never answers it: so long is waited for an answer, in milliseconds. */
const ANSWERS_MS = 2_000;

/** Between two tries, in milliseconds: an agent's server is up after seconds, on a loaded machine after half a minute. Then it is given up. */
const TRIES_MS = [500, 500, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 8_000, 8_000, 15_000, 15_000];

/** A longer event is passed over: it is the agent's text, and would fill the memory. */
const MAX_LINE_CHARACTERS = 1_000_000;

/** What its arguments and variables may name. Whoever adopts the session finds it in the folder. */
export async function prepareEvents(folder: string, stream: EventStream): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const events = join(folder, EVENTS);
  if (!stream.server) {
    await writeFile(events, "", { mode: 0o600 });
    return { events };
  }
  const { port, password } = await newServer(folder);
  return { port: String(port), password };
}

/** What comes by a stream; `gone` once it is cut off. */
export interface EventListener {
  event(value: unknown): void;
  gone(): void;
}

/** Tells every event from now on that may mean something; answers with how to stop it. */
export function followEvents(folder: string, stream: EventStream, clock: Clock, listener: EventListener): () => void {
  const { server } = stream;
  if (!server) return followLines(folder, EVENTS, listener.event, (line) => mayMean(stream, line));
  const stopped = new AbortController();
  void (async () => {
    const known = await asking(folder, server);
    if (!known) return;
    for (let tries = 0; tries < TRIES_MS.length && !stopped.signal.aborted; tries += 1) {
      const stood = await listen({ ...known, path: server.path }, stopped.signal, (line) => {
        if (!mayMean(stream, line)) return;
        const value = jsonOf(line);
        if (value !== undefined && !stopped.signal.aborted) listener.event(value);
      });
      if (stopped.signal.aborted) return;
      if (stood) {
        listener.gone();
        tries = 0;
      }
      await clock.sleep(TRIES_MS[tries] ?? 0, stopped.signal);
    }
  })();
  return () => stopped.abort();
}

/** Hears the server's events (`text/event-stream`) until it is over; whether there was a stream at all. */
function listen(where: Asking & { path: string }, signal: AbortSignal, tell: (data: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { accept: "text/event-stream" };
    const request = get({ ...where, headers, agent: false, signal });
    request.setTimeout(ANSWERS_MS, () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("response", (response) => {
      request.setTimeout(0);
      const stands = response.statusCode === 200;
      const over = (): void => resolve(stands);
      response.on("error", over).on("close", over);
      if (!stands) return void response.destroy();
      const decoder = new StringDecoder("utf8");
      let begun = "";
      response.on("data", (bytes: Buffer) => {
        const lines = (begun + decoder.write(bytes)).split("\n");
        begun = lines.pop() ?? "";
        if (begun.length > MAX_LINE_CHARACTERS) begun = "";
        for (const line of lines) if (line.startsWith("data:")) tell(line.slice(5).trim());
      });
    });
  });
}
