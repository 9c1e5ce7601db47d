/** The secrets that devflow knows by value: it can grow, and everything that writes looks at it each time. */
import { type LiteralFinder, literalFinder } from "./literals.ts";
import { formsOf, MIN_SECRET_CHARS } from "./secret-forms.ts";
import type { Span } from "./secret-shapes.ts";

export interface KnownSecrets {
  add(...values: readonly string[]): void;
  /** Where they are in a text, in order and apart from each other. */
  find(text: string): Span[];
  /** The same for a text whose spaces, line ends and lines of boxes were taken out, as terminals are read. */
  findTight(text: string): Span[];
  /** How many characters at the end of such a text a secret may begin with; 0 when none does. */
  begunIn(text: string): number;
}

/** What a terminal's programs draw around a value, or break it with. */
export const BETWEEN = /[\s\u2500-\u259f|]+/g;

/** Beginnings up to this long are looked up; longer ones are compared. */
const HEAD_CHARS = 48;
/** Enough to rule out nearly every place at once. */
const FIRST_CHARS = 3;

export function knownSecrets(values: readonly string[] = []): KnownSecrets {
  const forms = new Set<string>();
  const tight = new Set<string>();
  /** What a form may begin with, short of the whole. */
  const beginnings = new Set<string>();
  const longer = new Map<string, string[]>();
  let longest = 0;
  let all: readonly string[] = [];
  let allTight: readonly string[] = [];
  let finder: LiteralFinder = literalFinder([]);
  let tightFinder: LiteralFinder = literalFinder([]);

  function add(...more: readonly string[]): void {
    const before = forms.size;
    for (const form of more.flatMap(formsOf)) {
      forms.add(form);
      addTight(form.replace(BETWEEN, ""));
    }
    if (forms.size === before) return;
    all = [...forms];
    allTight = [...tight];
    finder = literalFinder(all);
    tightFinder = literalFinder(allTight);
  }
  function addTight(form: string): void {
    if (form.length < MIN_SECRET_CHARS || tight.has(form)) return;
    tight.add(form);
    longest = Math.max(longest, form.length);
    for (let chars = 1; chars < Math.min(form.length, HEAD_CHARS); chars += 1) beginnings.add(form.slice(0, chars));
    const head = form.slice(0, HEAD_CHARS);
    if (form.length > HEAD_CHARS) longer.set(head, [...(longer.get(head) ?? []), form]);
  }
  const begins = (end: string): boolean =>
    beginnings.has(end) ||
    (longer.get(end.slice(0, HEAD_CHARS)) ?? []).some((form) => form.length > end.length && form.startsWith(end));

  add(...values);
  return {
    add,
    find: (text) => found(text, finder, all),
    findTight: (text) => found(text, tightFinder, allTight),
    begunIn(text) {
      for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1)
        if (beginnings.has(text.slice(at, at + FIRST_CHARS)) && begins(text.slice(at))) return text.length - at;
      return 0;
    },
  };
}

function found(text: string, finder: LiteralFinder, forms: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (let next = finder.next(text, 0); next; next = finder.next(text, next.at + 1)) {
    const span = { from: next.at, to: next.at + (forms[next.index]?.length ?? 0) };
    const before = spans.at(-1);
    // One may begin inside another: together they are one.
    if (before && span.from < before.to) before.to = Math.max(before.to, span.to);
    else spans.push(span);
  }
  return spans;
}
