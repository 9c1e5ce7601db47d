/**
 * Whether a value satisfies a JSON Schema 2020-12. Schemas come from people, never from agents.
 *
 * The validator is Ajv. What it is known to get wrong is refused by `lint` before anything relies on it.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { MAX_VIOLATIONS, type Violation } from "../../domain/artifact.ts";
import { Failure } from "../../domain/failure.ts";
import { contentHash } from "../system/content-hash.ts";
import { type CompileProblem, compileProblem, shapeProblem } from "./compile-problem.ts";
import { addFormats } from "./formats.ts";
import { unsupported } from "./schema-lint.ts";
import { inWords } from "./violations.ts";

type Schema = Record<string, unknown>;

export interface SchemaCheck {
  /** Nothing when the value satisfies the schema; at most `MAX_VIOLATIONS` otherwise. */
  check(schema: Schema, value: unknown, bytes: number): Violation[];
  /** Undefined when the schema can be used. The failure's `at` points into the schema. */
  lint(schema: Schema, where: string): Failure | undefined;
}

/** From this size on only the first violation is looked for: a list of all of them can be larger than the document. */
const LARGE_BYTES = 256 * 1024;

/** Compiled schemas that are kept; a schema is a few kilobytes of code. */
const MAX_COMPILED = 200;

export function schemaCheck(): SchemaCheck {
  const all = compiler(true);
  const first = compiler(false);
  return {
    check(schema, value, bytes) {
      try {
        const validate = (bytes < LARGE_BYTES ? all : first).compile(schema);
        if (validate(value)) return [];
        return inWords(validate.errors ?? []).slice(0, MAX_VIOLATIONS);
      } catch (error) {
        if (error instanceof RangeError) return [{ at: "", problem: "it is nested too deeply" }];
        throw error;
      }
    },

    lint(schema, where) {
      const found = unsupported(schema);
      if (found) return new Failure("schema.unsupported", { where, ...found });
      try {
        const problem = all.shapeOf(schema);
        if (problem) return new Failure("schema.does_not_compile", { where, ...problem });
        all.compile(schema);
        return undefined;
      } catch (error) {
        return new Failure("schema.does_not_compile", { where, ...all.problemOf(schema, error) }, { cause: error });
      }
    },
  };
}

interface Compiler {
  compile(schema: Schema): ValidateFunction;
  /** What is wrong with it as a schema of any kind; throws as `compile` does. */
  shapeOf(schema: Schema): CompileProblem | undefined;
  /** What these threw, in words. */
  problemOf(schema: Schema, error: unknown): CompileProblem;
}

/** Compiles each schema once, known again by its content: a run's stored copy is the same schema as the file. */
function compiler(allErrors: boolean): Compiler {
  const ajv = new Ajv2020({
    allErrors,
    verbose: true, // the violations name the values that were found
    ownProperties: true,
    strictTypes: false, // what is unusual but right stays allowed; unknown keywords do not, they are misspelt
    strictTuples: false,
    logger: false,
    validateSchema: false, // `lint` has done that: who only checks values need not load the schema of schemas
  });
  addFormats(ajv);
  const byObject = new WeakMap<Schema, ValidateFunction>();
  const byHash = new Map<string, ValidateFunction>();
  function compiled(schema: Schema): ValidateFunction {
    const known = byObject.get(schema);
    if (known) return known;
    const hash = contentHash(schema);
    const validate = byHash.get(hash) ?? compile(ajv, schema);
    byObject.set(schema, validate);
    byHash.delete(hash);
    byHash.set(hash, validate);
    const oldest = byHash.keys().next().value;
    if (byHash.size > MAX_COMPILED && oldest !== undefined) byHash.delete(oldest);
    return validate;
  }

  return {
    compile: compiled,
    shapeOf: (schema) => (ajv.validateSchema(schema) ? undefined : shapeProblem(ajv.errors ?? [])),
    problemOf: (schema, error) => compileProblem(error, schema, Object.keys(ajv.RULES.all)),
  };
}

function compile(ajv: Ajv2020, schema: Schema): ValidateFunction {
  try {
    return ajv.compile(schema);
  } finally {
    // Another version of this schema may have the same $id: the validator must not remember it.
    ajv.removeSchema(schema);
  }
}
