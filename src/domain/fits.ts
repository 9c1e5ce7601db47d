/**
 * Whether a value fits a schema as it stands: the question of `safeParse` where nobody wants the value made anew, for a quarter of
 * the time.
 *
 * F1. A yes is the schema's own: `safeParse` takes the value too.
 * F2. A no says nothing: what would get a default, or is of a kind that is not known here, the schema itself has to be asked about.
 */
import type { z } from "zod";

type Fits = (value: unknown) => boolean;

const NOT_KNOWN: Fits = () => false;

/** Worked out once for each schema. */
const known = new WeakMap<z.core.$ZodType, Fits>();

export const fits = (schema: z.core.$ZodType, value: unknown): boolean => fitting(schema)(value);

function fitting(schema: z.core.$ZodType): Fits {
  const before = known.get(schema);
  if (before) return before;
  const made = checked(schema);
  known.set(schema, made);
  return made;
}

function checked(schema: z.core.$ZodType): Fits {
  const shaped = shape(schema);
  const checks = (schema._zod.def.checks ?? []).map(check);
  const [first, second] = checks;
  if (!first) return shaped;
  if (!second) return (value) => shaped(value) && first(value);
  return (value) => shaped(value) && checks.every((holds) => holds(value));
}

function shape(schema: z.core.$ZodType): Fits {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if ("coerce" in def && def.coerce) return NOT_KNOWN;
  switch (def.type) {
    case "string":
      return "format" in def ? NOT_KNOWN : (value) => typeof value === "string";
    case "number":
      if (!("format" in def)) return (value) => Number.isFinite(value);
      return def.format === "safeint" ? (value) => Number.isSafeInteger(value) : NOT_KNOWN;
    case "boolean":
      return (value) => typeof value === "boolean";
    case "unknown":
      return () => true;
    case "enum":
    case "literal": {
      const values: ReadonlySet<unknown> | undefined = schema._zod.values;
      return values ? (value) => values.has(value) : NOT_KNOWN;
    }
    case "optional": {
      const inner = fitting(def.innerType);
      return (value) => value === undefined || inner(value);
    }
    case "nullable": {
      const inner = fitting(def.innerType);
      return (value) => value === null || inner(value);
    }
    case "default":
    case "prefault":
      return present(fitting(def.innerType));
    case "array": {
      const element = fitting(def.element);
      return (value) => Array.isArray(value) && value.every(element);
    }
    case "record":
      return record(fitting(def.keyType), fitting(def.valueType));
    case "object":
      return def.catchall?._zod.def.type === "never" ? strictObject(def.shape) : NOT_KNOWN;
    case "union": {
      if ("discriminator" in def) return discriminated(def as z.core.$ZodDiscriminatedUnionDef);
      if (def.inclusive === false) return NOT_KNOWN; // exactly one may
      const options = def.options.map(fitting);
      return (value) => options.some((option) => option(value));
    }
    case "custom":
      return custom(def);
    default:
      return NOT_KNOWN;
  }
}

const custom = (def: z.core.$ZodCustomDef): Fits => ("fn" in def ? (value) => def.fn(value) === true : NOT_KNOWN);

const present =
  (inner: Fits): Fits =>
  (value) =>
    value !== undefined && inner(value);

function record(key: Fits, inner: Fits): Fits {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (name === "__proto__" || !key(name) || !inner(value[name])) return false;
    return true;
  };
}

function strictObject(shape: Readonly<Record<string, z.core.$ZodType>>): Fits {
  const parts = new Map(Object.entries(shape).map(([name, schema]) => [name, fitting(schema)]));
  const required = Object.keys(shape).filter((name) => shape[name]?._zod.def.type !== "optional");
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (!parts.get(name)?.(value[name])) return false;
    for (const name of required) if (value[name] === undefined) return false;
    return true;
  };
}

function discriminated({ discriminator, options }: z.core.$ZodDiscriminatedUnionDef): Fits {
  const byValue = new Map<unknown, Fits>();
  for (const option of options)
    for (const value of option._zod.propValues?.[discriminator] ?? []) byValue.set(value, fitting(option));
  return (value) => isPlain(value) && (byValue.get(value[discriminator])?.(value) ?? false);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** One further condition of a schema, of a value that has its shape. */
function check({ _zod }: z.core.$ZodCheck<never>): Fits {
  const def = _zod.def as z.core.$ZodChecks["_zod"]["def"] | z.core.$ZodCustomDef;
  switch (def.check) {
    case "max_length":
      return (value) => (value as { length: number }).length <= def.maximum;
    case "min_length":
      return (value) => (value as { length: number }).length >= def.minimum;
    case "greater_than":
      return (value) =>
        def.inclusive ? (value as number) >= Number(def.value) : (value as number) > Number(def.value);
    case "less_than":
      return (value) =>
        def.inclusive ? (value as number) <= Number(def.value) : (value as number) < Number(def.value);
    case "string_format":
      return def.format === "regex" && def.pattern ? matches(def.pattern) : NOT_KNOWN;
    case "custom":
      return custom(def);
    default:
      return NOT_KNOWN;
  }
}

/** A pattern that remembers where it was last would answer otherwise the next time. */
const matches = (pattern: RegExp): Fits =>
  pattern.global || pattern.sticky ? NOT_KNOWN : (value) => pattern.test(value as string);
