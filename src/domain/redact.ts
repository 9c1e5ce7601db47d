/**
 * Redaction: takes secrets out of text before it is written anywhere.
 * First every secret that devflow knows by value, in all its forms; then what has the shape of one.
 */
import { type KnownSecrets, knownSecrets } from "./known-secrets.ts";
import { type Span, shapedSecrets } from "./secret-shapes.ts";

export const MASK = "[redacted]";

export type Redact = (text: string) => string;

/** A redactor that knows these secrets by value, and by their shapes the others. */
export function redactor(secrets: KnownSecrets | readonly string[]): Redact {
  const known = "findTight" in secrets ? secrets : knownSecrets(secrets);
  return (text) => {
    const shown = masked(text, known.find(text));
    return masked(shown, shapedSecrets(shown));
  };
}

function masked(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let out = "";
  let done = 0;
  for (const { from, to } of spans) {
    out += text.slice(done, from) + MASK;
    done = to;
  }
  return out + text.slice(done);
}

/** A JSON value with its texts scrubbed, but for fields of the names that are kept; the same value when nothing was found. */
export function scrubTexts<T>(value: T, redact: Redact, keep: (name: string) => boolean = () => false): T {
  return scrubbed(value, redact, keep) as T;
}

function scrubbed(value: unknown, redact: Redact, keep: (name: string) => boolean): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => scrubbed(item, redact, keep));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== "object" || value === null) return value;
  let changed: Record<string, unknown> | undefined;
  for (const [name, field] of Object.entries(value)) {
    const clean = keep(name) ? field : scrubbed(field, redact, keep);
    if (clean !== field) changed = { ...(changed ?? value), [name]: clean };
  }
  return changed ?? value;
}
