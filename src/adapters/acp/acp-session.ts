/**
 * A session over ACP: one process, one conversation, one turn at a time. The process ends with the daemon; the conversation goes on in the
 * next one, where the agent can load it.
 *
 *   starting ──▶ up (ready ⇄ working ⇄ awaiting_permission) ──▶ gone          starting ──▶ login ──▶ starting
 *
 * C1. A prompt is sent once: it stands in the journal before (J1), and one whose turn was cut off is looked for in the conversation, not
 *     sent again. Only one that was answered with an error before anything of it was begun may be sent again.
 * C2. The receipt is the first thing that the agent tells of the turn, or its answer.
 * C3. What is open when a turn ends (questions, tool calls) ends with it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AcpProfile, afterAnswer, afterProblem, type TurnOver } from "../../domain/acp-turn.ts";
import { readUpdate, spentBetween, toolFacts, usageInAnswer } from "../../domain/acp-update.ts";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { Failure, failureRecord } from "../../domain/failure.ts";
import { usd } from "../../domain/money.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Redact } from "../../domain/redact.ts";
import type { AgentState, Verdict } from "../../domain/session.ts";
import { refusal, shown } from "../../domain/tool-refusal.ts";
import type { Usage } from "../../domain/usage.ts";
import type { AgentNews, AgentSession, AgentSpec, Delivery, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { arrive, type Greeting, greet } from "./acp-connect.ts";
import type { AcpJournal } from "./acp-journal.ts";
import type { AgentAsks, Asked, acpLink, OUR_VERSION } from "./acp-link.ts";
import { permissions } from "./acp-permissions.ts";
import { type AcpProcess, startProcess } from "./acp-process.ts";
import { type AcpTurn, acpTurn } from "./acp-turn.ts";

export interface AcpLimits {
  /** A turn without a sign of life for this long is interrupted. */
  inactivityMs: number;
  /** A turn is interrupted after this, whatever it does. */
  wallMs: number;
  /** What an agent that is interrupted may take to end its turn, before its process is ended. */
  interruptMs: number;
  /** How long it may take until it shows that it has taken a prompt. */
  receiptMs: number;
}

export interface AcpSessionDeps {
  spec: AgentSpec;
  profile: AgentProfile;
  acp: AcpProfile;
  folder: string;
  journal: AcpJournal;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  files: WorktreeFiles;
  clock: Clock;
  redact: Redact;
  version: string;
  limits: AcpLimits;
  endProcesses: EndProcesses;
  protocol: { acpLink: typeof acpLink; OUR_VERSION: typeof OUR_VERSION };
  /** Whether somebody has logged in since. */
  loggedInSince(at: number): Promise<boolean>;
  /** Closed or let go of: this object is of no more use. */
  gone(): void;
}

/** In the folder of a session that is not to be opened again. */
export const CLOSED = "closed";

/** A working agent is said to be alive at most this often. */
const HEARTBEAT_MS = 1_000;
/** How often a session that needs a login looks whether somebody has logged in. */
const LOGIN_LOOK_MS = 5_000;
/** How often a turn's limits are looked at. */
const LIMITS_LOOK_MS = 1_000;
/** What TERM is given before KILL. */
const GRACE_MS = 5_000;
/** How often a process is started that ends before it has greeted, and the pause between. */
const START_TRIES = 3;
const START_PAUSE_MS = 1_000;
const LATE = "it did not greet in time";
/** What an agent that has closed its output is given to end by itself. */
const END_MS = 1_000;
/** A message to an agent that is busy is given up after this; the sender is told and can send it again. */
const SAY_MS = 15_000;
const ANSWERS: Record<string, "allow" | "deny"> = {
  allow: "allow",
  yes: "allow",
  y: "allow",
  deny: "deny",
  no: "deny",
  n: "deny",
};
/** Of a conversation's past, what is kept to find a prompt in it. */
const MOST_PAST_CHARACTERS = 4_000_000;

type Life =
  | { at: "starting"; said: string }
  | { at: "login"; said: string }
  | { at: "up"; conversation: string; link: ReturnType<typeof acpLink> }
  | { at: "gone"; said: string };

