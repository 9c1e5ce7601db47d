/**
 * The phases of a template as a tree: each hangs under the last of those it needs, and names the others.
 *
 *   plan           planner      → plan@1            you approve the result
 *   └─ implement   implementer  → change-summary@1
 *      ├─ tests    $ npm test   → command-result@1
 *      └─ review   reviewer     → findings@1        after tests too · back to implement until approved@1, at most 5 rounds
 */
import { ancestors, type Phase, type Template } from "../../domain/template.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { columnsOf, cut, oneLine, padded } from "../table.ts";

interface Row {
  phase: Phase;
  branch: string;
}

export function phaseGraph(template: Template, { style, columns }: Paper): string[] {
  const rows = laid(template);
  const names = Math.max(...rows.map(({ phase, branch }) => columnsOf(branch + phase.id)));
  const whos = Math.min(30, Math.max(...rows.map(({ phase }) => columnsOf(whoOf(phase)))));
  const made = Math.max(...rows.map(({ phase }) => columnsOf(phase.produces.schema)));
  return rows.map(({ phase, branch }) => {
    const name = `${style.dim(branch)}${style.bold(phase.id)}${" ".repeat(names - columnsOf(branch + phase.id))}`;
    const who = style.cyan(padded(cut(whoOf(phase), whos), whos));
    const schema = `${style.dim("→")} ${padded(phase.produces.schema, made)}`;
    const room = columns - (2 + names + 2 + whos + 2 + 2 + made + 2);
    return `  ${name}  ${who}  ${schema}  ${style.dim(cut(notesOf(phase, template), room))}`.trimEnd();
  });
}

const whoOf = (phase: Phase): string => oneLine(phase.run ? `$ ${phase.run.join(" ")}` : (phase.role ?? ""));

function notesOf(phase: Phase, template: Template): string {
  const parent = parentOf(phase, template);
  // What is needed on the way from the root to here is plain from the tree.
  const above = new Set(parent === undefined ? [] : [parent, ...ancestors(template, parent)]);
  const others = phase.needs.filter((need) => !above.has(need));
  return [
    others.length > 0 ? say("graph.also", { phases: others.join(", ") }) : "",
    phase.approval ? say(`preview.approval_${phase.approval}`) : "",
    phase.repeat
      ? say("graph.repeat", { from: phase.repeat.from, until: phase.repeat.until, max: phase.repeat.max })
      : "",
  ]
    .filter((note) => note !== "")
    .join(" · ");
}

/** The needed phase that comes last in the template: what that one needs is above it already. */
const parentOf = (phase: Phase, { phases }: Template): string | undefined =>
  phases.findLast(({ id }) => phase.needs.includes(id))?.id;

function laid(template: Template): Row[] {
  const rows: Row[] = [];
  const hang = (parent: string | undefined, trunk: string): void => {
    const children = template.phases.filter((phase) => parentOf(phase, template) === parent);
    children.forEach((phase, at) => {
      const last = at === children.length - 1;
      const root = parent === undefined;
      rows.push({ phase, branch: root ? "" : `${trunk}${last ? "└─ " : "├─ "}` });
      hang(phase.id, root ? "" : `${trunk}${last ? "   " : "│  "}`);
    });
  };
  hang(undefined, "");
  return rows;
}
