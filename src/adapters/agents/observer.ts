/**
 * Watches one terminal and judges what its agent is doing, whenever something moves; nothing is polled.
 *
 * Output is looked at once it pauses, or after a while when it does not; titles and status reports at once, since a short
 * turn may show itself in nothing else. Ready has to last a moment before it is believed: agents redraw in pieces.
 */
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { heardMore, NOTHING_HEARD, streamSays } from "../../domain/event-stream.ts";
import { type Judgement, judge, type Observation, worksAnyway } from "../../domain/evidence.ts";
import { HOOK_HOLDS_MS, hookSaid, REPEATED_CALLS, repeated, shows } from "../../domain/hook-event.ts";
import { type ProgramStatus, programStatus } from "../../domain/program-status.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Evidence, Verdict } from "../../domain/session.ts";
import { type PromptMark, terminalSignal } from "../../domain/terminal-signal.ts";
import { Trouble, type TroubleSaid } from "../../domain/trouble-kind.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Terminal, TerminalEvent } from "../../ports/terminal-host.ts";
import { CLOCK_LOOK_MS } from "../system/sleep-until.ts";
import { askedIn } from "./asked.ts";
import type { EventListener } from "./event-feed.ts";
import { lapse } from "./lapse.ts";
import { wakeAt } from "./wake-together.ts";

/** A pause in the output: what stands now was meant to be seen. */
const PAUSE_MS = 40;

/** Output that never pauses is looked at this often; sooner in an agent that is ready, for it may just have begun to work. */
const LONGEST_MS = 250;
const LONGEST_READY_MS = 80;

/** One that is known to work draws all the time, mostly that it works still: between two looks at it. */
const WORKING_MS = 150;

/** Looks at agents at work fall on multiples of this, so that many of them are done at one waking. */
const TOGETHER_MS = 25;

/** How long an idle screen must stand before it is believed. */
export const READY_HOLDS_MS = 350;

/** How long a permission dialog must stand unchanged before it is told: a half of it would be another question. */
export const ASKS_HOLDS_MS = 200;

/** How long a question must stand while an agent starts: its screen is drawn in pieces, and some look like one. */
const STARTING_ASKS_HOLDS_MS = 1_000;

/** A working agent is said to be alive at most this often. */
const HEARTBEAT_MS = 1_000;

const PROGRAM_STATUS = 7501;

export interface Observer {
  verdict(): Verdict;
  /** Judges the screen as it stands now. */
  look(): Promise<Judgement>;
  watch(listener: (verdict: Verdict, judgement: Judgement | undefined) => void): () => void;
  /** When the agent was last seen working, by any channel. */
  workedAt(): Evidence | undefined;
  /** What devflow has typed into the composer, until it is submitted. */
  typed(text: string | undefined): void;
  stop(): void;
}

/** What an agent tells beside its terminal, as it comes; each answers with how to stop it. */
export interface Feeds {
  hooks?: (tell: (value: unknown) => void) => () => void;
  events?: (listener: EventListener) => () => void;
}

