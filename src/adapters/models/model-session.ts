/**
 * A model agent's session: one process after the other in one folder, one conversation. It goes on when its process is
 * ended or crashes, and when the daemon is; it is over when it was closed, or when its process crashes again and again.
 */
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, type FailureRecord, failureRecord } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import type { AgentState, Evidence, Verdict } from "../../domain/session.ts";
import type { AgentNews, AgentSession, AgentSpec, Delivery } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { Spending } from "../../ports/spending.ts";
import { type ChildLink, type ChildProgram, childLink } from "./child-link.ts";
import { sessionCalls } from "./session-calls.ts";
import { type FromChild, SESSION_FILES, type Start, type ToChild } from "./session-protocol.ts";

export interface ModelSessionDeps {
  spec: AgentSpec;
  start: Start;
  free: boolean;
  env: Readonly<Record<string, string>>;
  program: ChildProgram;
  spending: Spending;
  clock: Clock;
  endProcesses: EndProcesses;
  /** How long a process may take until it has read its checkpoint. */
  startMs: number;
  /** How often in a row, without any progress, its process is started again. */
  restarts: number;
  trouble(problem: string): void;
  /** Closed or let go of: this object is of no more use. */
  gone(): void;
}

/** A process that has crashed is started again after this, then after twice that, and so on. */
const RESTART_MS = 1_000;

/** A prompt is in the checkpoint long before, unless the process hangs. */
const RECEIPT_MS = 30_000;

/** An agent that waits for a call of its model takes a person's message after it. */
const SAY_MS = 2_000;

/** What a process is given to come to its end. */
const GRACE_MS = 5_000;

/** A file that says so: a pause outlives the daemon. */
const PAUSED = "paused";

type Taking = Extract<ToChild, { t: "prompt" | "say" }>;

interface Told {
  state: AgentState;
  said: string;
  at: number;
  until?: number;
}

