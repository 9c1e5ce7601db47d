/** What a run would do, before it does it: its phases, who takes them, and what is worth knowing first. */

import { phrase, say, shipped } from "../../messages/say.ts";
import type { Preview } from "../../protocol/run-methods.ts";
import type { Paper } from "../style.ts";
import { oneLine } from "../table.ts";
import { wrap } from "../text-width.ts";
import { estimateLines } from "./estimate.ts";
import { rowsTable } from "./rows.ts";

type Phase = Preview["phases"][number];

/** Narrower than this, a table of phases has no room for the model families too. */
const ROOM_FOR_FAMILY = 100;

export function previewLines(preview: Preview, paper: Paper): string[] {
  const { style, columns } = paper;
  return [
    ...headLines(preview, paper),
    style.dim(`${oneLine(preview.repo)}  ${oneLine(preview.base)} ${preview.baseCommit.slice(0, 10)}`),
    "",
    ...phasesTable(preview, paper),
    ...(preview.estimate ? spaced(estimateLines(preview.estimate, paper)) : []),
    ...preview.warnings.flatMap((warning) => [
      "",
      ...wrap(`${say("preview.warning")} ${oneLine(phrase(warning))}`, columns).map(style.yellow),
    ]),
  ];
}

const spaced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ["", ...lines]);

function headLines({ template, description }: Preview, { style, columns }: Paper): string[] {
  const [first = "", ...more] = wrap(`${template}  ${oneLine(shipped(description))}`, columns);
  const [name, rest] = [first.slice(0, template.length), first.slice(template.length)];
  return [`${style.bold(name)}${style.dim(rest)}`, ...more.map(style.dim)];
}

function phasesTable({ phases, bindings }: Preview, paper: Paper): string[] {
  const families = new Map(bindings.map(({ role, family }) => [role, family]));
  return rowsTable(
    phases,
    [
      { title: say("preview.phase"), paint: () => "bold", text: ({ id }) => id },
      {
        title: say("preview.by"),
        shrink: true,
        paint: () => "cyan",
        text: ({ command, persona }) => (command ? `$ ${command.join(" ")}` : (persona ?? "")),
      },
      {
        title: say("preview.family"),
        paint: () => "dim",
        needs: ROOM_FOR_FAMILY,
        text: ({ role }) => (role === undefined ? "" : (families.get(role) ?? "")),
      },
      { title: say("preview.after"), shrink: true, text: ({ needs }) => needs.join(", ") },
      { title: say("preview.timeout"), align: "right", paint: () => "dim", text: ({ timeout }) => timeout },
      { title: say("preview.notes"), shrink: true, text: notesOf },
    ],
    paper,
  );
}

function notesOf({ approval, repeat }: Phase): string {
  const notes = [
    approval === "before" ? say("preview.approval_before") : approval === "after" ? say("preview.approval_after") : "",
    repeat ? say("preview.repeat", { from: repeat.from, max: repeat.max }) : "",
  ];
  return notes.filter((note) => note !== "").join(", ");
}
