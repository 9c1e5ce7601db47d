/**
 * A session over ACP: one process, one conversation, one turn at a time. The process ends with the daemon; the conversation goes on in the
 * next one, where the agent can load it.
 *
 * C1. A prompt is sent once: it stands in the journal before (J1), and one whose turn was cut off is looked for in the conversation, not
 *     sent again. Only one that was answered with an error before anything of it was begun may be sent again.
 * C2. The receipt is the first thing that the agent tells of the turn, or its answer.
 * C3. What is open when a turn ends (questions, tool calls) ends with it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAnswer, afterProblem, type TurnOver } from "../../domain/acp-turn.ts";
import { readUpdate, toolFacts } from "../../domain/acp-update.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Permitted } from "../../domain/permission.ts";
import type { Redact } from "../../domain/redact.ts";
import type { Verdict } from "../../domain/session.ts";
import { refusal, shown } from "../../domain/tool-refusal.ts";
import type { AgentNews, AgentSession, Delivery, Prompt, Say } from "../../ports/agent.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { sleepUntil } from "../system/sleep-until.ts";
import type { Conversation } from "./acp-journal.ts";
import { type AcpLifeDeps, acpLife, type Life } from "./acp-life.ts";
import type { AgentAsks, Asked } from "./acp-link.ts";
import { permissions } from "./acp-permissions.ts";
import { type AcpTurn, acpTurn } from "./acp-turn.ts";
import { turnUsage } from "./acp-usage.ts";
import { acpVerdict } from "./acp-verdict.ts";

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

export interface AcpSessionDeps extends Omit<AcpLifeDeps, "continues"> {
  folder: string;
  /** That of the session which it is to go on with. */
  before: Conversation | undefined;
  files: WorktreeFiles;
  redact: Redact;
  say?: Say;
  limits: AcpLimits;
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

