/** Names and values, one a line, the values under each other; what is empty is left out. */
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";

export function factLines(facts: readonly (readonly [string, string])[], { style }: Paper): string[] {
  const shown = facts.filter(([, value]) => value !== "");
  const indent = Math.max(0, ...shown.map(([name]) => columnsOf(name)));
  return shown.map(([name, value]) => `  ${style.dim(padded(name, indent))}  ${oneLine(value)}`);
}
