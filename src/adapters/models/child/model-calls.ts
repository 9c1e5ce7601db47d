/**
 * Calls of the model: each is asked for, made with patience, settled, and told.
 *
 * L1. A call has one id over all tries that certainly cost nothing (it was refused before it began, or never sent). A try that
 *     may have cost something ends its call; what follows is a call of its own, with a reservation of its own.
 * L2. Usage is what the provider told; when it told nothing it is unknown.
 * L3. Only what passes by itself is tried again: 408, 425, 429, 5xx and broken connections.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Failure, failureFrom } from "../../../domain/failure.ts";
import { jsonOf } from "../../../domain/json-text.ts";
import { usageFromProvider } from "../../../domain/usage.ts";
import type { Saying } from "../../../ports/agent.ts";
import type { Ids } from "../../../ports/clock.ts";
import { sha256Hex } from "../../system/content-hash.ts";
import type { Start } from "../session-protocol.ts";
import { readAnswer, type Told } from "./answer.ts";
import type { Channel } from "./channel.ts";
import type { Asked, CallEnd } from "./journal.ts";
import { isEvents, post, type Reply } from "./post.ts";
import type { Records } from "./records.ts";
import { streamedAnswer } from "./streamed-answer.ts";
import type { WorkClock } from "./tally.ts";
import { backoff, meaningOf } from "./trouble.ts";

export interface CallOptions {
  url: string;
  /** The request, as it goes to the provider. */
  body: string;
  agent: string;
  phase: string;
  maxOutputTokens: number;
  signal: AbortSignal;
  /** Somebody reads along: the answer is asked for piece by piece, and told as it comes. */
  say?: ((saying: Saying) => void) | undefined;
}

export interface Said {
  /** The body of the answer, its tool arguments put right. */
  text: string;
  finish: string;
  /** The names of calls that are not in it, since they cannot be read. */
  unreadable: string[];
  told: Told;
  requestBytes: number;
}

export interface ModelCalls {
  /** Throws `Failure`, or the signal's reason. */
  call(options: CallOptions): Promise<Said>;
}

export interface ModelCallsOptions {
  start: Start;
  key: string;
  channel: Channel;
  records: Records;
  clock: WorkClock;
  ids: Ids;
}

/** What a provider's chat template adds beyond the request's own bytes: the preamble for tools, the marks of each message. */
const TEMPLATE_TOKENS = 1_000;

/** A shorter wait is over before anybody could read of it. */
const WORTH_TELLING_MS = 5_000;

/** How long the provider has been in trouble, over all calls since the last success. */
interface Trouble {
  since: number | undefined;
  tries: number;
  told: boolean;
}

type Outcome =
  | { kind: "said"; finish: string; text: string; unreadable: string[] }
  | { kind: "again"; said: string; waitMs?: number }
  | { kind: "fails"; failure: Failure };

/** What came of one try, and what it has cost. */
interface Tried {
  outcome: Outcome;
  end: CallEnd;
  told: Told;
  answer: string | undefined;
}

/** The same request, its answer to come piece by piece. */
function inPieces(body: string): string {
  const request = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } });
}

/** What came in pieces, as if it had come at once. */
function atOnce(text: string): string {
  const stream = streamedAnswer();
  stream.push(text);
  return stream.body() ?? text;
}

/** Tells of one message. A provider that sends its answer whole, though asked for pieces, is heard as well. */
function speaker(say: (saying: Saying) => void, message: string) {
  let spoke = false;
  const text = (piece: string): void => {
    spoke = true;
    say({ message, text: piece, last: false });
  };
  return {
    text,
    whole: (answer: string) => {
      const { choices: [first] = [] } = (jsonOf(answer) ?? {}) as { choices?: { message?: { content?: unknown } }[] };
      const content = first?.message?.content;
      if (!spoke && typeof content === "string" && content !== "") text(content);
    },
    end: () => {
      if (spoke) say({ message, text: "", last: true });
    },
  };
}

