/**
 * What one turn of a headless agent has come to: a fold over its JSON events, judged once its process has ended.
 *
 *   no sign yet ──sign──▶ taken ──end──▶ over (ready) | refused (login_required, rate_limited) | crashed (exited)
 *
 * H1. The first sign, an event or the log's own word, is the proof that the prompt was taken; an end without any proves nothing.
 * H2. A failure that the agent itself told is the end of a turn, not of the agent. An exit with another code than 0 and
 *     without such words is a crash, and so is an end that left no exit code at all, unless devflow ended the turn.
 * H3. Exit code 0 says only that the turn is over.
 * H4. An agent whose model refuses it asks again, and is working; if its turn is then ended for its silence, the refusal is why.
 * H5. Usage is told in increments, whatever the agent counts.
 */
import { type HeadlessNews, readEvent } from "./agent-events.ts";
import type { AgentProfile, HeadlessLog } from "./agent-profile.ts";
import { type Money, parseUsd, usd } from "./money.ts";
import { delay } from "./recovery.ts";
import { resetTime } from "./reset-time.ts";
import { pattern } from "./screen-rule.ts";
import type { Evidence, Verdict } from "./session.ts";
import { troubleSaid } from "./trouble.ts";
import type { Usage } from "./usage.ts";

export type HeadlessProfile = NonNullable<AgentProfile["headless"]>;

export interface Tally {
  events: number;
  /** What the first sign was. */
  first?: string;
  conversation?: string;
  /** The agent's last words. */
  said?: string;
  /** The same whole, for who has asked it something. */
  answer?: string;
  failed?: string;
  /** Why its model has refused since its last event. */
  refused?: string;
  reports: readonly Usage[];
  /** The last running total of the conversation, for agents that count so; a turn that goes on starts with that of the one before. */
  total?: Usage;
}

export const NOTHING_YET: Tally = { events: 0, reports: [] };

/** How a turn's process ended. */
export interface TurnEnd {
  at: number;
  /** Absent when the process was killed together with the one that waited for it. */
  code?: number;
  /** Why devflow ended the turn, when it did. */
  stopped?: string;
  /** Somebody has asked for that: it was no limit. */
  asked?: boolean;
  /** The last of what it wrote to stderr, without its log. */
  stderr: string;
}

const MAX_SAID = 500;
const MAX_ANSWER = 200_000;
const MAX_KIND = 80;

/** The conversation that a further turn can go on with. */
export const resumable = ({ sessionKept }: HeadlessProfile["events"], tally: Tally): string | undefined =>
  sessionKept === "started" || tally.said !== undefined ? tally.conversation : undefined;

/** The tally with one more event; what is not an object is no event. */
export function hear(before: Tally, rules: HeadlessProfile["events"], event: unknown): Tally {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return before;
  const { session, text, failed, recovered, usage } = readEvent(rules, event);
  const { refused: _, ...answered } = before;
  const { failed: __, ...unfailed } = answered;
  const tally: Tally = recovered ? unfailed : answered;
  return {
    ...tally,
    events: tally.events + 1,
    ...(tally.first === undefined && { first: kindOf(event) }),
    ...(session !== undefined && { conversation: session }),
    ...(text !== undefined && { said: text.slice(0, MAX_SAID), answer: text.slice(0, MAX_ANSWER) }),
    ...(failed !== undefined && { failed: failed.slice(0, MAX_SAID) }),
    ...(usage && { reports: [...tally.reports, increment(usage, tally.total)] }),
    ...(usage?.count === "last" && { total: usage.told }),
  };
}

/** The tally with one more line of the agent's log. */
export function hearLog(tally: Tally, log: HeadlessLog, line: string): Tally {
  const conversation = tally.first === undefined ? pattern(log.taken).exec(line)?.[1] : undefined;
  if (conversation !== undefined) return { ...tally, first: "the prompt is in its log", conversation };
  const refused = log.refused === undefined ? undefined : pattern(log.refused).exec(line)?.[1];
  return refused === undefined ? tally : { ...tally, refused: refused.slice(0, MAX_SAID) };
}

