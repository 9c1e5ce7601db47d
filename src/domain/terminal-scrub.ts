/**
 * Takes secrets out of a terminal's output as it comes: in whatever pieces, and whatever colours and line breaks cut them.
 *
 * X1. What may yet turn out to be a secret is held back until more has come; `rest` lets go of it at the end.
 * X2. Every character of a secret becomes one other character, so that the screen keeps its shape.
 * X3. `pause` lets go of what is hardly the beginning of a secret, for output that has come to rest; what follows is still
 *     seen together with it.
 */
import { BETWEEN, type KnownSecrets } from "./known-secrets.ts";
import { MASK, type Redact } from "./redact.ts";
import { mayBeginSecret, type Span, shapedSecrets } from "./secret-shapes.ts";
import { terminalText } from "./terminal-text.ts";

export interface OutputScrubber {
  /** What can be shown of the output so far, behind what was given before. */
  push(output: string): string;
  pause(): string;
  rest(): string;
}

/** So many first characters of a secret tell nothing of it; with more it is held for as long as it takes. */
const TELLS_NOTHING = 5;
/** What has been shown is remembered this far back: a name that is given a value, a header's name. */
const REMEMBERED = 512;
/** Not even a private key keeps the output back for longer than this. */
const HELD_AT_MOST = 64 * 1024;

const between = (char: string): boolean => char.replace(BETWEEN, "") === "";
const maskAt = (index: number, length: number): string => (length < MASK.length ? "*" : (MASK[index] ?? "*"));

export function outputScrubber(known: KnownSecrets, redact: Redact): OutputScrubber {
  let output = "";
  let shown = 0;

  function letGo(held: "all that may be" | "what tells" | "nothing"): string {
    const text = terminalText(output);
    const { plain, places, strings } = text;
    const close = tight(plain);
    const rows = joined(plain);
    const secrets = [
      ...shapedSecrets(plain),
      ...(rows.text === plain ? [] : shapedSecrets(rows.text)).map((span) => placed(span, rows)),
      ...known.findTight(close.text).map((span) => placed(span, close)),
    ];
    const begun = known.begunIn(close.text);
    // What breaks off in the middle of a secret goes as well: the other half may come later, to somebody else.
    if (held === "nothing" && begun > TELLS_NOTHING)
      secrets.push({ from: close.at(close.text.length - begun), to: plain.length });
    const open =
      held === "nothing" ? plain.length : firstHeld(held === "what tells" ? TELLS_NOTHING : 0, plain, close, secrets);
    const end = held === "nothing" ? output.length : Math.min(text.whole, placeOf(places, open) ?? text.whole);
    const changes = new Map<number, string>();
    for (const { from, to } of secrets)
      for (let n = from; n < to; n += 1) {
        const place = places[n] ?? -1;
        if (place >= 0 && !between(plain.charAt(n))) changes.set(place, maskAt(n - from, to - from));
      }
    for (const { from, to } of strings) replaceString(output, from, to, changes);
    let out = "";
    let done = shown;
    for (const [place, change] of [...changes].sort(([a], [b]) => a - b)) {
      if (place < shown || place >= end) continue;
      out += output.slice(done, place) + change;
      done = place + 1;
    }
    out += output.slice(done, Math.max(done, end));
    shown = Math.max(shown, end);
    forget(places);
    return out;
  }

  function firstHeld(atLeast: number, plain: string, close: Part, secrets: readonly Span[]): number {
    const begun = known.begunIn(close.text);
    const places = begun > atLeast ? [close.at(close.text.length - begun)] : [];
    // A secret that ends where the output ends may go on.
    const last = secrets.filter(({ to }) => to === plain.length).map(({ from }) => from);
    const token = mayBeginSecret(plain, atLeast);
    const first = Math.min(...places, ...last, token ?? plain.length);
    return plain.length - first > HELD_AT_MOST ? plain.length : first;
  }

  function replaceString(all: string, from: number, to: number, changes: Map<number, string>): void {
    const content = all.slice(from, to);
    const clean = redact(content);
    if (clean === content) return;
    for (let place = from; place < to; place += 1) changes.set(place, place === from ? clean : "");
  }

  /** Keeps of what was shown only what the rest is judged by, from a character on, never from within a sequence. */
  function forget(places: Int32Array): void {
    if (shown <= REMEMBERED) return;
    const from = places.find((place) => place >= shown - REMEMBERED) ?? shown;
    const cut = Math.min(Math.max(from, 0), shown);
    output = output.slice(cut);
    shown -= cut;
  }

  return {
    push(more) {
      output += more;
      return letGo("all that may be");
    },
    pause: () => letGo("what tells"),
    rest: () => letGo("nothing"),
  };
}

/** A screen's rows without the secrets on them, those included that go on in the next row. */
export function scrubbedRows(rows: readonly string[], known: KnownSecrets, redact: Redact): string[] {
  const scrubber = outputScrubber(known, redact);
  const text = rows.join("\n");
  return `${scrubber.push(text)}${scrubber.rest()}`.split("\n");
}

/** A row that is shorter was not ended because it was full. */
const LEAST_FULL_ROW = 60;

interface Part {
  text: string;
  /** Where a character of it stands in the text that it was made from. */
  at(index: number): number;
}

const placed = ({ from, to }: Span, part: Part): Span => ({ from: part.at(from), to: part.at(to - 1) + 1 });

/** What is left of a text when these stretches of it are taken out. */
function without(plain: string, stretches: Iterable<Span>): Part {
  const at = new Int32Array(plain.length);
  let text = "";
  let done = 0;
  const take = (to: number): void => {
    for (let n = done; n < to; n += 1) at[text.length + n - done] = n;
    text += plain.slice(done, to);
  };
  for (const { from, to } of stretches) {
    take(from);
    done = to;
  }
  if (done === 0) return { text: plain, at: (index) => index };
  take(plain.length);
  return { text, at: (index) => (index < text.length ? (at[index] ?? 0) : plain.length) };
}

/** The text without anything between its words. */
const tight = (plain: string): Part => without(plain, gaps(plain));

function* gaps(plain: string): Iterable<Span> {
  for (const { index, 0: all } of plain.matchAll(BETWEEN)) yield { from: index, to: index + all.length };
}

/** The text with its full rows joined: programs that draw boxes break words, and keys, where a row is full. */
const joined = (plain: string): Part => without(plain, fullRowEnds(plain));

/** From the last word of each full row to the first of the next. */
function* fullRowEnds(plain: string): Iterable<Span> {
  let begin = 0;
  for (const gap of gaps(plain)) {
    const end = plain.indexOf("\n", gap.from);
    if (end < 0) return;
    if (end >= gap.to) continue;
    if (gap.from - begin >= LEAST_FULL_ROW) yield gap;
    begin = plain.lastIndexOf("\n", gap.to - 1) + 1;
  }
}

/** The place of the first character at or behind `index` that has one. */
function placeOf(places: Int32Array, index: number): number | undefined {
  for (let n = index; n < places.length; n += 1) if ((places[n] ?? -1) >= 0) return places[n];
  return undefined;
}
