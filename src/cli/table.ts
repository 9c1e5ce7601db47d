/**
 * Tables for people, as the thin client and the full one print them. Without packages: the thin client starts with this.
 *
 * Wide characters (Korean, Chinese, Japanese, emoji) take two columns; control characters, which could drive the
 * terminal, are dropped; a table that is too wide gives up width in the columns that may shrink.
 */

import { clusterColumns, clusters, columnsOf } from "../domain/columns.ts";

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
  if (look.width !== undefined) shrink(widths, columns, look.width);

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

/** Takes from the widest shrinkable column until the row fits, or nothing is left to take. */
function shrink(widths: number[], columns: readonly Column[], room: number): void {
  const gaps = GAP.length * (widths.length - 1);
  for (let over = widths.reduce((sum, width) => sum + width, gaps) - room; over > 0; over -= 1) {
    let widest = -1;
    for (const [at, width] of widths.entries()) {
      if (columns[at]?.shrink && width > LEAST_WIDTH && width > (widths[widest] ?? 0)) widest = at;
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
