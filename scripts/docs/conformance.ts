/** The tables of docs/agents.md: what the conformance suite has found of each agent, as it was found. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { table } from "./shapes.ts";

const Result = z.strictObject({
  agent: z.string(),
  version: z.string(),
  mode: z.enum(["terminal", "headless"]),
  cell: z.string(),
  held: z.int(),
  of: z.int(),
  note: z.string().optional(),
  date: z.string(),
});
type Result = z.infer<typeof Result>;

const TITLES = { terminal: "In a terminal", headless: "Without a terminal" };

/** One table a mode: a row for each cell, a column for each version of an agent. */
export function conformance(root: string): string {
  const lines = readFileSync(join(root, "fixtures/agents/results.jsonl"), "utf8").split("\n");
  const found = lines.filter((line) => line !== "").map((line) => Result.parse(JSON.parse(line)));
  if (found.length === 0) return "The suite has not been run.";
  return (["terminal", "headless"] as const)
    .map((mode) => `### ${TITLES[mode]}\n\n${modeTable(found.filter((one) => one.mode === mode))}`)
    .join("\n\n");
}

function modeTable(found: readonly Result[]): string {
  const names = [...new Set(found.map(nameOf))];
  const cells = [...new Set(found.map(({ cell }) => cell))];
  const at = (cell: string, name: string) => found.find((one) => one.cell === cell && nameOf(one) === name);
  const rows = cells.map((cell) => [cell, ...names.map((name) => said(at(cell, name)))]);
  const dates = names.map(
    (name) =>
      found
        .filter((one) => nameOf(one) === name)
        .map(({ date }) => date)
        .sort()
        .at(-1) ?? "",
  );
  return table(["", ...names], [...rows, ["tried on", ...dates]]);
}

const nameOf = ({ agent, version }: Result): string => `${agent} ${version}`;

function said(one: Result | undefined): string {
  if (!one) return "not tried";
  const words = [`${one.held} of ${one.of}`, ...(one.note ? [one.note] : [])].join(", ");
  return one.held === one.of ? words : `**${words}**`;
}