/** Resolves once the agent has greeted, or never will. Throws `Failure` when it speaks another protocol. */
export async function acpSession(deps: AcpSessionDeps): Promise<AgentSession> {
  const { spec, profile, acp, journal, clock, files, limits } = deps;
  const persona = referenceOf(spec.persona);
  const listeners = new Set<(news: AgentNews) => void>();
  const waiting = new Set<AbortController>();
  const over = new AbortController();
  const interrupted = new Set<string>();
  let unheard: AgentNews[] = [...journal.news];
  let life: Life = { at: "starting", said: "its process starts" };
  let process: AcpProcess | undefined;
  let since = clock.now();
  let turn: AcpTurn | undefined;
  let past = "";
  let closing: Promise<void> | undefined;
  let ending: "closed" | "released" | undefined;
  /** The turn whose refusal is over: somebody has logged in, the limit has passed, or a person wants to go on. */
  let forgiven: string | undefined;
  /** The last delivery's beginning: they go one after the other. Never rejects. */
  let starting: Promise<unknown> = Promise.resolve();
  let sweeping: Promise<unknown> = Promise.resolve();
  let shown_ = { state: "", asks: "", at: 0 };

  const asking = permissions({
    files,
    task: () => ({
      ...(turn?.task && { artifact: turn.task.artifact }),
      lists: [spec.persona.api?.commands ?? [], ...(turn?.task?.commands ? [turn.task.commands] : [])],
    }),
    changed: show,
  });

  function verdict(): Verdict {
    const says = (state: AgentState, said: string, more: Partial<Verdict> = {}): Verdict => ({
      state,
      evidence: [{ source: life.at === "up" ? "stream" : "process", said: said.slice(0, 500), at: since }],
      ...more,
    });
    if (ending === "closed") return says("exited", "it was closed");
    if (life.at === "gone") return says("exited", life.said);
    if (life.at === "starting") return says("booting", life.said);
    if (life.at === "login") return says("login_required", life.said, { failure: loginFailure(life.said) });
    const question = asking.question();
    if (question) return says("awaiting_permission", question.text, { asks: question });
    if (turn) return says("working", turn.said() || (turn.first() === undefined ? "it has the prompt" : "it works"));
    const last = journal.prompts().at(-1);
    if (!last) return says("ready", "no prompt has come yet");
    if (!last.over) return says("ready", "its turn was cut off when devflow ended");
    const { state, said, until } = last.over;
    if (state === "ready") return says("ready", said);
    if (forgiven === last.sent.key || (until !== undefined && until <= clock.now()))
      return says("ready", "it may be tried again");
    const failure = state === "login_required" ? { failure: loginFailure(said) } : {};
    return says(state, said, { ...failure, ...(until !== undefined && { until }) });
  }

  const loginFailure = (problem: string) =>
    failureRecord(
      new Failure("session.needs_login", { persona, problem, command: profile.binary.command, session: spec.session }),
    );

  function tell(news: AgentNews): void {
    if (listeners.size === 0 && news.kind !== "verdict") unheard.push(news);
    for (const listener of listeners) listener(news);
  }

  /** Tells the verdict when it is another one, or a sign of life is due; whoever waits for a change looks again. */
  function show(): void {
    for (const one of waiting) one.abort();
    const now = verdict();
    const asks = asking.question()?.digest ?? "";
    const alive = now.state === "working" && clock.now() - shown_.at >= HEARTBEAT_MS;
    if (now.state === shown_.state && asks === shown_.asks && !alive) return;
    // Another question of the same agent is a question of its own: what was asked before is over.
    if (asks !== "" && shown_.asks !== "" && asks !== shown_.asks) {
      tell({
        kind: "verdict",
        verdict: { state: "working", evidence: [{ source: "stream", said: "it was answered", at: clock.now() }] },
      });
    }
    shown_ = { state: now.state, asks, at: clock.now() };
    tell({ kind: "verdict", verdict: now });
  }

  function become(now: Life): void {
    if (life.at === "gone") return;
    life = now;
    since = clock.now();
    show();
  }

  const mine = (conversation: string): boolean => life.at === "up" && life.conversation === conversation;
  const notMine = (path: string) =>
    refusal("tool.failed", { tool: shown(path), problem: "it is no file of this session" });

  const asks: AgentAsks = {
    update: (conversation, update) => {
      const heard = readUpdate(update);
      if (!heard) return;
      if (life.at === "starting") {
        // A conversation that is loaded tells its past.
        if (heard.kind === "prompt") past = (past + heard.text).slice(-MOST_PAST_CHARACTERS);
        return;
      }
      if (!turn || !mine(conversation)) return;
      turn.hear(heard);
      if (heard.kind !== "aside") {
        since = clock.now();
        show();
      }
    },
    permission: async (conversation, { toolCall, options }, withdrawn) => {
      const tool = toolFacts(toolCall);
      if (!tool || !turn || !mine(conversation)) return "cancelled";
      turn.sign("permission");
      show();
      return asking.ask(turn.toolOf(tool), options, withdrawn);
    },
    read: (conversation, path, line, limit) => {
      if (!mine(conversation)) return notMine(path);
      turn?.sign("reading a file");
      return files.read(path, { line, limit });
    },
    write: (conversation, path, content) => {
      if (!mine(conversation) || !turn) return notMine(path);
      turn.sign("writing a file");
      return files.write(path, content, turn.task?.artifact);
    },
  };

  /** An agent that ends before it has greeted is tried again: two of a kind that start at once may be in each other's way. */
  async function start(): Promise<void> {
    // What an earlier daemon has left of it would work on in the same folder.
    await endAll();
    for (let left = START_TRIES - 1; ; left -= 1) {
      const started = startProcess(deps.argv, spec.cwd, deps.env);
      process = started;
      const link = deps.protocol.acpLink(started, asks);
      const greeting = await greetingOf(link);
      if (typeof greeting !== "string") {
        void watchEnd(started, link);
        return void settleIn(link, greeting);
      }
      link.close();
      await endAll();
      const why = `${greeting} (${await started.ended})`;
      if (left === 0 || ending || greeting === LATE) return gone(why);
      await clock.sleep(START_PAUSE_MS, over.signal);
    }
  }

  /** Its end, or that of its output: what it wrote last is read before. */
  async function watchEnd(started: AcpProcess, link: ReturnType<typeof acpLink>): Promise<void> {
    const first = await Promise.race([started.ended, link.closed.then(() => undefined)]);
    const soon = new AbortController();
    const second = await Promise.race([
      first === undefined ? started.ended : link.closed.then(() => first),
      clock.sleep(END_MS, soon.signal).then(() => first),
    ]);
    soon.abort();
    await gone(second ?? "it closed its output");
    link.close();
  }

  async function greetingOf(link: ReturnType<typeof acpLink>): Promise<Greeting | string> {
    const soon = new AbortController();
    const late = clock.sleep(acp.startTimeout, soon.signal).then(() => LATE);
    const greeting = greet(link, {
      persona,
      agent: profile.title,
      install: profile.install,
      ours: deps.protocol.OUR_VERSION,
      version: deps.version,
      acp,
    });
    return Promise.race([greeting, late]).finally(() => soon.abort());
  }

  async function settleIn(link: ReturnType<typeof acpLink>, greeting: Greeting): Promise<void> {
    while (!over.signal.aborted && life.at !== "gone") {
      const arrival = await arrive(link, greeting, { acp, journal, cwd: spec.cwd });
      if (arrival.kind === "ready") return become({ at: "up", conversation: arrival.conversation, link });
      if (arrival.kind === "failed") return void gone(`it has opened no session: ${arrival.said}`);
      become({ at: "login", said: arrival.said });
      await loggedIn(clock.now());
      become({ at: "starting", said: "somebody may have logged in" });
    }
  }

  /** Resolves when somebody has logged in, or wants it to be tried. */
  async function loggedIn(at: number): Promise<void> {
    forgiven = undefined;
    while (!over.signal.aborted && !(await deps.loggedInSince(at))) {
      await change(LOGIN_LOOK_MS, over.signal);
      if (forgiven === "login") return;
    }
  }

  /** It has ended, or is of no more use: nothing of it is left to work on unseen. */
  async function gone(said: string): Promise<void> {
    if (life.at === "gone") return;
    const complaint = process?.complaint() ?? "";
    life = { at: "gone", said: complaint === "" ? said : `${said}: ${complaint}` };
    since = clock.now();
    asking.dropAll();
    turn?.finish();
    turn = undefined;
    if (!ending) await endAll(); // else it is being done, and a next one of this session must not be met
    show();
  }

  function endAll(): Promise<unknown> {
    sweeping = sweeping.then(() => deps.endProcesses({ session: spec.session, root: process?.pid }, GRACE_MS));
    return sweeping;
  }

  async function change(ms: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    waiting.add(wake);
    await clock.sleep(ms, AbortSignal.any([wake.signal, signal]));
    waiting.delete(wake);
  }

  /** The prompt's turn, begun now or before, or why it can have none now. */
  function begin(prompt: Prompt): AcpTurn | Delivery {
    if (ending) return { kind: "lost", reason: "it was closed" };
    if (life.at === "gone") return { kind: "lost", reason: life.said };
    if (turn?.key === prompt.key) return turn;
    const known = journal.prompt(prompt.key);
    if (known && !known.over?.untaken) {
      if (known.taken !== undefined || known.over) return delivered(known.taken ?? known.over?.said ?? "");
      if (life.at !== "up") return { kind: "held", reason: verdict().evidence[0]?.said ?? "it starts" };
      if (!holds(past, prompt.text))
        return { kind: "lost", reason: "its turn was cut off, and its conversation does not have the prompt" };
      journal.write({ t: "taken", key: prompt.key, said: "it stands in its conversation" });
      return delivered("it stands in its conversation");
    }
    const { state, evidence } = verdict();
    if (life.at !== "up" || state !== "ready")
      return { kind: "held", reason: `it is ${state}: ${evidence[0]?.said ?? ""}` };
    return send(prompt, life);
  }

  const delivered = (said: string): Delivery => ({
    kind: "delivered",
    receipt: [{ source: "stream", said, at: clock.now() }],
  });

  function send({ key, text, task }: Prompt, { link, conversation }: Extract<Life, { at: "up" }>): AcpTurn {
    const at = clock.now();
    const number = journal.prompts().length + 1;
    journal.write({ t: "prompt", key, at, sha256: sha256Hex(text) });
    const now = acpTurn({
      key,
      number,
      task,
      clock,
      redact: deps.redact,
      root: spec.cwd,
      did: (did) => {
        const news = journal.tell("did", did);
        if (news) tell(news);
      },
    });
    turn = now;
    since = at;
    void link.prompt(conversation, text).then((answer) => answered(now, answer));
    void limit(now, at);
    show();
    return now;
  }

  function answered(now: AcpTurn, answer: Asked<{ stopReason: string }>): void {
    if (turn !== now || (!answer.ok && answer.problem === "ended")) return; // `gone` says what is to be said
    asking.dropAll();
    now.finish();
    const { key } = now;
    const end = answer.ok
      ? afterAnswer(answer.value.stopReason)
      : failedTurn(answer.problem as Exclude<typeof answer.problem, "ended">);
    const untaken = !answer.ok && now.first() === undefined && end.state !== "ready";
    if (!untaken && journal.prompt(key)?.taken === undefined)
      journal.write({ t: "taken", key, said: now.first() ?? "its answer" });
    if (answer.ok) book(now, answer.value);
    journal.write({ t: "over", key, at: clock.now(), ...end, ...(untaken && { untaken }) });
    turn = undefined;
    since = clock.now();
    show();
    void outlast(key, end);
  }

  function failedTurn(problem: Parameters<typeof afterProblem>[1]): TurnOver {
    const before = journal.prompts().slice(0, -1);
    const limitsBefore = before.length - 1 - before.findLastIndex(({ over }) => over?.state !== "rate_limited");
    return afterProblem(acp, problem, clock.now(), limitsBefore);
  }

  function book(now: AcpTurn, answer: unknown): void {
    const told = usageInAnswer(answer);
    const before = journal.totals;
    const total = now.costUsd() ?? before?.costUsd;
    const spent = spentBetween(before?.costUsd, total);
    const whole = acp.usage === "conversation";
    const grown = (value: number, earlier: number) => (whole && value >= earlier ? value - earlier : value);
    const usage: Usage | undefined = told && {
      ...told,
      inputTokens: grown(told.inputTokens, before?.input ?? 0),
      outputTokens: grown(told.outputTokens, before?.output ?? 0),
      ...(spent !== undefined && { costUsd: usd(spent) }),
    };
    const input = told?.inputTokens ?? before?.input ?? 0;
    const output = told?.outputTokens ?? before?.output ?? 0;
    journal.write({ t: "totals", input, output, ...(total !== undefined && { costUsd: total }) });
    // Of a turn's last call alone nobody could tell what the turn has cost.
    const sound = acp.usage !== "call" || spent !== undefined;
    const news = usage && sound && journal.tell("usage", usage);
    if (news) tell(news);
  }

  /** Waits for what ends a limit or a missing login: nothing else will tell. */
  async function outlast(key: string, { state, until }: TurnOver): Promise<void> {
    if (state === "login_required") {
      const at = clock.now();
      while (!over.signal.aborted && forgiven !== key && verdict().state === "login_required") {
        await clock.sleep(LOGIN_LOOK_MS, over.signal);
        if (await deps.loggedInSince(at)) forgiven = key;
      }
    } else if (until !== undefined) await clock.sleep(until - clock.now(), over.signal);
    if (!over.signal.aborted) show();
  }

  /** Keeps a turn within its limits; while a person is asked, its time stands still. */
  async function limit(now: AcpTurn, startedAt: number): Promise<void> {
    let asked = 0;
    let lookedAt = clock.now();
    while (turn === now && !over.signal.aborted) {
      await clock.sleep(LIMITS_LOOK_MS, over.signal);
      const at = clock.now();
      if (asking.question()) {
        asked += at - lookedAt;
        now.sign("permission");
      }
      lookedAt = at;
      const long = at - startedAt - asked >= limits.wallMs;
      if (turn === now && (long || at - now.lastSignAt() >= limits.inactivityMs)) return stop(now);
    }
  }

  async function stop(now: AcpTurn): Promise<void> {
    if (turn !== now || life.at !== "up") return;
    asking.dropAll();
    await life.link.cancel(life.conversation);
    const deadline = clock.now() + limits.interruptMs;
    while (turn === now && clock.now() < deadline) await change(deadline - clock.now(), over.signal);
    if (turn === now && !over.signal.aborted) await gone("it does not react to being interrupted");
  }

  async function receipt(now: AcpTurn, signal: AbortSignal): Promise<Delivery> {
    const deadline = clock.now() + limits.receiptMs;
    for (;;) {
      const first = now.first();
      const known = journal.prompt(now.key);
      if (first !== undefined && known?.taken === undefined) journal.write({ t: "taken", key: now.key, said: first });
      if (first !== undefined) return delivered(`its first update: ${first}`);
      if (known?.over?.untaken) return { kind: "held", reason: `it is ${known.over.state}: ${known.over.said}` };
      if (known?.over) return delivered(known.over.said);
      if (life.at === "gone" || ending)
        return { kind: "lost", reason: life.at === "gone" ? life.said : "it was closed" };
      if (signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
      const left = deadline - clock.now();
      if (left <= 0)
        return { kind: "unconfirmed", reason: `it told nothing for ${Math.round(limits.receiptMs / 1_000)} s` };
      await change(left, signal);
    }
  }

  async function end(how: "closed" | "released"): Promise<void> {
    ending = how;
    over.abort();
    if (how === "released") listeners.clear(); // that it ends now is no news of the agent
    await starting;
    asking.dropAll();
    await endAll();
    if (how === "closed") {
      await writeFile(join(deps.folder, CLOSED), "", { mode: 0o600 });
      show();
    }
    listeners.clear();
    for (const one of waiting) one.abort();
    journal.close();
    deps.gone();
  }

  try {
    await start();
  } catch (error) {
    await endAll();
    journal.close();
    throw error;
  }

  const session: AgentSession = {
    session: spec.session,
    host: "process",
    key: `acp/${spec.session}`,
    get pid() {
      return life.at === "gone" ? undefined : process?.pid;
    },
    startMs: acp.startTimeout,
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
      const begun = starting.then(() => begin(prompt));
      starting = begun.catch(() => undefined);
      const found = await begun;
      return "kind" in found ? found : receipt(found, AbortSignal.any([signal, over.signal]));
    },
    interrupt: async (key) => {
      if (interrupted.has(key)) return;
      interrupted.add(key);
      if (turn) return stop(turn);
      forgiven = life.at === "login" ? "login" : journal.prompts().at(-1)?.sent.key;
      show();
    },
    asked: async () => asking.question(),
    permit: async (_key, answer, digest) => asking.answer(digest, answer),
    say: async (key, text) => {
      const question = asking.question();
      if (!question) return session.deliver({ key, text, file: "" }, AbortSignal.timeout(SAY_MS));
      const word = ANSWERS[text.trim().toLowerCase()];
      if (!word) return { kind: "held", reason: `it asks for permission (${question.text}): send allow or deny` };
      return asking.answer(question.digest, word) === "answered"
        ? delivered(`it is told: ${word}`)
        : { kind: "held", reason: "it asks something else by now" };
    },
    close: () => {
      closing ??= end("closed");
      return closing;
    },
    release: async () => {
      closing ??= end("released");
      await closing;
    },
  };
  return session;
}

/** Whether a conversation's past has the prompt; agents join and wrap what they keep. */
function holds(past: string, prompt: string): boolean {
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  return plain(past).includes(plain(prompt));
}
