/** What a value lacks to be what a zod schema describes, in plain English and with the path to it. */
import { z } from "zod";
import { didYouMean, nearest } from "../../domain/nearest.ts";
import { issueInWords, type ShapeIssue } from "../../domain/shape-words.ts";

export interface ShapeProblem {
  path: (string | number)[];
  problem: string;
  /** For a key that is not known: the one that was probably meant. */
  meant?: string | undefined;
}

export function checkShape<S extends z.ZodType>(
  schema: S,
  value: unknown,
): { value: z.output<S> } | { problems: ShapeProblem[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const problems = result.error.issues.flatMap((issue) => explain(schema, value, issue));
  // A misspelt key is one problem: that the right one is missing follows from it.
  const follows = ({ path }: ShapeProblem): boolean =>
    problems.some(
      ({ meant, path: wrong }) => meant !== undefined && [...wrong.slice(0, -1), meant].join("/") === path.join("/"),
    );
  return { problems: problems.filter((problem) => !follows(problem)) };
}

function explain(schema: z.ZodType, root: unknown, issue: ShapeIssue): ShapeProblem[] {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  const name = path.at(-1);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      meant: nearest(key, known),
      problem: `"${key}" is not known here${didYouMean(key, known) || `; known are: ${known.join(", ")}`}`,
    }));
  }
  if (issue.code === "invalid_key")
    return [{ path, problem: `"${name}": ${issue.issues[0]?.message ?? issue.message}` }];
  if (valueAt(root, path) === undefined)
    return [{ path, problem: issue.code === "custom" ? issue.message : `"${name ?? ""}" is missing` }];
  const subject = name === undefined ? "" : typeof name === "number" ? `entry ${name + 1}: ` : `"${name}": `;
  return [{ path, problem: `${subject}${issueInWords(issue)}` }];
}

const step = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

const valueAt = (root: unknown, path: readonly (string | number)[]): unknown => path.reduce(step, root);

/** The property names that the schema knows at `path`, by way of its JSON Schema. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  const described: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const at = path.reduce<unknown>(
    (node, key) =>
      typeof key === "number"
        ? step(node, "items")
        : (step(step(node, "properties"), key) ?? step(node, "additionalProperties")),
    described,
  );
  return Object.keys(Object(step(at, "properties")));
}
