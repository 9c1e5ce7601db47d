/**
 * What a session in a terminal has used, by the transcript that its agent writes, or its server tells: a fold over its lines.
 *
 * T1. The reports follow from the transcript alone: read again from its beginning, it tells the same ones in the same order, so that each can be
 *     booked once by its number.
 * T2. Lines from before the session are of another one. A running total is gone on with from them; nothing of them is reported.
 * T3. A step that is written down more than once is reported once, and again only by what has been added to it.
 * T4. Where it says nothing of worth there is no report: not known is never 0.
 */
import { usageIn } from "./agent-events.ts";
import { usedSince } from "./headless-turn.ts";
import { hasTexts, valueAt } from "./json-path.ts";
import type { Usage } from "./usage.ts";
import type { TranscriptUsage } from "./usage-rule.ts";

export interface Counted {
  /** How many reports there have been. */
  reports: number;
  /** The newest running total, for agents that count so. */
  total?: Usage;
  /** What each of the newest steps was said to have used, by its id. */
  steps: ReadonlyMap<string, Usage>;
}

export const NOTHING_COUNTED: Counted = { reports: 0, steps: new Map() };

/** The lines of one step stand near each other: an agent works on few at a time. */
const MOST_STEPS = 50;

/** Whether a line of JSON may say what was used: all others need not be parsed. */
export const mayCount = ({ where }: TranscriptUsage, line: string): boolean =>
  Object.values(where).every((text) => line.includes(text));

/** What is known with one more line, and what it reports, if it does. `since` is when the session was begun. */
export function countLine(
  rule: TranscriptUsage,
  before: Counted,
  line: unknown,
  since: number,
): { counted: Counted; report?: Usage } {
  const told = hasTexts(line, rule.where) ? usageIn(rule, line) : undefined;
  const at = writtenAt(rule, line);
  if (!told || at === undefined) return { counted: before };
  const { counted, report } = rule.count === "last" ? inTotal(before, told) : inSteps(rule, before, line, told);
  if (at < since || report === undefined || isNothing(report)) return { counted };
  return { counted: { ...counted, reports: counted.reports + 1 }, report };
}

/** When it was written, in milliseconds since 1970; undefined while it is not at its end. */
function writtenAt(rule: TranscriptUsage, line: unknown): number | undefined {
  const value = valueAt(line, rule.at);
  const at = typeof value === "number" ? value : Date.parse(String(value ?? ""));
  return Number.isNaN(at) ? undefined : at;
}

/** Messages of conversations in the order of their ends, those without one left out: the order in which more are added to them (T1). */
export const byEnd = (rule: TranscriptUsage, messages: readonly unknown[]): unknown[] =>
  messages
    .flatMap((message) => {
      const at = writtenAt(rule, message);
      return at === undefined ? [] : [{ at, message }];
    })
    .sort((one, other) => one.at - other.at)
    .map(({ message }) => message);

interface Heard {
  counted: Counted;
  report?: Usage;
}

const inTotal = (before: Counted, told: Usage): Heard => ({
  counted: { ...before, total: told },
  report: usedSince(told, before.total),
});

function inSteps({ id: path }: TranscriptUsage, before: Counted, line: unknown, told: Usage): Heard {
  if (path === undefined) return { counted: before, report: told };
  const id = valueAt(line, path);
  // One that cannot be told apart from others may have been counted.
  if (typeof id !== "string" || id === "") return { counted: before };
  const known = before.steps.get(id);
  if (known && (told.inputTokens < known.inputTokens || told.outputTokens < known.outputTokens))
    return { counted: before };
  const steps = new Map(before.steps);
  steps.delete(id);
  steps.set(id, told);
  for (const oldest of steps.keys()) {
    if (steps.size <= MOST_STEPS) break;
    steps.delete(oldest);
  }
  return { counted: { ...before, steps }, report: usedSince(told, known) };
}

const isNothing = ({ inputTokens, outputTokens }: Usage): boolean => inputTokens === 0 && outputTokens === 0;
