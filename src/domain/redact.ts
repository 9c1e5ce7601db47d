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