export function observe(terminal: Terminal, profile: AgentProfile, clock: Clock, feeds: Feeds = {}): Observer {
  const listeners = new Set<(verdict: Verdict, judgement: Judgement | undefined) => void>();
  const stopped = new AbortController();
  let verdict: Verdict = { state: "unknown", evidence: [] };
  let status: { status: ProgramStatus; at: number } | undefined;
  let lastOutputAt = clock.now();
  let lookedAt = 0;
  let worked: Evidence | undefined;
  let typed: string | undefined;
  let title = "";
  let notice: Observation["notice"];
  let progress: Observation["progress"];
  let mark: Observation["mark"];
  let heard = NOTHING_HEARD;
  let hook: Observation["hook"];
  const lapses = (ms: number): (() => void) => lapse(clock, ms, stopped.signal, () => void settle());
  const hookLapses = lapses(HOOK_HOLDS_MS);
  const markLapses = lapses(profile.interactive.marks.holds);
  const eventsLapse = lapses(profile.events?.holds ?? 0);
  let asks: { command: string; at: number } | undefined;
  let calls: ReturnType<typeof repeated>;
  let saidAt = 0;
  let readySince: number | undefined;
  let questionSince: number | undefined;
  let asking: { digest: string; since: number } | undefined;
  let dirtySince: number | undefined;
  /** When the next look is due; and the sleep until then, which may end before. */
  let due = Number.POSITIVE_INFINITY;
  let sleeping: { until: number; leave(): void } | undefined;

  /** Each piece of output puts the look off: a sleep that ends too early goes on, which costs less than a new one for each. */
  const later = (ms: number): void => {
    due = clock.now() + ms;
    if (sleeping && sleeping.until <= due) return;
    sleeping?.leave();
    sleep();
  };

  function sleep(): void {
    const until = due;
    const leave = wakeAt(clock, until, () => {
      sleeping = undefined;
      if (clock.now() < due) sleep();
      else void settle();
    });
    sleeping = { until, leave };
  }

  function hear(event: TerminalEvent): void {
    const at = clock.now();
    if (event.type === "output") lastOutputAt = at;
    if (event.type === "osc" && event.code === PROGRAM_STATUS) {
      const said = programStatus(event.text);
      if (said) status = { status: said, at };
      if (said?.state === "working") sawWork({ source: "status", said: "working", at });
    }
    if (event.type === "bell" || event.type === "osc") {
      const signal = terminalSignal(event);
      if (signal?.kind === "notice") notice = { said: signal.said, at };
      if (signal?.kind === "progress") progress = { busy: signal.busy, at };
      if (signal?.kind === "mark") mark = hearMark(signal.mark, at);
    }
    if (event.type === "title") title = event.title;
    // What was missed may have ended all of it: the screen knows.
    if (event.type === "gap") [title, status, progress, mark] = ["", undefined, undefined, undefined];
    if (event.type === "title" && titleSays(profile, event.title, "working"))
      sawWork({ source: "title", said: event.title, at });
    if (event.type === "exit") return void settle();
    dirtySince = Math.min(dirtySince ?? at, at);
    const begins = worked?.at === at && verdict.state === "ready";
    later(begins ? 0 : lookIn(at, dirtySince));
  }

  /** Until output that came now is looked at, if nothing more comes; the first that was not looked at came at `since`. */
  function lookIn(at: number, since: number): number {
    const longest = since + (verdict.state === "ready" ? LONGEST_READY_MS : LONGEST_MS);
    if (verdict.state !== "working") return longest <= at ? 0 : PAUSE_MS;
    const until = Math.min(Math.max(at + PAUSE_MS, lookedAt + WORKING_MS), Math.max(at, longest));
    return Math.ceil(until / TOGETHER_MS) * TOGETHER_MS - at;
  }

  function hearHook(value: unknown): void {
    const said = profile.hooks && hookSaid(profile.hooks, value);
    if (!said) return;
    const at = clock.now();
    hook = { state: said.state, said: said.event, at };
    if (said.state === "working") sawWork({ source: "hook", said: said.event, at });
    if (said.command !== undefined) asks = { command: said.command, at };
    calls = said.state === "working" ? repeated(calls, said) : undefined;
    later(0);
    hookLapses();
  }

  function hearMark(drawn: PromptMark, at: number): Observation["mark"] {
    if (profile.interactive.marks[drawn] === "working") markLapses();
    return { mark: drawn, at };
  }

  const eventListener: EventListener = {
    event: (value) => {
      const at = clock.now();
      const more = profile.events && heardMore(profile.events, heard, value, at);
      if (!profile.events || !more || more === heard) return;
      const before = streamSays(profile.events, heard, at);
      heard = more;
      const now = streamSays(profile.events, heard, at);
      if (now?.state === "working") sawWork({ source: "stream", said: now.said, at });
      eventsLapse();
      if (now?.state !== before?.state || now?.failed !== before?.failed) later(0);
    },
    gone: () => {
      heard = NOTHING_HEARD;
      later(0);
    },
  };

  /** The command as the agent's hook told it, where the dialog shows just that: a screen may wrap it. */
  function withCommand(judgement: Judgement): Judgement {
    const { permission } = judgement;
    if (!permission || permission.command !== undefined || permission.tool !== "command" || !asks) return judgement;
    const whole = shows(permission.text, asks.command);
    return whole ? { ...judgement, permission: { ...permission, command: asks.command } } : judgement;
  }

  function sawWork(evidence: Evidence): void {
    worked = evidence;
    notice = undefined;
  }

  /** What is known of it beside its screen. */
  function known(): Omit<Observation, "screen"> {
    const now = clock.now();
    const stream = profile.events && streamSays(profile.events, heard, now);
    const told = { programStatus: status, stream, hook, mark, notice, progress };
    return { lastOutputAt, exit: terminal.exit, ...told, typed, now };
  }

  /** `patient`: of its own accord, when what was told has to be looked at, and not since somebody is about to type. */
  async function look(how: { patient?: boolean } = {}): Promise<Judgement> {
    const screen = await terminal.screen(how);
    title = screen.title;
    return withCommand(judge(profile, { screen, ...known() }));
  }

  async function settle(): Promise<void> {
    dirtySince = undefined;
    lookedAt = clock.now();
    const judgement = worksAnyway(profile, known(), title) ?? (await look({ patient: true }));
    if (stopped.signal.aborted) return;
    const now = clock.now();
    const { state } = judgement;
    if (state === "working") sawWork(judgement.evidence[0] ?? { source: "screen", said: "working", at: now });
    if (state === "ready") notice = undefined;
    // Nothing tells of an interrupt but that it is ready again.
    if (state === "ready") calls = undefined;
    // Whoever sets the clock back must not make it wait for that time to come again.
    readySince = state === "ready" ? Math.min(readySince ?? now, now) : undefined;
    if (readySince !== undefined && verdict.state !== "ready" && now - readySince < READY_HOLDS_MS) {
      return later(READY_HOLDS_MS - (now - readySince));
    }
    questionSince = state === "awaiting_input" ? Math.min(questionSince ?? now, now) : undefined;
    const starts = verdict.state === "booting" || verdict.state === "unknown";
    if (questionSince !== undefined && starts && now - questionSince < STARTING_ASKS_HOLDS_MS) {
      return later(STARTING_ASKS_HOLDS_MS - (now - questionSince));
    }
    if (state === "awaiting_permission" && profile.interactive.permissions.length > 0) {
      const digest = askedIn(judgement.permission)?.digest ?? "";
      asking = { digest, since: asking?.digest === digest ? Math.min(asking.since, now) : now };
      const told = verdict.state === state && (verdict.asks?.digest ?? "") === digest;
      if (!told && now - asking.since < ASKS_HOLDS_MS) return later(ASKS_HOLDS_MS - (now - asking.since));
    } else asking = undefined;
    tell(judgement, now);
  }

  function tell(judgement: Judgement, now: number): void {
    const { evidence, until } = judgement;
    // A person's draft in the composer says nothing about what the agent is doing: it holds prompts, that is all.
    const state =
      judgement.composer.kind === "draft" && judgement.state === "awaiting_input" && !judgement.dialog
        ? "unknown"
        : judgement.state;
    const alive = state === "working" && now - saidAt >= HEARTBEAT_MS;
    const asked = askedIn(judgement.permission);
    const troubled = troubleOf(judgement);
    const asksAnew = state === "awaiting_permission" && asked?.digest !== verdict.asks?.digest;
    const inTrouble = troubled?.trouble.kind !== verdict.trouble?.kind && state !== "unknown";
    const changed = state !== verdict.state || until !== verdict.until || asksAnew || inTrouble;
    // What the state rests on is told as it is now, whether or not it changes the state.
    if (judgement.composer.kind === "draft") verdict = { ...verdict, evidence };
    if (state !== "unknown" || verdict.state === "unknown")
      verdict = { state, evidence, ...(until !== undefined && { until }), ...(asked && { asks: asked }), ...troubled };
    // Should it stand there again, it is told again.
    else if (verdict.asks) verdict = { state: verdict.state, evidence: verdict.evidence };
    if (changed || alive || judgement.dialog) {
      saidAt = now;
      for (const listener of listeners) listener(verdict, judgement);
    }
    // The end of a limit is not shown by anything: it is looked for when it is due.
    if (until !== undefined && until > now) later(Math.min(until - now + PAUSE_MS, CLOCK_LOOK_MS));
  }

  /** What has ended its turn, or the circle that it goes round in. */
  function troubleOf({ state, failed }: Judgement): { trouble: TroubleSaid } | undefined {
    const cause = Trouble.safeParse(failed?.cause);
    if (cause.success) return { trouble: { kind: cause.data, said: failed?.said.slice(0, 500) ?? "" } };
    if (state !== "working" || !calls || calls.times < REPEATED_CALLS) return undefined;
    return { trouble: { kind: "repeating", said: `${calls.call.slice(0, 200)} (${calls.times} times)` } };
  }

  const off = terminal.on(hear, { patient: true });
  const offHooks = profile.hooks && feeds.hooks?.(hearHook);
  const offEvents = profile.events && feeds.events?.(eventListener);
  later(PAUSE_MS);
  return {
    verdict: () => verdict,
    look: () => look(),
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    workedAt: () => worked,
    typed: (text) => {
      typed = text;
    },
    stop: () => {
      stopped.abort();
      sleeping?.leave();
      offHooks?.();
      offEvents?.();
      off();
      listeners.clear();
    },
  };
}

const titleSays = ({ interactive }: AgentProfile, title: string, state: Verdict["state"]): boolean =>
  interactive.title.find(({ regex }) => pattern(regex).test(title))?.state === state;
