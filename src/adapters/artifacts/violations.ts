/** The validator's errors as sentences that an agent can act on: what is there, what may be there instead. */
import type { ErrorObject } from "ajv";
import type { Violation } from "../../domain/artifact.ts";
import { didYouMean } from "../../domain/nearest.ts";

/** Longest piece of an artifact that is quoted back. */
const MAX_QUOTED = 60;

export function inWords(errors: readonly ErrorObject[]): Violation[] {
  const violations = errors
    .filter(({ keyword }) => keyword !== "if") // it only says that its branch was not satisfied, which is there by itself
    .map((error): Violation => ({ at: error.instancePath, problem: sentence(error) }));
  return [...new Map(violations.map((violation) => [`${violation.at} ${violation.problem}`, violation])).values()];
}

function sentence({ keyword, params, parentSchema, schema, data, message, propertyName }: ErrorObject): string {
  const count = (what: string): string => `${params.limit} ${what}${params.limit === 1 ? "" : "s"}`;
  if (propertyName !== undefined) return `the property name ${quote(propertyName)} is not allowed: it ${message}`;
  switch (keyword) {
    case "required":
      return `the property ${quote(params.missingProperty)} is missing`;
    case "dependentRequired":
      return `with the property ${quote(params.property)} there must be ${quote(params.missingProperty)} too`;
    case "additionalProperties":
      return strange(params.additionalProperty, parentSchema);
    case "unevaluatedProperties":
      return strange(params.unevaluatedProperty, parentSchema);
    case "enum":
      return `it must be one of ${params.allowedValues.map(quote).join(", ")}; it is ${quote(data)}`;
    case "const":
      return `it must be ${quote(schema)}; it is ${quote(data)}`;
    case "type":
      return `it must be ${[params.type].flat().map(article).join(" or ")}; it is ${quote(data)}`;
    case "pattern":
      return `it must match the pattern ${params.pattern}; it is ${quote(data)}`;
    case "format":
      return `it must be a ${params.format}; it is ${quote(data)}`;
    case "minLength":
      return data === ""
        ? `it must not be empty; it needs at least ${count("character")}`
        : `it must have at least ${count("character")}; it is ${quote(data)}`;
    case "maxLength":
      return `it must have at most ${count("character")}; it has ${String(data).length}`;
    case "minItems":
      return `it must have at least ${params.limit} ${entries(params.limit)}; it has ${lengthOf(data)}`;
    case "maxItems":
      return `it must have at most ${params.limit} ${entries(params.limit)}; it has ${lengthOf(data)}`;
    case "uniqueItems":
      return `no two entries may be the same; entries ${params.j} and ${params.i} are (counted from 0)`;
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return `it must be ${params.comparison} ${params.limit}; it is ${quote(data)}`;
    case "false schema":
      return "it must not be there";
    default:
      return `it ${message ?? `does not satisfy ${keyword}`}`;
  }
}

function strange(name: string, parentSchema: ErrorObject["parentSchema"]): string {
  const known = Object.keys(Object(parentSchema?.properties));
  const hint = didYouMean(name, known) || (known.length > 0 ? `; allowed are: ${known.join(", ")}` : "");
  return `the property ${quote(name)} is not allowed here${hint}`;
}

const entries = (count: number): string => (count === 1 ? "entry" : "entries");

const ARTICLES: Record<string, string> = {
  integer: "a whole number",
  array: "a list",
  object: "an object",
  null: "null",
};
const article = (type: string): string => ARTICLES[type] ?? `a ${type}`;

function quote(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`;
}

const lengthOf = (data: unknown): number => (Array.isArray(data) ? data.length : 0);
