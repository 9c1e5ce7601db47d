/** What a command says: data to stdout, as text or as JSON; remarks and errors to stderr. */
import type { FailureRecord } from "../domain/failure.ts";
import { told } from "../messages/say.ts";
import { type Paper, paperOf } from "./style.ts";
import { oneLine } from "./table.ts";
import { wrap, wrapWords } from "./text-width.ts";

/** Where text goes: a stream of the process, or a string in a test. */
export interface Sink {
  write(text: string): void;
  /** Width of the terminal behind it; absent when it is a file or a pipe. */
  columns: () => number | undefined;
  colour: boolean;
}

type Human<T> = (value: T, paper: Paper) => readonly string[];

export interface Out {
  /** Whether the caller wants JSON: then nothing else may go to stdout. */
  readonly json: boolean;
  /** Stdout is a terminal. */
  readonly onTerminal: boolean;
  /** The value as one JSON document, or what `human` makes of it. */
  show<T>(value: T, human: Human<T>): void;
  /** One of many values: a JSON line, or what `human` makes of it. */
  each<T>(value: T, human: Human<T>): void;
  /** Text for people only, on stdout: help. */
  page(human: (paper: Paper) => readonly string[]): void;
  /** Text as it is: a diff, a report. */
  raw(text: string): void;
  /** A remark for the person who watches. */
  note(line: string): void;
  /** Several lines for that person, drawn for stderr. */
  notes(human: (paper: Paper) => readonly string[]): void;
  error(failure: FailureRecord): void;
}

/** Help is read, not searched: it keeps to this width in a pipe too. */
const PAGE_WIDTH = 100;

/** Longer lines are hard to read across: nothing is spread over more than this. */
const WIDEST = 160;

export function createOut(options: { json: boolean; stdout: Sink; stderr: Sink; now: () => number }): Out {
  const { json, stdout, stderr, now } = options;
  const paper = ({ columns, colour }: Sink): Paper => {
    const room = columns();
    return paperOf({ columns: room === undefined ? undefined : Math.min(room, WIDEST), colour, now: now() });
  };
  const lines = (sink: Sink, all: readonly string[]) => {
    if (all.length > 0) sink.write(`${all.join("\n")}\n`);
  };
  return {
    json,
    onTerminal: stdout.columns() !== undefined,
    show(value, human) {
      if (json) stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
      else lines(stdout, human(value, paper(stdout)));
    },
    each(value, human) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
      else lines(stdout, human(value, paper(stdout)));
    },
    page(human) {
      const given = paper(stdout);
      lines(stdout, human({ ...given, columns: Math.min(given.columns, PAGE_WIDTH) }));
    },
    raw: (text) => stdout.write(text),
    note: (text) =>
      lines(
        stderr,
        text.split("\n").flatMap((line) => wrapWords(line, paper(stderr).columns)),
      ),
    notes: (human) => lines(stderr, human(paper(stderr))),
    error(failure) {
      if (json) {
        stderr.write(`${JSON.stringify({ error: failure })}\n`);
        return;
      }
      const { style, columns } = paper(stderr);
      const { message, hint } = told(failure);
      const [first = "", ...more] = wrap(`devflow: ${oneLine(message)} (${failure.code})`, columns);
      lines(stderr, [first.replace("devflow:", style.red("devflow:")), ...more]);
      if (hint !== "")
        lines(
          stderr,
          wrap(oneLine(hint), columns - 2).map((line) => `  ${style.dim(line)}`),
        );
    },
  };
}
