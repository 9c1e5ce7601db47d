/**
 * What a schema must not use: keywords that the validator is known to get wrong, found with the official test suite.
 * Refusing them when a schema is loaded is better than judging an artifact wrongly later.
 */

export interface Unsupported {
  keyword: string;
  /** JSON pointer into the schema. */
  at: string;
}

/** Keywords whose value is one schema, a list of schemas, or a map of schemas. Values of other keywords are data. */
const ONE = [
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const LIST = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAP = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/** Keywords that apply a schema to the same value: what they evaluate counts for `unevaluated…` beside them. */
const IN_PLACE = ["allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"];
const ITEMS = ["items", "prefixItems", "contains"];

/** The first thing in it that is refused. */
export function unsupported(root: unknown): Unsupported | undefined {
  return look(root, "", root);
}

function look(schema: unknown, at: string, root: unknown): Unsupported | undefined {
  if (!isObject(schema)) return undefined;
  return (
    here(schema, at, root) ??
    firstOf(
      children(schema, at).map(
        ([child, place]) =>
          () =>
            look(child, place, root),
      ),
    )
  );
}

function here(schema: Record<string, unknown>, at: string, root: unknown): Unsupported | undefined {
  for (const keyword of ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"])
    if (keyword in schema) return { keyword, at: `${at}/${keyword}` };
  if (at !== "" && typeof schema.$id === "string") return { keyword: "an $id inside a schema", at: `${at}/$id` };
  if (Array.isArray(schema.enum) && schema.enum.length === 0) return { keyword: "an empty enum", at: `${at}/enum` };
  const ref = schema.$ref;
  if (typeof ref === "string" && !ref.startsWith("#"))
    return { keyword: `a $ref to another document (${ref})`, at: `${at}/$ref` };
  for (const keyword of ["unevaluatedItems", "unevaluatedProperties"])
    if (keyword in schema && nestedItems(schema, root, new Set()))
      return { keyword: `${keyword} together with items in allOf, anyOf, if or $ref`, at: `${at}/${keyword}` };
  return undefined;
}

/** Whether a schema that applies in place beside this one says something about items. */
function nestedItems(schema: Record<string, unknown>, root: unknown, seen: Set<unknown>): boolean {
  const beside = IN_PLACE.flatMap((keyword) => {
    const value = schema[keyword];
    if (keyword === "dependentSchemas") return isObject(value) ? Object.values(value) : [];
    return Array.isArray(value) ? value : [value];
  });
  return [...beside, resolve(schema.$ref, root)].some((one) => {
    if (!isObject(one) || seen.has(one)) return false;
    seen.add(one);
    return ITEMS.some((keyword) => keyword in one) || nestedItems(one, root, seen);
  });
}

function resolve(ref: unknown, root: unknown): unknown {
  if (typeof ref !== "string" || !/^#(?:\/|$)/.test(ref)) return undefined;
  return ref
    .slice(2)
    .split("/")
    .filter((part) => part !== "")
    .reduce<unknown>(
      (at, part) => (typeof at === "object" && at !== null ? Reflect.get(at, decoded(part)) : undefined),
      root,
    );
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
};

const encoded = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");

function children(schema: Record<string, unknown>, at: string): [schema: unknown, at: string][] {
  return Object.entries(schema).flatMap(([keyword, value]): [unknown, string][] => {
    if (ONE.includes(keyword)) return [[value, `${at}/${keyword}`]];
    if (LIST.includes(keyword) && Array.isArray(value)) return value.map((one, i) => [one, `${at}/${keyword}/${i}`]);
    if (MAP.includes(keyword) && isObject(value))
      return Object.entries(value).map(([name, one]) => [one, `${at}/${keyword}/${encoded(name)}`]);
    return [];
  });
}

function firstOf(tries: readonly (() => Unsupported | undefined)[]): Unsupported | undefined {
  for (const attempt of tries) {
    const found = attempt();
    if (found) return found;
  }
  return undefined;
}

/** Where the first schema stands, the root or one inside it, that `found` recognises; a JSON pointer. */
export function whereSchema(
  found: (schema: Record<string, unknown>) => boolean,
  schema: unknown,
  at = "",
): string | undefined {
  if (!isObject(schema)) return undefined;
  if (found(schema)) return at;
  for (const [child, place] of children(schema, at)) {
    const inside = whereSchema(found, child, place);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
