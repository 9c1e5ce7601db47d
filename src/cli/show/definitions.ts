/** Personas, templates and schemas, as tables and one by one. */
import { referenceOf } from "../../domain/names.ts";
import type { Persona } from "../../domain/persona.ts";
import type { Template } from "../../domain/template.ts";
import { say, shipped } from "../../messages/say.ts";
import type { Definition, JsonSchema } from "../compose/offers.ts";
import type { Paper } from "../style.ts";
import { oneLine, table } from "../table.ts";
import { wrap } from "../text-width.ts";
import { factLines } from "./facts.ts";
import { phaseGraph } from "./graph.ts";
import { rowsTable } from "./rows.ts";

const none = (): string[] => [say("definitions.none")];

/** Narrower than this, what a persona can do says more than its model's family. */
const ROOM_FOR_FAMILY = 100;

export function personasTable(all: readonly Definition<Persona>[], paper: Paper): string[] {
  if (all.length === 0) return none();
  return rowsTable(
    all,
    [
      { title: say("table.persona"), paint: () => "bold", text: ({ value }) => referenceOf(value) },
      {
        title: say("table.agent"),
        text: ({ value: { agent, adapter } }) => (agent ? `${agent} (${adapter})` : adapter),
      },
      { title: say("table.family"), needs: ROOM_FOR_FAMILY, text: ({ value }) => value.family },
      { title: say("table.capabilities"), shrink: true, text: ({ value }) => value.capabilities.join(", ") },
      { title: say("table.from"), paint: () => "dim", text: ({ origin }) => say(`origin.${origin}`) },
      { title: say("table.description"), shrink: true, paint: () => "dim", text: description },
    ],
    paper,
  );
}

export function templatesTable(all: readonly Definition<Template>[], { look }: Paper): string[] {
  if (all.length === 0) return none();
  return table(
    [
      { title: say("table.template"), paint: () => "bold" },
      { title: say("table.phases"), shrink: true },
      { title: say("table.roles"), shrink: true },
      { title: say("table.from"), paint: () => "dim" },
      { title: say("table.description"), shrink: true, paint: () => "dim" },
    ],
    all.map((one) => [
      referenceOf(one.value),
      one.value.phases.map(({ id }) => id).join(", "),
      Object.keys(one.value.roles).join(", "),
      say(`origin.${one.origin}`),
      description(one),
    ]),
    look,
  ).split("\n");
}

export function schemasTable(all: readonly Definition<JsonSchema>[], { look }: Paper): string[] {
  if (all.length === 0) return none();
  return table(
    [
      { title: say("table.schema"), paint: () => "bold" },
      { title: say("table.from"), paint: () => "dim" },
      { title: say("table.description"), shrink: true, paint: () => "dim" },
    ],
    all.map((one) => [referenceOf(one.value), say(`origin.${one.origin}`), description(one)]),
    look,
  ).split("\n");
}

export function personaDetails(shown: Definition<Persona>, paper: Paper): string[] {
  const { value, hash, source, origin } = shown;
  return [
    ...heading(shown, paper),
    "",
    ...factLines(
      [
        [say("fact.agent"), value.agent ? `${value.agent} (${value.adapter})` : value.adapter],
        [say("fact.model"), value.model ?? ""],
        [say("fact.family"), value.family],
        [say("fact.capabilities"), value.capabilities.join(", ")],
        [say("fact.args"), value.args.join(" ")],
        [say("fact.env"), value.env.join(", ")],
        [say("fact.source"), `${source} (${say(`origin.${origin}`)})`],
        [say("fact.hash"), hash],
      ],
      paper,
    ),
    ...(value.instructions === ""
      ? []
      : ["", paper.style.bold(say("fact.instructions")), ...paragraph(value.instructions, paper)]),
  ];
}

export function templateDetails(shown: Definition<Template>, paper: Paper): string[] {
  const { value, hash, source, origin } = shown;
  const { style } = paper;
  const roles = Object.entries(value.roles).map(([name, { requires, diverseFrom }]): [string, string] => [
    name,
    [requires.join(", "), diverseFrom ? say("template.diverse", { role: diverseFrom }) : ""].filter(Boolean).join("; "),
  ]);
  return [
    ...heading(shown, paper),
    "",
    style.bold(say("template.phases")),
    ...phaseGraph(value, paper),
    ...(roles.length === 0 ? [] : ["", style.bold(say("template.roles")), ...factLines(roles, paper)]),
    "",
    ...factLines(
      [
        [say("fact.source"), `${source} (${say(`origin.${origin}`)})`],
        [say("fact.hash"), hash],
      ],
      paper,
    ),
  ];
}

/** The schema itself: what it is for is in its description, who reads it wants the JSON. */
export const schemaDetails = ({ value }: Definition<JsonSchema>): string[] => [
  JSON.stringify(value.schema, undefined, 2),
];

/** In the language of whoever reads it for what devflow ships, as it was written for all else. */
const description = ({ value, origin }: Definition<{ description: string }>): string =>
  origin === "shipped" ? shipped(value.description) : value.description;

const heading = (
  shown: Definition<{ name: string; version: number; description: string }>,
  { style, columns }: Paper,
): string[] => [style.bold(referenceOf(shown.value)), ...wrap(oneLine(description(shown)), columns).map(style.dim)];

const paragraph = (text: string, { columns }: Paper): string[] =>
  text
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrap(oneLine(line), columns - 2).map((part) => `  ${part}`.trimEnd()));
