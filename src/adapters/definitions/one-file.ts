/** One YAML file of one shape that is not on a shelf: its value, or what is wrong with it, with file:line:column. */
import type { z } from "zod";
import { Failure, type FailureCode } from "../../domain/failure.ts";
import { readYaml } from "./yaml-file.ts";
import { checkShape } from "./zod-problems.ts";

/** Throws a `Failure` of `code` with the first problem and where it is. An empty file is an empty map. */
export function readOne<S extends z.ZodType>(
  schema: S,
  file: string,
  text: string,
  code: FailureCode,
  kind: string,
): z.output<S> {
  const yaml = readYaml(text);
  const [syntax] = yaml.problems;
  const failed = (place: { line: number; column: number }, problem: string): Failure =>
    new Failure(code, { where: `${file}:${place.line}:${place.column}`, problem, kind });
  if (syntax) throw failed(syntax, syntax.problem);
  const shape = checkShape(schema, yaml.value ?? {});
  if ("value" in shape) return shape.value;
  const all = shape.problems.map(({ path, problem }) => ({ place: yaml.placeOf(path), problem }));
  const [first, ...more] = all.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw failed(first?.place ?? yaml.placeOf([]), `${first?.problem ?? "it is not what it should be"}${others}`);
}
