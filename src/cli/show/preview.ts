/** What a run would do, before it does it: its phases, who takes them, and what is worth knowing first. */

import { say } from "../../messages/say.ts";
import type { Preview } from "../../protocol/methods.ts";
import type { Paper } from "../style.ts";
import { oneLine, table } from "../table.ts";
import { wrap } from "../text-width.ts";

type Phase = Preview["phases"][number];

export function previewLines(preview: Preview, paper: Paper): string[] {
  const { style, columns } = paper;
  const why = new Map(preview.bindings.map((binding) => [binding.role, binding]));
  const rows = preview.phases.map((phase) => [
    phase.id,
    phase.command ? `$ ${phase.command.join(" ")}` : (phase.persona ?? ""),
    phase.role === undefined ? "" : (why.get(phase.role)?.family ?? ""),
    phase.needs.join(", "),
    notesOf(phase),
  ]);
  const at = `${preview.repo}  ${preview.base} ${preview.baseCommit.slice(0, 10)}`;
  return [
    `${style.bold(preview.template)}  ${style.dim(oneLine(preview.description))}`,
    style.dim(oneLine(at)),
    "",
    ...table(
      [
        { title: say("preview.phase") },
        { title: say("preview.by"), shrink: true, paint: () => "cyan" },
        { title: say("preview.family"), paint: () => "dim" },
        { title: say("preview.after"), shrink: true },
        { title: say("preview.notes"), shrink: true, paint: () => "dim" },
      ],
      rows,
      paper.look,
    ).split("\n"),
    ...(preview.goalRemoved > 0 ? ["", style.yellow(say("preview.goal_removed", { count: preview.goalRemoved }))] : []),
    ...preview.warnings.flatMap((warning, index) => [
      ...(index === 0 ? [""] : []),
      ...wrap(`${say("preview.warning")} ${oneLine(warning)}`, columns).map(style.yellow),
    ]),
  ];
}

function notesOf({ approval, repeat, timeout }: Phase): string {
  const notes = [
    approval === "before" ? say("preview.approval_before") : approval === "after" ? say("preview.approval_after") : "",
    repeat ? say("preview.repeat", { from: repeat.from, max: repeat.max }) : "",
    say("preview.timeout", { timeout }),
  ];
  return notes.filter((note) => note !== "").join(", ");
}
