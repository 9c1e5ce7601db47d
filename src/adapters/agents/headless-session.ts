/**
 * A headless agent's session: a folder of turns, one at a time, of one conversation where the agent can continue one.
 * Between turns it is ready, unless its last turn says otherwise; it has ended when that turn has crashed.
 */

import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redact } from "../../domain/redact.ts";
import type { Verdict } from "../../domain/session.ts";
import type { AgentNews, AgentSession, Delivery, Prompt, Say } from "../../ports/agent.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { sleepUntil } from "../system/sleep-until.ts";
import { type ReceiptDeps, receipt, refused } from "./headless-receipt.ts";
import { followTurn, type TurnLimits, type TurnNews } from "./headless-turn.ts";
import { type KnownTurn, sessionTurns, type TurnsDeps } from "./headless-turns.ts";
import { loggedInSince } from "./installed.ts";
import { accountOf } from "./session-env.ts";
import type { Stop } from "./turn-files.ts";

/** A working agent is said to be alive at most this often. */
const HEARTBEAT_MS = 1_000;

/** How often a session that needs a login looks whether somebody has logged in. */
const LOGIN_LOOK_MS = 5_000;

/** What TERM is given before KILL. */
const GRACE_MS = 5_000;

export interface SessionDeps extends Omit<TurnsDeps, "follow">, Pick<ReceiptDeps, "receiptMs"> {
  endProcesses: EndProcesses;
  limits: TurnLimits;
  redact?: Redact;
  say?: Say;
  /** Closed or let go of: this object is of no more use. */
  gone(): void;
}

const CLOSED = "closed";
export const TURNS = "turns";

/** Whether the session's folder is there, and not closed. */
export async function isOpen(folder: string): Promise<boolean> {
  const there = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  return (await there(join(folder, TURNS))) && !(await there(join(folder, CLOSED)));
}

export async function makeOpen(folder: string): Promise<void> {
  await mkdir(join(folder, TURNS), { recursive: true, mode: 0o700 });
  await rm(join(folder, CLOSED), { force: true });
}