const kindOf = (event: object): string =>
  "type" in event && typeof event.type === "string" ? event.type.slice(0, MAX_KIND) : "{}";

const increment = ({ told, count }: NonNullable<HeadlessNews["usage"]>, before: Usage | undefined): Usage =>
  count === "last" ? usedSince(told, before) : told;

/** What a running total has grown by; all of it where it was begun anew. */
export function usedSince(told: Usage, before: Usage | undefined): Usage {
  const since = startsAnew(told, before) ? undefined : before;
  if (!since) return told;
  const grown = (key: "inputTokens" | "outputTokens" | "cachedTokens" | "cacheWriteTokens" | "reasoningTokens") =>
    Math.max(0, told[key] - since[key]);
  const costUsd = told.costUsd === undefined ? undefined : moreThan(told.costUsd, since.costUsd);
  return {
    inputTokens: grown("inputTokens"),
    outputTokens: grown("outputTokens"),
    cachedTokens: grown("cachedTokens"),
    cacheWriteTokens: grown("cacheWriteTokens"),
    reasoningTokens: grown("reasoningTokens"),
    estimated: false,
    ...(costUsd !== undefined && { costUsd }),
  };
}

const startsAnew = (now: Usage, before: Usage | undefined): boolean =>
  before !== undefined && (now.inputTokens < before.inputTokens || now.outputTokens < before.outputTokens);

function moreThan(total: string, before: string | undefined): string {
  const grown = money(total) - money(before);
  return usd(grown > 0n ? grown : 0n);
}

const money = (text: string | undefined): Money => (text === undefined ? 0n : (parseUsd(text) ?? 0n));

export interface Judging {
  headless: HeadlessProfile;
  tally: Tally;
  end: TurnEnd;
  /** How many turns in a row before this one ended in a limit. */
  limitsBefore: number;
}

/** What the session is after a turn. */
export function afterTurn({ headless, tally, end, limitsBefore }: Judging): Verdict {
  const { at, code, stopped, stderr } = end;
  const { failed, refused } = tally;
  const verdict = (state: Verdict["state"], source: Evidence["source"], said: string): Verdict => ({
    state,
    evidence: [{ source, said: said.slice(0, MAX_SAID), at }],
  });
  const ended = verdict("ready", "process", `the turn was ended: ${stopped}`);
  if (stopped !== undefined && (end.asked || refused === undefined)) return ended;
  const badly = failed !== undefined || code !== 0 || tally.events === 0;
  if (!badly && stopped === undefined) return verdict("ready", "process", "the turn is over, with exit code 0");
  const because = cause(headless, [failed ?? "", refused ?? "", stopped === undefined ? stderr : ""]);
  if (because) {
    const found = verdict(because.rule.state, failed === undefined ? "log" : "stream", because.said);
    if (because.rule.state === "login_required") return found;
    const until = because.until === undefined ? undefined : resetTime(because.until, at);
    return { ...found, until: until ?? at + delay("backoff", limitsBefore, 0.5) };
  }
  if (stopped !== undefined) {
    const trouble = troubleSaid(refused ?? "");
    return { ...ended, ...(trouble && { trouble }) };
  }
  if (failed !== undefined) {
    const trouble = troubleSaid(failed);
    return { ...verdict("ready", "stream", `the turn failed: ${failed}`), ...(trouble && { trouble }) };
  }
  return verdict("exited", "process", `${ending(end, tally)}${stderr === "" ? "" : `: ${oneLine(stderr)}`}`); // H2
}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, "; ");

function ending({ code }: TurnEnd, { events }: Tally): string {
  if (code === undefined) return "the agent ended without a word";
  return events === 0
    ? `the agent ended with exit code ${code} and told nothing`
    : `the agent ended with exit code ${code} in the middle of its turn`;
}

function cause({ causes }: HeadlessProfile, reasons: readonly string[]) {
  for (const reason of reasons) {
    for (const rule of causes) {
      const line = reason.split("\n").find((one) => pattern(rule.regex).test(one));
      if (line === undefined) continue;
      return { rule, said: line, until: rule.until === undefined ? undefined : pattern(rule.until).exec(line)?.[1] };
    }
  }
  return undefined;
}
