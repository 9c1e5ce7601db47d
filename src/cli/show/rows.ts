/** A table of values: each column says what it shows of a value, and whether a narrow terminal can do without it. */
import type { Paper } from "../style.ts";
import { type Column, table } from "../table.ts";

export interface ColumnOf<Row> extends Column {
  text: (row: Row) => string;
  /** Left out on terminals narrower than this. */
  needs?: number;
}

export function rowsTable<Row>(
  rows: readonly Row[],
  all: readonly ColumnOf<Row>[],
  { columns, look }: Paper,
): string[] {
  const shown = all.filter(({ needs = 0 }) => columns >= needs);
  return table(
    shown,
    rows.map((row) => shown.map(({ text }) => text(row))),
    look,
  ).split("\n");
}
