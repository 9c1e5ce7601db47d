/**
 * A model agent's session: one process after the other in one folder, one conversation. It goes on when its process is
 * ended or crashes, and when the daemon is; it is over when it was closed, or when its process crashes again and again.
 */
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, type FailureRecord, failureRecord } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Redact } from "../../domain/redact.ts";
import type { Verdict } from "../../domain/session.ts";
import type { AgentNews, AgentSession, AgentSpec, Delivery, Saying } from "../../ports/agent.ts";
import type { Spending } from "../../ports/spending.ts";
import { type ChildEvents, type ChildLifeOptions, childLife } from "./child-life.ts";
import { leaveBehind } from "./left-behind.ts";
import { modelVerdict, type Told } from "./model-verdict.ts";
import { sessionCalls } from "./session-calls.ts";
import { type FromChild, SESSION_FILES, type ToChild } from "./session-protocol.ts";

export interface ModelSessionDeps extends Omit<ChildLifeOptions, "session"> {
  spec: AgentSpec;
  free: boolean;
  spending: Spending;
  trouble(problem: string): void;
  say(saying: Saying): void;
  /** Takes secrets out of what is kept once it is closed. */
  redact?: Redact;
  /** Closed or let go of: this object is of no more use. */
  gone(): void;
}

/** A prompt is in the checkpoint long before, unless the process hangs. */
const RECEIPT_MS = 30_000;

/** An agent that waits for a call of its model takes a person's message after it. */
const SAY_MS = 2_000;

/** A file that says so: a pause outlives the daemon. */
const PAUSED = "paused";

type Taking = Extract<ToChild, { t: "prompt" | "say" }>;

