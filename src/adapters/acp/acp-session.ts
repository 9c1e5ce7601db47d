/**
 * A session over ACP: one process, one conversation, one turn at a time. The process ends with the daemon; the conversation goes on in the
 * next one, where the agent can load it.
 *
 * What is open when a turn ends (questions, tool calls) ends with it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAnswer, afterProblem, type TurnOver } from "../../domain/acp-turn.ts";
import { referenceOf } from "../../domain/names.ts";
import type { Permitted } from "../../domain/permission.ts";
import type { Redact } from "../../domain/redact.ts";
import type { Verdict } from "../../domain/session.ts";
import type { AgentSession, Prompt, Say } from "../../ports/agent.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { sleepUntil } from "../system/sleep-until.ts";
import { sessionAsks } from "./acp-asks.ts";
import { acpDelivery, delivered, holds } from "./acp-delivery.ts";
import type { Conversation } from "./acp-journal.ts";
import { type AcpLifeDeps, acpLife, type Life } from "./acp-life.ts";
import { type AcpLimits, withinLimits } from "./acp-limits.ts";
import type { Asked } from "./acp-link.ts";
import { permissions } from "./acp-permissions.ts";
import { sessionTelling } from "./acp-telling.ts";
import { type AcpTurn, acpTurn } from "./acp-turn.ts";
import { turnUsage } from "./acp-usage.ts";
import { acpVerdict } from "./acp-verdict.ts";

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

/** How often a session that needs a login looks whether somebody has logged in. */
const LOGIN_LOOK_MS = 5_000;
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
  const over = new AbortController();
  const interrupted = new Set<string>();
  const permitted = new Map<string, Permitted>();
  let since = clock.now();
  let turn: AcpTurn | undefined;
  let past = "";
  /** What the newest turn that is over has said. */
  let spoken: { key: string; words: string } | undefined;
  let closing: Promise<void> | undefined;
  let ending: "closed" | "released" | undefined;
  /** The turn whose refusal is over: somebody has logged in, the limit has passed, or a person wants to go on. */
  let forgiven: string | undefined;

  const { show, tell, change, ...telling } = sessionTelling({
    before: journal.news,
    verdict,
    question: () => asking.question(),
    clock,
  });

  const asking = permissions({
    files,
    task: () => ({
      ...(turn?.task?.artifact !== undefined && { artifact: turn.task.artifact }),
      lists: [spec.persona.api?.commands ?? [], ...(turn?.task?.commands ? [turn.task.commands] : [])],
    }),
    changed: show,
  });

  function verdict(): Verdict {
    return acpVerdict({
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

  const asks = sessionAsks({
    life: () => life.now(),
    turn: () => turn,
    files,
    asking,
    show,
    told: (text) => {
      past = (past + text).slice(-MOST_PAST_CHARACTERS);
    },
    alive: () => {
      since = clock.now();
      show();
    },
  });

  const delivery = acpDelivery({
    journal,
    clock,
    receiptMs: limits.receiptMs,
    verdict,
    why,
    turn: () => turn,
    starts: () => up() === undefined,
    remembers: (text) => holds(past, text),
    send: (prompt) => {
      const at = up();
      return at && send(prompt, at);
    },
    stopped: over.signal,
    closed: () => ending === "closed",
    change,
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

  async function limit(now: AcpTurn): Promise<void> {
    const runs = (): boolean => turn === now;
    const asks = (): boolean => asking.question() !== undefined;
    const broken = await withinLimits(now, { limits, clock, over: over.signal, runs, asks });
    if (broken) await stop(now);
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

  async function end(how: "closed" | "released"): Promise<void> {
    ending = how;
    over.abort();
    if (how === "released") telling.mute(); // that it ends now is no news of the agent
    await delivery.begun();
    asking.dropAll();
    await life.end();
    if (how === "closed") {
      await writeFile(join(deps.folder, CLOSED), "", { mode: 0o600 });
      show();
    }
    telling.end();
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
    watch: telling.watch,
    deliver: delivery.deliver,
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
        ? delivered(`it is told: ${word}`, clock.now())
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
