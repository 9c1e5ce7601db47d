/** Why a schema does not compile, in words and with the place in it: the validator's own errors often name none. */
import type { ErrorObject } from "ajv";
import { didYouMean } from "../../domain/nearest.ts";
import { whereSchema } from "./schema-lint.ts";
import { inWords } from "./violations.ts";

type Schema = Record<string, unknown>;

export interface CompileProblem {
  problem: string;
  /** JSON pointer into the schema. */
  at: string;
}

/** A schema that does not satisfy the schema of schemas. */
export function shapeProblem(errors: readonly ErrorObject[]): CompileProblem {
  const [first] = inWords(errors);
  return { problem: first?.problem ?? "it is not a JSON Schema", at: first?.at ?? "" };
}

/** A schema of the right shape that says something impossible. */
export function compileProblem(error: unknown, schema: Schema, keywords: readonly string[]): CompileProblem {
  const message = error instanceof Error ? error.message : String(error);
  const place = (keyword: string, value?: unknown): string => {
    const at = whereSchema(
      (one) => Object.hasOwn(one, keyword) && (value === undefined || one[keyword] === value),
      schema,
    );
    return at === undefined ? "" : `${at}/${keyword}`;
  };

  const unknown = /unknown keyword: "(.+)"$/.exec(message)?.[1];
  if (unknown !== undefined)
    return { problem: `"${unknown}" is not a keyword${didYouMean(unknown, keywords)}`, at: place(unknown) };
  const format = /^unknown format "(.+)" ignored/.exec(message)?.[1];
  if (format !== undefined) return { problem: `there is no format "${format}"`, at: place("format", format) };
  const reference = /^can't resolve reference (\S+) from id/.exec(message)?.[1];
  if (reference !== undefined) return { problem: `there is nothing at ${reference}`, at: place("$ref", reference) };
  const dialect = /^no schema with key or ref "(.+)"$/.exec(message)?.[1];
  if (dialect !== undefined && dialect === schema.$schema)
    return { problem: `its $schema is ${dialect}`, at: "/$schema" };
  const [, pattern, why] = /^Invalid regular expression: \/(.*)\/\w*: (.+)$/s.exec(message) ?? [];
  if (pattern !== undefined)
    return { problem: `the pattern ${pattern} is wrong: ${why}`, at: place("pattern", pattern) };
  return { problem: message, at: "" };
}