export function modelCalls({ start, key, channel, records, clock, ids }: ModelCallsOptions): ModelCalls {
  const { patience } = start;
  const headers = {
    ...start.headers,
    ...(key !== "" && { authorization: `Bearer ${key}` }),
    "content-type": "application/json",
    accept: "application/json",
  };

  /** One call from asking to settling; `undefined` when it came to nothing and is worth another one. */
  async function attempt(options: CallOptions, trouble: Trouble): Promise<Said | undefined> {
    const { body, agent, phase, signal } = options;
    const asked: Asked = {
      call: ids.next(),
      agent,
      phase,
      model: start.model,
      requestBytes: Buffer.byteLength(body),
      requestSha256: sha256Hex(body),
      attempt: records.tally.attempt,
    };
    await granted(asked, options);
    records.sent(asked.call);
    const began = performance.now();
    for (let tries = 1; ; tries++) {
      const tried = await once(options);
      const { outcome, end } = tried;
      const wait = outcome.kind === "again" ? waitAfter(outcome.waitMs, trouble) : undefined;
      if (wait && !wait.park && end.kind === "unused" && !signal.aborted) {
        await rest(wait.ms, signal, () => conclude(asked, tried, tries, began));
        continue;
      }
      conclude(asked, tried, tries, began);
      if (outcome.kind === "said") {
        const { text, finish, unreadable } = outcome;
        return { text, finish, unreadable, told: tried.told, requestBytes: asked.requestBytes };
      }
      if (signal.aborted) throw signal.reason;
      if (outcome.kind === "fails") throw outcome.failure;
      await comeBack(outcome.said, wait ?? { ms: 0, park: false }, trouble, signal);
      return undefined;
    }
  }

  async function granted(asked: Asked, { phase, maxOutputTokens, signal }: CallOptions): Promise<void> {
    const { call, model, requestBytes } = asked;
    records.asked(asked);
    const inputTokens = requestBytes + TEMPLATE_TOKENS;
    try {
      const request = { call, model, phase, inputTokens, maxOutputTokens };
      const grant = await clock.idle(() => channel.ask(request, signal));
      if (grant.kind === "refused") throw failureFrom(grant.failure);
    } catch (error) {
      records.settle(call, { kind: "unused" });
      throw error;
    }
  }

  async function once({ url, body, signal, say }: CallOptions): Promise<Tried> {
    const spoken = say && speaker(say, ids.next());
    const live = streamedAnswer(spoken?.text);
    const wanted = say ? { ...headers, accept: "application/json, text/event-stream" } : headers;
    const reply = await post({ url, headers: wanted, body, timeoutMs: patience.callMs, signal, hear: live.push });
    const whole = reply.kind === "answer" && isEvents(reply.headers) ? { ...reply, text: atOnce(reply.text) } : reply;
    if (whole.kind === "answer") spoken?.whole(whole.text);
    spoken?.end();
    return outcomeOf(whole);
  }

  function outcomeOf(reply: Reply): Tried {
    if (reply.kind === "broken") {
      const told = reply.generation === undefined ? {} : { generation: reply.generation };
      const end: CallEnd = reply.sent ? { kind: "unknown", ...told } : { kind: "unused" };
      return { outcome: { kind: "again", said: reply.said }, end, told, answer: undefined };
    }
    return tried(reply);
  }

  function tried(reply: Extract<Reply, { kind: "answer" }>): Tried {
    const answer = readAnswer(reply, usageFromProvider);
    const { told } = answer;
    const { usage, generation } = told;
    const whole = { told, answer: reply.text };
    const spent: CallEnd = usage
      ? { kind: "used", ...told, usage }
      : { kind: "unknown", ...(generation !== undefined && { generation }) };
    if (answer.kind === "said") {
      return { outcome: answer, end: spent, ...whole };
    }
    if (answer.kind === "unreadable") return { outcome: { kind: "again", said: answer.said }, end: spent, ...whole };
    const meaning = meaningOf({ ...answer, headers: reply.headers }, start, Date.now());
    const end: CallEnd = usage || answer.late ? spent : { kind: "unused" };
    if (meaning.kind === "fails")
      return { outcome: { kind: "fails", failure: failureFrom(meaning.failure) }, end, ...whole };
    return { outcome: meaning, end, ...whole };
  }

  function conclude(asked: Asked, { outcome, end, told, answer }: Tried, tries: number, began: number): void {
    records.settle(asked.call, end);
    const { attempt: _, ...about } = asked;
    const { served, ...from } = told;
    const problem =
      outcome.kind === "again" ? outcome.said : outcome.kind === "fails" ? outcome.failure.message : undefined;
    records.did({
      type: "model.called",
      ...about,
      ...from,
      ...(served !== undefined && served !== start.model && { served }),
      finish: outcome.kind === "said" ? outcome.finish.slice(0, 50) : "error",
      ...(problem !== undefined && { problem: problem.slice(0, 500) }),
      tries,
      durationMs: Math.round(performance.now() - began),
      ...(answer !== undefined && { answerBytes: Buffer.byteLength(answer), answerSha256: sha256Hex(answer) }),
    });
  }

  /** How long to wait before the next try, and whether that is so long that the account is parked. */
  function waitAfter(asksFor: number | undefined, trouble: Trouble): { ms: number; park: boolean } {
    trouble.since ??= performance.now();
    trouble.tries++;
    const ms = Math.max(asksFor ?? 0, backoff(trouble.tries, patience, Math.random()));
    return { ms, park: performance.now() - trouble.since + ms > patience.parkAfterMs };
  }

  /** Between two tries of one call. When it is no longer wanted, it is brought to its end first. */
  async function rest(ms: number, signal: AbortSignal, conclude: () => void): Promise<void> {
    try {
      await sleep(ms, signal);
    } catch (error) {
      conclude();
      throw error;
    }
  }

  /** Between two calls. */
  async function comeBack(said: string, wait: { ms: number; park: boolean }, trouble: Trouble, signal: AbortSignal) {
    const lastedMs = performance.now() - (trouble.since ?? performance.now());
    if (lastedMs > patience.giveUpMs) {
      const minutes = Math.max(1, Math.round(lastedMs / 60_000));
      throw new Failure("model.unavailable", { model: start.model, minutes, problem: said });
    }
    const until = Date.now() + (wait.park ? Math.max(wait.ms, patience.parkMs) : wait.ms);
    if (wait.park) channel.tell({ t: "park", said: said.slice(0, 500), until });
    if (wait.park || wait.ms >= WORTH_TELLING_MS) {
      trouble.told = true;
      channel.tell({ t: "state", state: "rate_limited", said: said.slice(0, 500), until });
    }
    // A parked account waits where it is asked for; this only keeps a daemon that has just restarted from being rushed.
    await sleep(wait.park ? Math.min(wait.ms, patience.longestMs) : wait.ms, signal);
  }

  async function sleep(ms: number, signal: AbortSignal): Promise<void> {
    await clock
      .idle(() => pause(ms, undefined, { signal }))
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
  }

  return {
    async call(asked) {
      const options = asked.say ? { ...asked, body: inPieces(asked.body) } : asked;
      const trouble: Trouble = { since: undefined, tries: 0, told: false };
      for (;;) {
        const said = await attempt(options, trouble);
        if (said === undefined) continue;
        if (trouble.told) channel.tell({ t: "state", state: "working", said: "the provider answers again" });
        return said;
      }
    },
  };
}
