/** Names and values, the values under each other, those that are too long in several lines; what is empty is left out. */
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
import { wrapWords } from "../text-width.ts";

/** Narrower than this a value says nothing. */
const LEAST_VALUE = 12;

export function factLines(facts: readonly (readonly [string, string])[], { style, columns }: Paper): string[] {
  const shown = facts.filter(([, value]) => value !== "");
  const indent = Math.max(0, ...shown.map(([name]) => columnsOf(name)));
  return shown.flatMap(([name, value]) =>
    wrapWords(oneLine(value), Math.max(LEAST_VALUE, columns - indent - 4)).map(
      (line, n) => `  ${n === 0 ? style.dim(padded(name, indent)) : " ".repeat(indent)}  ${line}`,
    ),
  );
}
