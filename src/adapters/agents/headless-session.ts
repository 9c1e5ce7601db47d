/**
 * A headless agent's session: a folder of turns, one at a time, of one conversation where the agent can continue one.
 *
 * Q1. A prompt's turn is named by the hash of its key, so that a key has one turn, before and after a restart.
 * Q2. A turn that was refused before it began (login, limit) has taken nothing: it alone is tried again under its key.
 * Q3. Between turns the session is ready, unless its last turn says otherwise; it has ended when that turn has crashed.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AgentProfile, launchArgs } from "../../domain/agent-profile.ts";
import type { HeadlessProfile } from "../../domain/headless-turn.ts";
import type { Verdict } from "../../domain/session.ts";
import { utf8Bytes } from "../../domain/text.ts";
import type { AgentNews, AgentSession, AgentSpec, Delivery, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import { pointer } from "./delivery.ts";
import { followTurn, type Turn, type TurnLimits, type TurnNews } from "./headless-turn.ts";
import { type Environment, loggedInSince } from "./installed.ts";
import { sessionEnv } from "./session-env.ts";
import { type Stop, type TurnFiles, turnFiles } from "./turn-files.ts";
import { startTurn } from "./turn-wrapper.ts";

/** A working agent is said to be alive at most this often. */
const HEARTBEAT_MS = 1_000;

/** How often a session that needs a login looks whether somebody has logged in. */
const LOGIN_LOOK_MS = 5_000;

/** What TERM is given before KILL. */
const GRACE_MS = 5_000;

/** Linux takes no argument over 128 KiB: a larger prompt goes as a file. */
const MAX_ARGUMENT_BYTES = 100_000;

export interface SessionDeps {
  folder: string;
  spec: AgentSpec;
  profile: AgentProfile;
  headless: HeadlessProfile;
  program(profile: AgentProfile): Promise<string>;
  env: Environment;
  clock: Clock;
  endProcesses: EndProcesses;
  limits: TurnLimits;
  /** How long an agent may take until its first event. */
  receiptMs: number;
  /** Closed or let go of: this object is of no more use. */
  gone(): void;
}

const CLOSED = "closed";
const TURNS = "turns";

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

/** A turn of this session; one that was over before this daemon came is only remembered. */
type Known = Pick<Turn, "record" | "files" | "result" | "verdict"> & { turn?: Turn };

