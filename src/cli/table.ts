/**
 * Tables for people, as the thin client and the full one print them. Without packages: the thin client starts with this.
 *
 * Wide characters (Korean, Chinese, Japanese, emoji) take two columns; control characters, which could drive the
 * terminal, are dropped; a table that is too wide gives up width in the columns that may shrink, then in those of words. Where
 * even that is not enough, each row becomes a list of its own: numbers and the names that a row is known by are never cut.
 */

import { clusterColumns, clusters, columnsOf, padded } from "../domain/columns.ts";
import { wrap } from "./wrap.ts";

export { columnsOf, padded } from "../domain/columns.ts";

export interface Column {
  title: string;
  align?: "left" | "right";
  /** May be cut with `…` when the table is wider than the terminal. */
  shrink?: boolean;
  /** An SGR code for each cell's text, such as `green`; only used in colour. */
  paint?: (cell: string) => Colour | undefined;
}

export interface Look {
  /** Columns of the terminal; absent when the output is not a terminal, so that nothing is cut. */
  width?: number | undefined;
  colour: boolean;
}

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

// biome-ignore format: read by column
const SGR: Record<Colour, [number, number]> = {
  bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39],
};

const GAP = "  ";
/** A cut column keeps at least this much, or it says nothing. */
const LEAST_WIDTH = 8;

/** How output to this stream should look: `NO_COLOR` wins, then `FORCE_COLOR`, then whether it is a terminal. */
export function lookOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Look {
  const terminal = stream.isTTY === true && env.TERM !== "dumb";
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0";
  return {
    ...(stream.isTTY === true && { width: stream.columns ?? 80 }),
    colour: !env.NO_COLOR && (terminal || forced),
  };
}

export const painted = (text: string, colour: Colour | undefined, look: Look): string =>
  colour && look.colour && text !== "" ? `\u001b[${SGR[colour][0]}m${text}\u001b[${SGR[colour][1]}m` : text;

/** Rows under their titles, without a trailing newline. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string {
  const cells = rows.map((row) => columns.map((_, at) => oneLine(row[at] ?? "")));
  const widths = columns.map(({ title }, at) =>
    Math.max(columnsOf(title), ...cells.map((row) => columnsOf(row[at] ?? ""))),
  );
  if (look.width !== undefined) {
    shrink(widths, look.width, (at) => columns[at]?.shrink === true);
    shrink(widths, look.width, (at) => at > 0 && columns[at]?.align !== "right");
    if (rowWidth(widths) > look.width && cells.length > 0) return records(columns, cells, look.width, look);
  }

  const line = (texts: readonly string[], colourOf: (at: number) => Colour | undefined): string =>
    texts
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const shown = cut(text, width);
        const fill = " ".repeat(width - columnsOf(shown));
        const colour = colourOf(at);
        return columns[at]?.align === "right"
          ? fill + painted(shown, colour, look)
          : painted(shown, colour, look) + fill;
      })
      .join(GAP)
      .trimEnd();

  const head = line(
    columns.map(({ title }) => title),
    () => "dim",
  );
  return [head, ...cells.map((row) => line(row, (at) => columns[at]?.paint?.(row[at] ?? "")))].join("\n");
}

/** Each row as its titles and values, one under the other, for terminals that are too narrow for a line of all of them. */
function records(columns: readonly Column[], rows: readonly (readonly string[])[], width: number, look: Look): string {
  const name = Math.max(...columns.map(({ title }) => columnsOf(title)));
  const indent = " ".repeat(name + GAP.length);
  const record = (row: readonly string[]): string[] =>
    columns.flatMap(({ title, paint }, at) => {
      const value = row[at] ?? "";
      if (value === "") return [];
      return wrap(value, Math.max(LEAST_WIDTH, width - indent.length)).map((line, n) => {
        const before = n > 0 ? indent : painted(padded(title, name), "dim", look) + GAP;
        return before + painted(line, paint?.(value), look);
      });
    });
  return rows.map((row) => record(row).join("\n")).join("\n\n");
}

const rowWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));

/** Takes from the widest of these columns until the row fits, or nothing is left to take. */
function shrink(widths: number[], room: number, may: (at: number) => boolean): void {
  for (let over = rowWidth(widths) - room; over > 0; over -= 1) {
    let widest = -1;
    for (const [at, width] of widths.entries()) {
      if (may(at) && width > LEAST_WIDTH && width > (widths[widest] ?? 0)) widest = at;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** Text on one line that cannot drive a terminal. */
export const oneLine = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    .trim();

/** The text in at most `width` columns; what was cut is marked with `…`. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let used = 1;
  let kept = "";
  for (const cluster of clusters(text)) {
    used += clusterColumns(cluster);
    if (used > width) break;
    kept += cluster;
  }
  return `${kept}…`;
}
