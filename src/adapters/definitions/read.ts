/** What one file says: a persona, a template or a schema; or what is wrong with it, with file:line:column. */
import { basename } from "node:path";
import { Failure, type FailureCode, type FailureParams } from "../../domain/failure.ts";
import { readJson } from "../../domain/json-text.ts";
import { Slug } from "../../domain/names.ts";
import { AdapterKind, Persona } from "../../domain/persona.ts";
import { Template } from "../../domain/template.ts";
import { checkTemplate } from "../../domain/template-check.ts";
import type { JsonSchema } from "../../ports/definitions.ts";
import type { Reading } from "./shelf.ts";
import { type Path, type Place, readYaml, type YamlText } from "./yaml-file.ts";
import { checkShape, type ShapeProblem } from "./zod-problems.ts";

interface Fault extends Place {
  code: FailureCode;
  params: FailureParams;
}

const at = (file: string, { line, column }: Place): string => `${file}:${line}:${column}`;

/** Where the parts of a file stand that can be used: read when somebody asks. */
export const placesIn =
  (file: string, text: string) =>
  (path: Path): string =>
    at(file, readYaml(text).placeOf(path));

/** The first fault in the file is the failure; all of them are its cause, and a line each in its `all`. */
function failed(file: string, kind: string, faults: readonly Fault[], value: unknown): Reading<never> {
  const failures = [...faults]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ code, params, ...place }) => new Failure(code, { ...params, kind, where: at(file, place) }));
  const [first, ...more] = failures;
  const { code, params } = first ?? new Failure("definition.invalid", { where: file, kind, problem: "it is empty" });
  const all = more.length === 0 ? {} : { more: more.length, all: failures.map(({ message }) => message).join("\n") };
  const { name, version } = Object(value) as { name?: unknown; version?: unknown };
  return {
    ok: false,
    error: new Failure(code, { ...params, ...all }, { cause: new AggregateError(failures) }),
    name: typeof name === "string" ? name : undefined,
    version: typeof version === "number" ? version : undefined,
  };
}

const invalid = (place: Place, problem: string): Fault => ({
  ...place,
  code: "definition.invalid",
  params: { problem },
});

const syntax = ({ problems }: YamlText): Fault[] => problems.map(({ problem, ...place }) => invalid(place, problem));

/** An empty file, or one with only comments, lacks everything: that is one problem, not one for each field. */
function empty(yaml: YamlText, kind: string): Fault[] {
  const { value } = yaml;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return [];
  const problem = value === null ? `the file is empty; a ${kind} is a map of fields` : `a ${kind} is a map of fields`;
  return [invalid(yaml.placeOf([]), problem)];
}

export function readTemplate(file: string, text: string): Reading<Template> {
  const yaml = readYaml(text);
  const early = yaml.problems.length > 0 ? syntax(yaml) : empty(yaml, "template");
  if (early.length > 0) return failed(file, "template", early, yaml.value);
  const shape = checkShape(Template, yaml.value);
  if ("problems" in shape) return failed(file, "template", shape.problems.map(fault(yaml)), yaml.value);
  const errors = checkTemplate(shape.value).filter(({ level }) => level === "error");
  if (errors.length > 0) {
    const faults = errors.map(({ code, params, path }) => ({ code, params, ...yaml.placeOf(path) }));
    return failed(file, "template", faults, yaml.value);
  }
  return { ok: true, value: shape.value, where: (path) => at(file, yaml.placeOf(path)) };
}

export function readPersona(file: string, text: string): Reading<Persona> {
  const yaml = readYaml(text);
  const early = yaml.problems.length > 0 ? syntax(yaml) : empty(yaml, "persona");
  if (early.length > 0) return failed(file, "persona", early, yaml.value);
  const shape = checkShape(Persona, yaml.value);
  if ("value" in shape) return { ok: true, value: shape.value, where: (path) => at(file, yaml.placeOf(path)) };
  const { adapter } = Object(yaml.value) as { adapter?: unknown };
  const faults = shape.problems.map((problem): Fault => {
    if (problem.path.join() !== "adapter" || adapter === undefined) return fault(yaml)(problem);
    const params = { adapter: String(adapter), adapters: AdapterKind.options.join(", ") };
    return { ...yaml.placeOf(problem.path), code: "persona.unknown_adapter", params };
  });
  return failed(file, "persona", faults, yaml.value);
}

const fault =
  (yaml: YamlText) =>
  ({ path, problem }: ShapeProblem): Fault =>
    invalid(yaml.placeOf(path), problem);

const FILE_NAME = /^(.+)@([1-9]\d*)\.json$/;

/** A schema's name and version are its file's: `spec@1.json`. */
export function readSchema(
  file: string,
  text: string,
  lint: (schema: Record<string, unknown>, where: string) => Error | undefined,
): Reading<JsonSchema> {
  const [, name = "", version = ""] = FILE_NAME.exec(basename(file)) ?? [];
  const me = { name: name || undefined, version: version === "" ? undefined : Number(version) };
  const broken = (faults: readonly Fault[]): Reading<never> => failed(file, "schema", faults, me);
  const start = { line: 1, column: 1 };
  if (!Slug.safeParse(name).success) return broken([invalid(start, "a schema's file is called NAME@VERSION.json")]);
  const json = readJson(text);
  if (!json.ok) return broken([invalid(json, json.problem)]);
  const schema = json.value;
  if (!isObject(schema)) return broken([invalid(start, "a schema is a JSON object")]);
  const yaml = readYaml(text); // for the places of things, and for keys that are there twice
  const twice = syntax(yaml).filter(({ params }) => params.problem === "this key is there twice");
  if (twice.length > 0) return broken(twice);
  const where = (path: Path): string => at(file, yaml.placeOf(path));
  const refusal = lint(schema, file);
  if (refusal) return broken([refused(refusal, yaml)]);
  const description = typeof schema.description === "string" ? schema.description : "";
  return { ok: true, value: { name, version: Number(version), description, schema }, where };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function refused(refusal: Error, yaml: YamlText): Fault {
  if (!(refusal instanceof Failure)) return invalid(yaml.placeOf([]), refusal.message);
  const { code, params } = refusal;
  const path = String(params.at ?? "")
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { code, params, ...yaml.placeOf(path) };
}