/** Resolves when `AcpLife.start` does, and throws what that throws. */
export async function acpSession(deps: AcpSessionDeps): Promise<AgentSession> {
  const { spec, profile, acp, journal, clock, files, limits } = deps;
  const listeners = new Set<(news: AgentNews) => void>();
  const waiting = new Set<AbortController>();
  const over = new AbortController();
  const interrupted = new Set<string>();
  const permitted = new Map<string, Permitted>();
  let unheard: AgentNews[] = [...journal.news];
  let since = clock.now();
  let turn: AcpTurn | undefined;
  let past = "";
  /** What the newest turn that is over has said. */
  let spoken: { key: string; words: string } | undefined;
  let closing: Promise<void> | undefined;
  let ending: "closed" | "released" | undefined;
  /** The turn whose refusal is over: somebody has logged in, the limit has passed, or a person wants to go on. */
  let forgiven: string | undefined;
  /** The last delivery's beginning: they go one after the other. Never rejects. */
  let starting: Promise<unknown> = Promise.resolve();
  let told = { state: "", asks: "", at: 0 };

  const asking = permissions({
    files,
    task: () => ({
      ...(turn?.task?.artifact !== undefined && { artifact: turn.task.artifact }),
      lists: [spec.persona.api?.commands ?? [], ...(turn?.task?.commands ? [turn.task.commands] : [])],
    }),
    changed: show,
  });

  const verdict = (): Verdict =>
    acpVerdict({
      closed: ending === "closed",
      life: life.now(),
      since,
      now: clock.now(),
      question: asking.question(),
      turn,
      last: journal.prompts().at(-1),
      forgiven,
      who: { persona: referenceOf(spec.persona), session: spec.session, command: profile.binary.command },
    });

  function tell(news: AgentNews): void {
    if (listeners.size === 0 && news.kind !== "verdict") unheard.push(news);
    for (const listener of listeners) listener(news);
  }

  /** Tells the verdict when it is another one, or a sign of life is due; whoever waits for a change looks again. */
  function show(): void {
    for (const one of waiting) one.abort();
    const now = verdict();
    const asks = asking.question()?.digest ?? "";
    const alive = now.state === "working" && clock.now() - told.at >= HEARTBEAT_MS;
    if (now.state === told.state && asks === told.asks && !alive) return;
    // Another question of the same agent is a question of its own: what was asked before is over.
    if (asks !== "" && told.asks !== "" && asks !== told.asks) {
      tell({
        kind: "verdict",
        verdict: { state: "working", evidence: [{ source: "stream", said: "it was answered", at: clock.now() }] },
      });
    }
    told = { state: now.state, asks, at: clock.now() };
    tell({ kind: "verdict", verdict: now });
  }

  function up(): Extract<Life, { at: "up" }> | undefined {
    const now = life.now();
    return now.at === "up" ? now : undefined;
  }
  /** Why it takes nothing more. */
  function why(): string | undefined {
    const now = life.now();
    return now.at === "gone" ? now.said : ending && "it was closed";
  }

  const mine = (conversation: string): boolean => up()?.conversation === conversation;
  const notMine = (path: string) =>
    refusal("tool.failed", { tool: shown(path), problem: "it is no file of this session" });

  const asks: AgentAsks = {
    update: (conversation, update) => {
      const heard = readUpdate(update);
      if (!heard) return;
      if (life.now().at === "starting") {
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

  async function change(ms: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    waiting.add(wake);
    await clock.sleep(ms, AbortSignal.any([wake.signal, signal]));
    waiting.delete(wake);
  }

  /** The prompt's turn, begun now or before, or why it can have none now. */
  function begin(prompt: Prompt): AcpTurn | Delivery {
    const ended = why();
    if (ended !== undefined) return { kind: "lost", reason: ended };
    if (turn?.key === prompt.key) return turn;
    const known = journal.prompt(prompt.key);
    if (known && !known.over?.untaken) {
      if (known.taken !== undefined || known.over) return delivered(known.taken ?? known.over?.said ?? "");
      if (!up()) return { kind: "held", reason: verdict().evidence[0]?.said ?? "it starts" };
      if (!holds(past, prompt.text))
        return { kind: "lost", reason: "its turn was cut off, and its conversation does not have the prompt" };
      journal.write({ t: "taken", key: prompt.key, said: "it stands in its conversation" });
      return delivered("it stands in its conversation");
    }
    const { state, evidence } = verdict();
    const at = up();
    if (!at || state !== "ready") return { kind: "held", reason: `it is ${state}: ${evidence[0]?.said ?? ""}` };
    return send(prompt, at);
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
      say: (saying) => {
        if (spec.talks) deps.say?.(spec, saying);
      },
    });
    turn = now;
    since = at;
    void link.prompt(conversation, text).then((answer) => answered(now, answer));
    void limit(now);
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
    spoken = { key, words: now.words() };
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
    const { usage, totals } = turnUsage(acp.usage, journal.totals, answer, now.costUsd());
    journal.write({ t: "totals", ...totals });
    const news = usage && journal.tell("usage", usage);
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
    } else if (until !== undefined) await sleepUntil(until, clock, over.signal);
    if (!over.signal.aborted) show();
  }

  /** Keeps a turn within its limits; while a person is asked, its time stands still. */
  async function limit(now: AcpTurn): Promise<void> {
    const startedAt = clock.steady();
    let asked = 0;
    let lookedAt = clock.steady();
    while (turn === now && !over.signal.aborted) {
      await clock.sleep(LIMITS_LOOK_MS, over.signal);
      const at = clock.steady();
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
    const at = up();
    if (turn !== now || !at) return;
    asking.dropAll();
    await at.link.cancel(at.conversation);
    const deadline = clock.steady() + limits.interruptMs;
    while (turn === now && clock.steady() < deadline) await change(deadline - clock.steady(), over.signal);
    if (turn === now && !over.signal.aborted) await life.gone("it does not react to being interrupted");
  }

  async function receipt(now: AcpTurn, signal: AbortSignal): Promise<Delivery> {
    const deadline = clock.steady() + limits.receiptMs;
    for (;;) {
      const first = now.first();
      const known = journal.prompt(now.key);
      if (first !== undefined && known?.taken === undefined) journal.write({ t: "taken", key: now.key, said: first });
      if (first !== undefined) return delivered(`its first update: ${first}`);
      if (known?.over?.untaken) return { kind: "held", reason: `it is ${known.over.state}: ${known.over.said}` };
      if (known?.over) return delivered(known.over.said);
      if (signal.aborted && ending !== "closed") return { kind: "unconfirmed", reason: "stopped" };
      const ended = why();
      if (ended !== undefined) return { kind: "lost", reason: ended };
      const left = deadline - clock.steady();
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
    await life.end();
    if (how === "closed") {
      await writeFile(join(deps.folder, CLOSED), "", { mode: 0o600 });
      show();
    }
    listeners.clear();
    for (const one of waiting) one.abort();
    journal.close();
    deps.gone();
  }

  const { before } = deps;
  const mark = spec.continues?.mark ?? "";
  const continues = before && { ...before, remembers: () => holds(past, mark) };
  const life = acpLife({ ...deps, continues }, asks, {
    changed: () => {
      since = clock.now();
      show();
    },
    gone: () => {
      asking.dropAll();
      turn?.finish();
      turn = undefined;
    },
  });

  try {
    await life.start();
  } catch (error) {
    await life.end();
    journal.close();
    throw error;
  }

  const conversation = up()?.conversation;
  const session: AgentSession = {
    session: spec.session,
    host: "process",
    key: `acp/${spec.session}`,
    ...(before && conversation === before.id && { continued: before.id }),
    get pid() {
      return life.pid();
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
    answer: async (key) => (spoken?.key === key ? spoken.words : undefined),
    interrupt: async (key) => {
      if (interrupted.has(key)) return;
      interrupted.add(key);
      if (turn) return stop(turn);
      forgiven = journal.prompts().at(-1)?.sent.key;
      life.tryLogin();
      show();
    },
    asked: async () => asking.question(),
    permit: async (key, answer, digest) => {
      const result = permitted.get(key) ?? asking.answer(digest, answer);
      permitted.set(key, result);
      return result;
    },
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