export async function headlessSession(deps: SessionDeps): Promise<AgentSession> {
  const { folder, spec, headless, clock } = deps;
  const listeners = new Set<(news: AgentNews) => void>();
  const waiting = new Set<AbortController>();
  const released = new AbortController();
  let unheard: AgentNews[] = [];
  let said: Pick<Verdict, "state" | "until"> = { state: "ready" };
  let saidAt = 0;
  let closing: Promise<void> | undefined;
  /** The turn whose refusal is over: somebody has logged in, the limit has passed, or a person wants to go on. */
  let forgiven: string | undefined;
  /** The last delivery's beginning: they go one after the other. Never rejects. */
  let starting: Promise<unknown> = Promise.resolve();
  let watchingLogin = false;

  const endAll = async (): Promise<void> => {
    await deps.endProcesses({ session: spec.session, root: turns.current()?.pid() }, GRACE_MS);
  };
  const turns = sessionTurns({
    ...deps,
    folder: join(folder, TURNS),
    follow: (files, record) =>
      followTurn(files, record, {
        headless,
        clock,
        limits: deps.limits,
        endAll,
        tell: heard,
        ...(deps.redact && { redact: deps.redact }),
      }),
  });

  function verdict(): Verdict {
    const now = clock.now();
    const idle = (words: string): Verdict => ({
      state: "ready",
      evidence: [{ source: "process", said: words, at: now }],
    });
    if (closing) return { state: "exited", evidence: [{ source: "process", said: "it was closed", at: now }] };
    const last = turns.newest();
    if (!last) return idle("nothing runs: no prompt has come yet");
    const found = last.verdict();
    if (found.state !== "rate_limited" && found.state !== "login_required") return found;
    if (forgiven === last.record.key) return idle("it may be tried again");
    return found.until !== undefined && found.until <= now ? idle("its limit is over") : found;
  }

  function tell(news: AgentNews): void {
    if (listeners.size === 0 && news.kind === "usage") unheard.push(news);
    for (const listener of listeners) listener(news);
  }

  /** Tells the verdict when it is another one, or a sign of life is due. */
  function show(): void {
    const now = verdict();
    const alive = now.state === "working" && clock.now() - saidAt >= HEARTBEAT_MS;
    if (now.state !== said.state || now.until !== said.until || alive) {
      said = now;
      saidAt = clock.now();
      tell({ kind: "verdict", verdict: now });
    }
  }

  function heard(news: TurnNews): void {
    if (news.kind === "said") {
      if (spec.talks) deps.say?.(spec, { message: news.message, text: news.text, last: true });
      return;
    }
    if (news.kind === "usage") tell(news);
    else show();
    for (const one of waiting) one.abort();
    if (news.kind === "over") void outlast(verdict());
  }

  /** Waits for what ends a limit or a missing login: nothing else will tell. */
  async function outlast({ state, until, evidence }: Verdict): Promise<void> {
    if (until !== undefined) await sleepUntil(until, clock, released.signal);
    else if (state === "login_required" && !watchingLogin) {
      watchingLogin = true;
      const about = turns.newest()?.record.key;
      while (!released.signal.aborted && verdict().state === "login_required") {
        await clock.sleep(LOGIN_LOOK_MS, released.signal);
        if (await loggedInSince(deps.profile, deps.env, evidence[0]?.at ?? 0)) forgiven = about;
      }
      watchingLogin = false;
    } else return;
    if (!released.signal.aborted) show();
  }

  /** The turn of a prompt: the one that it has, or a new one; or why there can be none now. */
  async function begin(prompt: Prompt): Promise<KnownTurn | Delivery> {
    if (closing) return { kind: "lost", reason: "it was closed" };
    const known = turns.of(prompt.key);
    const left = turns.current();
    if (known && !refused(known)) {
      if (left && left === known.turn && left.process() === "unclaimed") await turns.start(left, prompt);
      return known;
    }
    // Prepared by a daemon that died before it could start it, and no longer wanted.
    if (left?.process() === "unclaimed") await left.end({ why: "it was never started" });
    const { state, evidence } = verdict();
    const why = `it is ${state}: ${evidence[0]?.said ?? ""}`;
    if (state === "exited") return { kind: "lost", reason: why };
    if (state !== "ready") return { kind: "held", reason: why };
    await deps.program(deps.profile); // throws when it is no longer there, before anything is prepared
    const turn = await turns.create(prompt);
    await turns.start(turn, prompt);
    show();
    return { ...turn, turn };
  }

  async function change(ms: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    waiting.add(wake);
    await clock.sleep(ms, AbortSignal.any([wake.signal, signal]));
    waiting.delete(wake);
  }

  /** Ends the turn that runs, if one does; asked again with the same key it ends no later one. */
  async function stop(why: Stop): Promise<void> {
    const running = turns.current();
    for (const { files, turn } of turns.all()) {
      if (turn !== running && (await files.stop())?.key === why.key) return;
    }
    await running?.end(why);
  }

  async function shut(): Promise<void> {
    await turns.current()?.end({ why: "the session was closed" });
    await endAll();
    await writeFile(join(folder, CLOSED), "", { mode: 0o600 });
  }

  function letGo(): void {
    released.abort();
    for (const { turn } of turns.all()) turn?.release();
    for (const one of waiting) one.abort();
    listeners.clear();
    deps.gone();
  }

  await turns.load();
  for (const { record, result, turn } of turns.all()) {
    if (turn) continue; // a turn that is followed tells its own
    (result()?.reports ?? []).forEach((usage, n) => {
      tell({ kind: "usage", usage, nth: record.reportsBefore + n + 1 });
    });
  }
  said = verdict();
  void outlast(verdict());

  return {
    session: spec.session,
    host: "process",
    account: accountOf(spec, deps.profile),
    key: `headless/${spec.session}`,
    get pid() {
      return turns.current()?.pid();
    },
    startMs: Number.POSITIVE_INFINITY,
    ...(deps.before && { continued: deps.before.conversation }),
    terminal: undefined,
    verdict,
    watch: (listener) => {
      listeners.add(listener);
      const before = unheard;
      unheard = [];
      for (const news of before) listener(news);
      return () => listeners.delete(listener);
    },
    deliver: async (prompt, signal) => {
      const turn = starting.then(() => begin(prompt));
      starting = turn.catch(() => undefined);
      const found = await turn;
      if ("kind" in found) return found;
      return receipt(found, { ...deps, change }, AbortSignal.any([signal, released.signal]));
    },
    answer: async (key) => turns.of(key)?.turn?.tally().answer,
    interrupt: async (key) => {
      if (verdict().state === "login_required" || verdict().state === "rate_limited") {
        forgiven = turns.newest()?.record.key;
        return show();
      }
      await stop({ why: "it was interrupted", key });
    },
    close: async () => {
      if (closing) return closing;
      closing = starting.then(shut); // what is being started is ended too
      await closing;
      show();
      letGo();
    },
    release: async () => {
      await starting;
      letGo();
    },
  };
}
