/**
 * Redaction: takes secrets out of text before it is written anywhere.
 * First every secret that devflow knows by value, in all its forms; then what has the shape of one.
 */
import { type LiteralFinder, literalFinder } from "./literals.ts";
import { formsOf } from "./secret-forms.ts";
import { type Span, shapedSecrets } from "./secret-shapes.ts";

export const MASK = "[redacted]";

export type Redact = (text: string) => string;

/** The secrets that are known by value. It can grow, and everything that writes looks at it each time. */
export interface KnownSecrets {
  add(...values: readonly string[]): void;
  /** Where they are in a text, in order and apart from each other. */
  find(text: string): Span[];
  /** All that they may look like. */
  readonly forms: readonly string[];
}

export function knownSecrets(values: readonly string[] = []): KnownSecrets {
  let forms: string[] = [];
  let finder: LiteralFinder = literalFinder([]);
  const add = (...more: readonly string[]): void => {
    const all = new Set([...forms, ...more.flatMap(formsOf)]);
    if (all.size === forms.length) return;
    forms = [...all];
    finder = literalFinder(forms);
  };
  add(...values);
  return {
    add,
    find: (text) => found(text, forms, finder),
    get forms() {
      return forms;
    },
  };
}

function found(text: string, forms: readonly string[], finder: LiteralFinder): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (let next = finder.next(text, from); next; next = finder.next(text, from)) {
    const span = { from: next.at, to: next.at + (forms[next.index]?.length ?? 0) };
    const before = spans.at(-1);
    // One may begin inside another: together they are one.
    if (before && span.from < before.to) before.to = Math.max(before.to, span.to);
    else spans.push(span);
    from = next.at + 1;
  }
  return spans;
}

/** A redactor that knows these secrets by value, and by their shapes the others. */
export function redactor(secrets: KnownSecrets | readonly string[]): Redact {
  const known = "find" in secrets && "forms" in secrets ? secrets : knownSecrets(secrets);
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
