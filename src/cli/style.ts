/** What views are drawn with: colours on a terminal, plain text everywhere else. */
import { type Colour, type Look, painted } from "./table.ts";

export type Tone = Colour;
export type Style = Readonly<Record<Tone, (text: string) => string>>;

export function styleFor(colour: boolean): Style {
  const tone = (name: Tone) => (text: string) => painted(text, name, { colour });
  return {
    bold: tone("bold"),
    dim: tone("dim"),
    red: tone("red"),
    green: tone("green"),
    yellow: tone("yellow"),
    blue: tone("blue"),
    magenta: tone("magenta"),
    cyan: tone("cyan"),
  };
}

/** Everything under `show/` is a pure function of a value and this. */
export interface Paper {
  /** Room for a line; `Infinity` where nothing is cut, as in a pipe. */
  columns: number;
  style: Style;
  /** The same for tables. */
  look: Look;
  /** Milliseconds since 1970: durations are counted up to here. */
  now: number;
  /** Whether the same thing is drawn again and again: only then does a spinner turn. */
  live: boolean;
}

export function paperOf(options: { columns: number | undefined; colour: boolean; now: number; live?: boolean }): Paper {
  const { columns, colour, now, live = false } = options;
  return {
    columns: columns ?? Number.POSITIVE_INFINITY,
    style: styleFor(colour),
    look: { width: columns, colour },
    now,
    live,
  };
}

export const toned = (style: Style, tone: Tone | undefined, text: string): string =>
  tone === undefined ? text : style[tone](text);