export async function headlessSession(deps: SessionDeps): Promise<AgentSession> {
  const { folder, spec, profile, headless, clock } = deps;
  const listeners = new Set<(news: AgentNews) => void>();
  const waiting = new Set<AbortController>();
  const released = new AbortController();
  let unheard: AgentNews[] = [];
  let said: Pick<Verdict, "state" | "until"> = { state: "ready" };
  let saidAt = 0;
  let closing: Promise<void> | undefined;
  /** The turn whose refusal is over: somebody has logged in, the limit has passed, or a person wants to go on. */
  let forgiven: string | undefined;
  let starting: Promise<unknown> = Promise.resolve();
  let watchingLogin = false;

  const turns = new Map<string, Known>();
  const newest = (): Known | undefined =>
    [...turns.values()].reduce<Known | undefined>(
      (last, one) => (last && last.record.number > one.record.number ? last : one),
      undefined,
    );
  const current = (): Turn | undefined => {
    const turn = newest()?.turn;
    return turn && !turn.result() ? turn : undefined;
  };
  const endAll = async (): Promise<void> => {
    await deps.endProcesses({ session: spec.session, root: current()?.pid() }, GRACE_MS);
  };

  function verdict(): Verdict {
    const now = clock.now();
    const idle = (words: string): Verdict => ({
      state: "ready",
      evidence: [{ source: "process", said: words, at: now }],
    });
    if (closing) return { state: "exited", evidence: [{ source: "process", said: "it was closed", at: now }] };
    const last = newest();
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
    if (news.kind === "usage") tell(news);
    else show();
    for (const one of waiting) one.abort();
    if (news.kind === "over") void outlast(verdict());
  }

  /** Waits for what ends a limit or a missing login: nothing else will tell. */
  async function outlast({ state, until, evidence }: Verdict): Promise<void> {
    if (until !== undefined) await clock.sleep(until - clock.now(), released.signal);
    else if (state === "login_required" && !watchingLogin) {
      watchingLogin = true;
      const about = newest()?.record.key;
      while (!released.signal.aborted && verdict().state === "login_required") {
        await clock.sleep(LOGIN_LOOK_MS, released.signal);
        if (await loggedInSince(profile, deps.env, evidence[0]?.at ?? 0)) forgiven = about;
      }
      watchingLogin = false;
    } else return;
    if (!released.signal.aborted) show();
  }

  const follow = async (files: TurnFiles, record: Turn["record"]): Promise<Turn> =>
    followTurn(files, record, { headless, clock, limits: deps.limits, endAll, tell: heard });

  function remember(turn: Turn): void {
    turns.set(nameOf(turn.record.key), {
      record: turn.record,
      files: turn.files,
      result: turn.result,
      verdict: turn.verdict,
      turn,
    });
  }

  /** The turn of a prompt: the one that it has, or a new one; or why there can be none now. */
  async function begin(prompt: Prompt): Promise<Known | Delivery> {
    const name = nameOf(prompt.key);
    const known = turns.get(name);
    if (known && !refused(known)) {
      if (known.turn && known.turn === current() && known.turn.process() === "unclaimed")
        await start(known.turn, prompt, name);
      return known;
    }
    const left = current();
    // Prepared by a daemon that died before it could start it, and no longer wanted.
    if (left?.process() === "unclaimed") await left.end({ why: "it was never started" });
    const { state, evidence } = verdict();
    const why = `it is ${state}: ${evidence[0]?.said ?? ""}`;
    if (state === "exited") return { kind: "lost", reason: why };
    if (state !== "ready") return { kind: "held", reason: why };
    return create(name, prompt, known);
  }

  async function create(name: string, prompt: Prompt, before: Known | undefined): Promise<Known | Delivery> {
    const last = newest();
    const limited = last?.result()?.verdict.state === "rate_limited";
    const record = {
      key: prompt.key,
      number: (last?.record.number ?? 0) + 1,
      at: clock.now(),
      reportsBefore: (last?.record.reportsBefore ?? 0) + (last?.result()?.reports ?? 0),
      limitsBefore: limited ? (last?.record.limitsBefore ?? 0) + 1 : 0,
    };
    await before?.files.setAside();
    const files = turnFiles(join(folder, TURNS, name));
    await files.create();
    await files.prepare(record, prompt.text);
    const turn = await follow(files, record);
    remember(turn);
    await start(turn, prompt, name);
    show();
    return turns.get(name) ?? { kind: "unconfirmed", reason: "stopped" };
  }

  async function start(turn: Turn, prompt: Prompt, name: string): Promise<void> {
    const conversation = [...turns.values()]
      .filter(({ record }) => record.number < turn.record.number)
      .sort((a, b) => b.record.number - a.record.number)
      .map((one) => one.result()?.conversation)
      .find((id) => id !== undefined);
    const wanted = (conversation !== undefined && headless.resume) || headless.args;
    const { persona, cwd } = spec;
    const args = launchArgs(wanted, { cwd, model: persona.model, args: persona.args, conversation });
    const asArgument = headless.prompt === "argument";
    const text = utf8Bytes(prompt.text) > MAX_ARGUMENT_BYTES ? pointer(prompt) : prompt.text;
    startTurn(
      {
        folder: join(folder, TURNS, name),
        argv: [await deps.program(profile), ...args, ...(asArgument ? [text] : [])],
        cwd,
        env: sessionEnv(spec, profile, deps.env),
        stdin: asArgument ? "nothing" : "prompt",
      },
      turn.wrapperEnded,
    );
  }

  /** Waits for the first event (H1). */
  async function receipt({ files, result, turn }: Known, signal: AbortSignal): Promise<Delivery> {
    const deadline = clock.now() + deps.receiptMs;
    for (;;) {
      const first = result()?.first ?? turn?.tally().first;
      const at = clock.now();
      if (first !== undefined)
        return { kind: "delivered", receipt: [{ source: "stream", said: `its first event: ${first}`, at }] };
      const over = result();
      if (over) return untaken(over.verdict);
      if (signal.aborted || released.signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
      if (at >= deadline) {
        const stderr = await files.stderr();
        const seconds = Math.round(deps.receiptMs / 1_000);
        return {
          kind: "unconfirmed",
          reason: `it told nothing for ${seconds} s${stderr && `: ${stderr.slice(-300)}`}`,
        };
      }
      const wake = new AbortController();
      waiting.add(wake);
      await clock.sleep(deadline - at, AbortSignal.any([wake.signal, signal, released.signal]));
      waiting.delete(wake);
    }
  }

  /** Ends the turn that runs, if one does; asked again with the same key it ends no later one. */
  async function stop(why: Stop): Promise<void> {
    const running = current();
    for (const { files, turn } of turns.values()) {
      if (turn !== running && (await files.stop())?.key === why.key) return;
    }
    await running?.end(why);
  }

  async function shut(): Promise<void> {
    await current()?.end({ why: "the session was closed" });
    await endAll();
    await writeFile(join(folder, CLOSED), "", { mode: 0o600 });
  }

  function letGo(): void {
    released.abort();
    for (const { turn } of turns.values()) turn?.release();
    for (const one of waiting) one.abort();
    listeners.clear();
    deps.gone();
  }

  for (const name of await readdir(join(folder, TURNS))) {
    const files = turnFiles(join(folder, TURNS, name));
    const record = await files.record();
    // Without a record nothing was started; a name that is not its key's was set aside.
    if (!record || nameOf(record.key) !== name) continue;
    const result = await files.result();
    if (result) turns.set(name, { record, files, result: () => result, verdict: () => result.verdict });
    else remember(await follow(files, record));
  }
  said = verdict();
  void outlast(verdict());

  return {
    session: spec.session,
    host: "process",
    key: `headless/${spec.session}`,
    get pid() {
      return current()?.pid();
    },
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
      if (closing) return { kind: "lost", reason: "it was closed" };
      const turn = starting.then(() => begin(prompt));
      starting = turn.catch(() => undefined);
      const found = await turn;
      return "kind" in found ? found : receipt(found, signal);
    },
    interrupt: async (key) => {
      if (verdict().state === "login_required" || verdict().state === "rate_limited") {
        forgiven = newest()?.record.key;
        return show();
      }
      await stop({ why: "it was interrupted", key });
    },
    close: async () => {
      if (closing) return closing;
      closing = shut();
      await closing;
      show();
      letGo();
    },
    release: async () => letGo(),
  };
}

const nameOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);

const refused = ({ result }: Known): boolean => {
  const over = result();
  return (
    over !== undefined &&
    over.events === 0 &&
    (over.verdict.state === "login_required" || over.verdict.state === "rate_limited")
  );
};

/** An end without any event. */
function untaken({ state, evidence }: Verdict): Delivery {
  const reason = evidence[0]?.said ?? "it ended without a word";
  return state === "login_required" || state === "rate_limited" ? { kind: "held", reason } : { kind: "lost", reason };
}