export async function modelSession(deps: ModelSessionDeps): Promise<AgentSession> {
  const { spec, start, clock, endProcesses } = deps;
  const folder = start.folder;
  const listeners = new Set<(news: AgentNews) => void>();
  const over = new AbortController();
  const taken = new Set<string>();
  /** What people have said and the process has not taken yet. */
  const unsaid = new Map<string, ToChild>();
  const rings = new Set<() => void>();
  let unheard: AgentNews[] = [];
  /** What is to be told to the process once it is there. */
  let later: ToChild[] = [];
  let link: ChildLink | undefined;
  let up = false;
  let crashes = 0;
  let lost: string | undefined;
  let ending: "closed" | "released" | undefined;
  let closing: Promise<void> | undefined;
  let launching: Promise<void> = Promise.resolve();
  let told: Told = { state: "booting", said: "its process starts", at: clock.now() };
  /** The newest turn that is over, and the one that was begun since. */
  let last: { key: string; failure: FailureRecord | undefined } | undefined;
  let begun: string | undefined;
  let paused = await isThere(join(folder, PAUSED));
  let shown = "";

  const calls = sessionCalls({
    spending: deps.spending,
    clock,
    about: { run: spec.run, session: spec.session, persona: start.persona, account: start.account, free: deps.free },
    send: (message) => link?.send(message),
    tell,
    changed: show,
    trouble: deps.trouble,
    signal: over.signal,
  });

  function verdict(): Verdict {
    const says = (state: AgentState, said: string, more: Partial<Verdict> = {}): Verdict => {
      const evidence: Evidence = { source: "stream", said: said.slice(0, 500), at: told.at };
      return { state, evidence: [evidence], ...more };
    };
    if (ending === "closed") return says("exited", "it was closed");
    if (lost !== undefined) return says("exited", lost);
    if (!up) return says(begun === undefined ? "booting" : "working", told.said);
    const waiting = calls.waiting();
    // Whether a person is asked about money is the ledger's to say, and asked by it.
    if (waiting?.for === "budget") return says("working", waiting.said);
    if (waiting) return says("rate_limited", waiting.said, waiting.until === undefined ? {} : { until: waiting.until });
    if (paused && told.state !== "ready") return says("awaiting_input", "it was paused", { failure: pausedFailure() });
    const { state, said, until } = told;
    if (state !== "ready") return says(state, said, until === undefined ? {} : { until });
    const failure = begun === undefined ? last?.failure : undefined;
    return failure ? says(state, failure.message, { failure }) : says(state, said);
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

  async function launch(): Promise<void> {
    // What is left of a process before, of this daemon or of a killed one: two would write one checkpoint.
    await endProcesses({ session: spec.session, root: undefined }, GRACE_MS);
    if (ending) return;
    const mine = childLink({
      program: deps.program,
      env: deps.env,
      cwd: folder,
      heard: (message) => mine === link && heard(message),
      ended: (why) => mine === link && crashed(why),
    });
    link = mine;
    mine.send(start);
    void clock.sleep(deps.startMs, over.signal).then(async () => {
      if (mine === link && !up && !ending) await endProcesses({ session: spec.session, root: mine.pid }, GRACE_MS);
    });
  }

  function crashed(why: string): void {
    link = undefined;
    up = false;
    calls.dropped();
    if (ending) return;
    crashes += 1;
    told = { state: "booting", said: `${why}; it is started again`, at: clock.now() };
    if (crashes > deps.restarts) lost = `${why}; it was started again ${deps.restarts} times`;
    else {
      const wait = RESTART_MS * 2 ** (crashes - 1);
      launching = clock.sleep(wait, over.signal).then(() => (ending ? undefined : launch()));
    }
    show();
  }

  function heard(message: FromChild): void {
    switch (message.t) {
      case "ready":
        up = true;
        if (told.state === "booting") told = { state: "ready", said: "its conversation is open", at: clock.now() };
        if (paused) link?.send({ t: "pause" });
        for (const one of [...later, ...unsaid.values()]) link?.send(one);
        later = [];
        break;
      case "taken":
        taken.add(message.key);
        unsaid.delete(message.key);
        break;
      case "state":
      case "over":
        // After what it has done: nobody shall see the end of a turn before the costs of it.
        calls.inOrder(() => changedBy(message));
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
        if (calls.did(message)) crashes = 0;
        break;
    }
    show();
  }

  function changedBy(message: Extract<FromChild, { t: "state" | "over" }>): void {
    if (message.t === "state") {
      const { state, said, until } = message;
      told = { state, said, at: clock.now(), ...(until !== undefined && { until }) };
    } else {
      last = { key: message.key, failure: message.failure };
      begun = undefined;
      crashes = 0;
    }
    show();
  }

  async function take(message: Taking, signal: AbortSignal): Promise<Delivery> {
    const { key } = message;
    const receipt = (): Delivery => delivered("it stands in its conversation");
    if (ending || lost !== undefined) return { kind: "lost", reason: lost ?? "it was closed" };
    if (taken.has(key)) return receipt();
    if (!up) return { kind: "held", reason: told.said };
    if (message.t === "prompt" && begun !== undefined && begun !== key)
      return { kind: "held", reason: "it is at work for another prompt" };
    const asked = link;
    asked?.send(message);
    const deadline = clock.now() + RECEIPT_MS;
    while (!taken.has(key)) {
      if (signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
      if (link !== asked || ending) return lost === undefined && !ending ? held() : { kind: "lost", reason: told.said };
      const left = deadline - clock.now();
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

  const send = (message: ToChild): void => {
    if (up) link?.send(message);
    else later.push(message);
  };

  /** Ends the process, by its own means first. */
  async function endProcess(ask: (process: ChildLink) => void): Promise<void> {
    over.abort();
    await launching;
    const process = link;
    if (process) {
      ask(process);
      await Promise.race([process.over, clock.sleep(GRACE_MS)]);
    }
    await endProcesses({ session: spec.session, root: process?.pid }, GRACE_MS);
    await process?.over;
    link = undefined;
    calls.dropped();
  }

  async function shut(): Promise<void> {
    await endProcess((process) => process.send({ t: "end" }));
    await calls.abandoned();
    await writeFile(join(folder, CLOSED), "", { mode: 0o600 });
    show();
    listeners.clear();
    deps.gone();
  }

  launching = launch();
  await launching;
  shown = JSON.stringify(["booting", undefined, undefined]);

  return {
    session: spec.session,
    host: "process",
    key: `agent/${spec.session}`,
    get pid() {
      return link?.pid;
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
      const { phase = "", attempt, commands, artifact } = task ?? {};
      const about = {
        phase,
        attempt: attempt === undefined ? key : `${phase}/${attempt}`,
        ...(commands && { commands }),
        ...(artifact !== undefined && { artifact }),
      };
      return take({ t: "prompt", key, text, ...about }, signal);
    },
    say,
    pause: async (wanted) => {
      paused = wanted;
      if (wanted) await writeFile(join(folder, PAUSED), "", { mode: 0o600 });
      else await rm(join(folder, PAUSED), { force: true });
      send({ t: wanted ? "pause" : "unpause" });
      show();
    },
    interrupt: async (key) => send({ t: "interrupt", key }),
    close: () => {
      ending ??= "closed";
      closing ??= shut();
      return closing;
    },
    release: async () => {
      if (ending) return closing;
      ending = "released";
      await endProcess((process) => process.disconnect());
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
