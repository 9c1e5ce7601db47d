/** Shapes as people read them: a zod schema as JSON Schema, and that as a table of fields. */
import { z } from "zod";
import { Accepted, Violation } from "../../src/domain/artifact.ts";
import { Bound, KeptSchema, RunEvent } from "../../src/domain/event.ts";
import { FailureFact } from "../../src/domain/failure-fact.ts";
import { Persona } from "../../src/domain/persona.ts";
import { Price, SpecialPrice } from "../../src/domain/price.ts";
import { Evidence } from "../../src/domain/session.ts";
import { Phase, Repeat, Role, Template } from "../../src/domain/template.ts";
import { AttemptView, EscalationView, PhaseView, RunView, SessionView, UsageView } from "../../src/domain/view.ts";
import {
  CatalogueState,
  CostEstimate,
  RunCosts,
  SpentLine,
  SpentStats,
  UsageWindow,
} from "../../src/protocol/money.ts";
import { Preview, RunRequest, RunSummary } from "../../src/protocol/run-methods.ts";
import { SessionNow } from "../../src/protocol/session-methods.ts";

/** Shapes with a name: a table that meets one of them names it instead of telling it again. */
const NAMED: readonly (readonly [string, z.ZodType])[] = Object.entries({
  ...{ Accepted, AttemptView, Bound, EscalationView, Evidence, FailureFact, KeptSchema, Persona, Phase, PhaseView },
  ...{ Preview, Repeat, Role, RunEvent, RunRequest, RunSummary, RunView, SessionNow, SessionView, Template, UsageView },
  ...{ CatalogueState, CostEstimate, Price, RunCosts, SpecialPrice, SpentLine, SpentStats, UsageWindow, Violation },
});

const StoredEvent = "StoredEvent";

/** Where a named shape is told, unless on the page that names it. */
const PAGE: Record<string, string> = {
  ...Object.fromEntries(NAMED.map(([name]) => [name, `protocol.md#${name.toLowerCase()}`])),
  Template: "templates.md#the-template",
  Role: "templates.md#a-role",
  Phase: "templates.md#a-phase",
  Repeat: "templates.md#a-loop",
  Persona: "personas.md#the-fields",
  RunEvent: "events.md",
  [StoredEvent]: "events.md",
};

export interface JsonSchema {
  title?: string;
  description?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

/** `input`: what a person or a client gives, defaults left out. `output`: what devflow says. */
export function jsonSchema(of: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(of, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: made }) => {
      const name = NAMED.find(([, schema]) => Object.is(schema, zodSchema))?.[0];
      if (name !== undefined) made.title = name;
      if (zodSchema._zod.def.type !== "custom") return;
      // The two shapes that zod checks by a function: a failure's code, and an event as the log stores it.
      if (Object.is(zodSchema, FailureFact.shape.code)) made.type = "string";
      else Object.assign(made, { type: "object", title: StoredEvent });
    },
  }) as JsonSchema;
}

interface Field {
  path: string;
  schema: JsonSchema;
  needed: boolean;
}

/** Every field with its path: those of nested shapes after the one that holds them, those of named shapes elsewhere. */
function fieldsOf(schema: JsonSchema, prefix = ""): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const needed = schema.required?.includes(name) === true;
    const { inside, suffix } = within(field);
    const own: Field = { path, schema: field, needed };
    return [own, ...(inside.title === undefined ? fieldsOf(inside, `${path}${suffix}.`) : [])];
  });
}

function within(field: JsonSchema): { inside: JsonSchema; suffix: string } {
  if (field.items) return { inside: field.items, suffix: "[]" };
  if (typeof field.additionalProperties === "object") return { inside: field.additionalProperties, suffix: ".*" };
  return { inside: field, suffix: "" };
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

/** A map that says nothing of its own is told by its fields. */
const told = ({ schema }: Field): boolean => schema.description !== undefined || schema.properties === undefined;

/** What a person writes: with what must be there, and what is meant when it is left out. */
export const settings = (schema: JsonSchema): string =>
  table(
    ["field", "type", "left out", "meaning"],
    fieldsOf(schema)
      .filter(told)
      .map(({ path, schema: field, needed }) => [
        `\`${path}\``,
        typeOf(field),
        needed ? "must be there" : byDefault(field),
        field.description ?? "",
      ]),
  );

/** What programs send each other. */
export function fields(schema: JsonSchema): string {
  const all = fieldsOf(schema);
  const told = all.some(({ schema: field }) => field.description !== undefined);
  return table(
    told ? ["field", "type", "meaning"] : ["field", "type"],
    all.map(({ path, schema: field, needed }) => [
      `\`${path}\`${needed ? "" : "?"}`,
      `${typeOf(field)}${needed || field.default === undefined ? "" : `, default ${literal(field.default)}`}`,
      ...(told ? [field.description ?? ""] : []),
    ]),
  );
}

const literal = (value: unknown): string => `\`${JSON.stringify(value)}\``;

function byDefault({ default: value, properties }: JsonSchema): string {
  if (value === undefined || (properties && JSON.stringify(value) === "{}")) return "";
  return Array.isArray(value) && value.length === 0 ? "none" : value === "" ? "none" : literal(value);
}

const NAMES: Record<string, string> = {
  string: "text",
  integer: "whole number",
  object: "map",
  array: "list",
  null: "null",
};

export function typeOf(schema: JsonSchema): string {
  if (schema.title !== undefined) return `[${schema.title}](${PAGE[schema.title] ?? `#${schema.title.toLowerCase()}`})`;
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(" or ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((one) => (one.properties ? keysOf(one) : typeOf(one))).join(" or ");
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const { inside, suffix } = within(schema);
  if (suffix === ".*") return `map of ${typeOf(inside)}`;
  return `${NAMES[schema.type ?? ""] ?? schema.type ?? "anything"}${range(schema)}`;
}

const keysOf = ({ properties = {} }: JsonSchema): string =>
  `map with ${Object.keys(properties)
    .map((key) => `\`${key}\``)
    .join(", ")}`;

function range({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const from = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1; // only whole numbers use it
  const least = from === undefined || from === Number.MIN_SAFE_INTEGER ? undefined : from;
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  return least !== undefined ? `, ${least} or more` : most !== undefined ? `, at most ${most}` : "";
}

/** The named shapes, for the page that tells each of them once. */
export const namedShape = (name: string): JsonSchema => {
  const schema = NAMED.find(([known]) => known === name)?.[1];
  if (!schema) throw new Error(`no shape is called ${name}`);
  return jsonSchema(schema, "output");
};
