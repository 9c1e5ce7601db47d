/**
 * Events without secrets: what people and agents have written in them is scrubbed, what the engine goes by is not.
 *
 * A field that is named here is a name, an address or a hash: changed, a run could not go on from its log. Everything else is
 * text, so that an event that is added later is scrubbed without anybody's thinking of it.
 */
import type { RunEvent } from "./event.ts";
import { type Redact, scrubTexts } from "./redact.ts";

/** Of all events. The kept copies of personas, templates and schemas must go with their hashes. */
const GONE_BY: ReadonlySet<string> = new Set([
  "type",
  ...["template", "bindings", "schemas", "templateHash", "requestHash", "idempotencyKey", "hash", "sha256"],
  ...["repo", "base", "baseCommit", "path", "branch", "commit", "file", "json", "markdown"],
  ...[
    "phase",
    "from",
    "to",
    "session",
    "escalation",
    "role",
    "persona",
    "adapter",
    "agent",
    "host",
    "key",
    "call",
    "tool",
  ],
  ...["purpose", "when", "answer", "what", "counter", "severity", "code", "source", "scope", "policy", "cause"],
]);
/** Named above for some events, and text in these. */
const TEXT_AFTER_ALL: Partial<Record<RunEvent["type"], readonly string[]>> = {
  "session.changed": ["cause"],
  "session.recovery": ["cause"],
  "session.closed": ["cause"],
  "run.interrupted": ["cause"],
  "run.resumed": ["cause"],
  "escalation.settled": ["answer"],
};

/** What a person is told whose goal held a secret: the agent does not get it either. */
export const GOAL_SCRUBBED =
  "what looks like a secret was taken out of the goal: agents get secrets by their environment";

/** The event without secrets; the same object when it holds none. */
export function scrubEvent(event: RunEvent, redact: Redact): RunEvent {
  const text = new Set(TEXT_AFTER_ALL[event.type]);
  const keep = (name: string): boolean => GONE_BY.has(name) && !text.has(name);
  const clean = scrubTexts(event, (said) => fitting(said, redact(said)), keep);
  if (clean.type !== "run.started" || event.type !== "run.started" || clean.goal === event.goal) return clean;
  return { ...clean, warnings: [...clean.warnings, GOAL_SCRUBBED] };
}

/** The least length that any text of an event is limited to: what is longer must not grow. */
const LEAST_LIMIT = 50;

const fitting = (before: string, after: string): string =>
  before.length < LEAST_LIMIT ? after : after.slice(0, before.length);