export async function modelSession(deps: ModelSessionDeps): Promise<AgentSession> {
  const { spec, start, clock } = deps;
  const folder = start.folder;
  const listeners = new Set<(news: AgentNews) => void>();
  const over = new AbortController();
  const taken = new Set<string>();
  /** What people have said and the process has not taken yet. */
  const unsaid = new Map<string, ToChild>();
  const rings = new Set<() => void>();
  let unheard: AgentNews[] = [];
  let lost: string | undefined;
  let ending: "closed" | "released" | undefined;
  let closing: Promise<void> | undefined;
  let told: Told = { state: "booting", said: "its process starts", at: clock.now() };
  /** The newest turn that is over, and the one that was begun since. */
  let last: { key: string; failure: FailureRecord | undefined; said: string | undefined } | undefined;
  let begun: string | undefined;
  let paused = await isThere(join(folder, PAUSED));
  let shown = "";

  const calls = sessionCalls({
    spending: deps.spending,
    clock,
    about: { run: spec.run, session: spec.session, persona: start.persona, account: start.account, free: deps.free },
    send: (message) => life.link?.send(message),
    tell,
    changed: show,
    trouble: deps.trouble,
    signal: over.signal,
  });

  function verdict(): Verdict {
    return modelVerdict({
      over: ending === "closed" ? "it was closed" : lost,
      up: life.link !== undefined,
      busy: begun !== undefined,
      waiting: calls.waiting(),
      paused: paused ? pausedFailure() : undefined,
      failed: last?.failure,
      told,
    });
  }

  const pausedFailure = (): FailureRecord =>
    failureRecord(new Failure("session.paused", { persona: referenceOf(spec.persona), session: spec.session }));

  function tell(news: AgentNews): void {
    if (listeners.size === 0 && news.kind !== "verdict" && !ending) unheard.push(news);
    for (const listener of listeners) listener(news);
  }

  /** Tells the verdict when it is another one; whoever waits for a change looks again in any case. */
  function show(): void {
    for (const ring of rings) ring();
    const now = verdict();
    const seen = JSON.stringify([now.state, now.until, now.failure?.code, now.state === "working" && calls.waiting()]);
    if (seen === shown) return;
    shown = seen;
    tell({ kind: "verdict", verdict: now });
  }

  const life = await childLife({ ...deps, session: spec.session }, { ready, heard, crashed });

  function ready(): void {
    if (paused) life.send({ t: "pause" });
    for (const one of unsaid.values()) life.send(one);
    show();
  }

  function crashed(why: string, final: boolean): void {
    calls.dropped();
    told = { state: "booting", said: final ? why : `${why}; it is started again`, at: clock.now() };
    if (final) lost = why;
    show();
  }

  function heard(message: Parameters<ChildEvents["heard"]>[0]): void {
    switch (message.t) {
      case "taken":
        taken.add(message.key);
        unsaid.delete(message.key);
        break;
      case "state":
      case "over":
        // After what it has done: nobody shall see the end of a turn before the costs of it.
        calls.inOrder(() => changedBy(message));
        return;
      case "saying":
        deps.say({ message: message.message, text: message.text, last: message.last });
        return;
      case "ask":
        calls.ask(message);
        break;
      case "settle":
        calls.settle(message);
        break;
      case "park":
        deps.spending.park(start.account, { said: message.said, until: message.until });
        break;
      case "did":
        if (calls.did(message)) life.progressed();
        break;
    }
    show();
  }

  function changedBy(message: Extract<FromChild, { t: "state" | "over" }>): void {
    if (message.t === "state") {
      const { state, said, until } = message;
      told = { state, said, at: clock.now(), ...(until !== undefined && { until }) };
    } else {
      last = { key: message.key, failure: message.failure, said: message.said };
      begun = undefined;
      life.progressed();
    }
    show();
  }

  async function take(message: Taking, signal: AbortSignal): Promise<Delivery> {
    const { key } = message;
    const receipt = (): Delivery => delivered("it stands in its conversation");
    if (ending || lost !== undefined) return { kind: "lost", reason: lost ?? "it was closed" };
    if (taken.has(key)) return receipt();
    const asked = life.link;
    if (!asked) return held();
    if (message.t === "prompt" && begun !== undefined && begun !== key)
      return { kind: "held", reason: "it is at work for another prompt" };
    asked.send(message);
    const deadline = clock.steady() + RECEIPT_MS;
    while (!taken.has(key)) {
      if (signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
      if (life.link !== asked || ending)
        return lost === undefined && !ending ? held() : { kind: "lost", reason: told.said };
      const left = deadline - clock.steady();
      if (left <= 0) return { kind: "unconfirmed", reason: `it has not taken it within ${RECEIPT_MS / 1_000} s` };
      await change(left, signal);
    }
    // A turn of an earlier key is over long since; a message during a turn belongs to that.
    if (key !== last?.key && (message.t === "prompt" || told.state === "ready")) begun ??= key;
    show();
    return receipt();
  }

  /** A person need not wait for a call that takes minutes: what is not taken by then is said again to whatever process there is. */
  async function say(key: string, text: string): Promise<Delivery> {
    const message: Taking = { t: "say", key, text };
    const taking = await take(message, AbortSignal.any([over.signal, AbortSignal.timeout(SAY_MS)]));
    if (taking.kind === "delivered" || taking.kind === "lost") return taking;
    unsaid.set(key, message);
    return delivered("it reads it before its next call of the model");
  }

  const delivered = (said: string): Delivery => ({
    kind: "delivered",
    receipt: [{ source: "stream", said, at: clock.now() }],
  });

  const held = (): Delivery => ({ kind: "held", reason: told.said });

  async function change(ms: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    const ring = () => wake.abort();
    rings.add(ring);
    await clock.sleep(ms, AbortSignal.any([wake.signal, signal]));
    rings.delete(ring);
  }

  async function shut(): Promise<void> {
    over.abort();
    await life.end((process) => process.send({ t: "end" }));
    calls.dropped();
    await calls.abandoned();
    await writeFile(join(folder, CLOSED), "", { mode: 0o600 });
    if (deps.redact) await leaveBehind(folder, deps.redact).catch((error: unknown) => deps.trouble(String(error)));
    show();
    listeners.clear();
    deps.gone();
  }

  return {
    session: spec.session,
    host: "process",
    key: `agent/${spec.session}`,
    get pid() {
      return life.pid;
    },
    startMs: deps.startMs,
    finishes: true,
    terminal: undefined,
    transcript: join(folder, SESSION_FILES.transcript),
    verdict,
    watch: (listener) => {
      listeners.add(listener);
      const before = unheard;
      unheard = [];
      for (const news of before) listener(news);
      return () => listeners.delete(listener);
    },
    deliver: ({ key, text, task }, signal) => {
      const { phase = "", attempt, commands, artifact, talk } = task ?? {};
      const about = {
        phase,
        attempt: attempt === undefined ? key : `${phase}/${attempt}`,
        ...(commands && { commands }),
        ...(artifact !== undefined && { artifact }),
        ...(talk && { talk }),
      };
      return take({ t: "prompt", key, text, ...about }, signal);
    },
    say,
    answer: async (key) => (last?.key === key ? last.said : undefined),
    pause: async (wanted) => {
      paused = wanted;
      if (wanted) await writeFile(join(folder, PAUSED), "", { mode: 0o600 });
      else await rm(join(folder, PAUSED), { force: true });
      life.send({ t: wanted ? "pause" : "unpause" });
      show();
    },
    interrupt: async (key) => life.send({ t: "interrupt", key }),
    close: () => {
      ending ??= "closed";
      closing ??= shut();
      return closing;
    },
    release: async () => {
      if (ending) return closing;
      ending = "released";
      over.abort();
      await life.end((process) => process.disconnect());
      calls.dropped();
      listeners.clear();
      deps.gone();
    },
  };
}

/** In the folder of a session that is not to be opened again by itself. */
export const CLOSED = "closed";

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
