/** What is wrong with a value, in words of our own: those of the library that checks it are in no phrase book. */
import type { z } from "zod";

export type ShapeIssue = z.core.$ZodIssue;

export function issueInWords(issue: ShapeIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined") ? "it is missing" : `it must be ${article(issue.expected)}`;
    case "invalid_value":
      return `it must be one of: ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (!issue.message.startsWith("Too small: ")) return issue.message; // its schema says it better
      return least(issue.origin, Number(issue.minimum), issue.inclusive ?? true);
    case "too_big":
      if (!issue.message.startsWith("Too big: ")) return issue.message;
      return most(issue.origin, Number(issue.maximum), issue.inclusive ?? true);
    case "unrecognized_keys":
      return issue.keys.map((key) => `"${key}" is not known here`).join("; ");
    case "invalid_format":
      if (!issue.message.startsWith("Invalid string: ")) return issue.message; // its schema says it better
      return issue.format === "starts_with" && "prefix" in issue
        ? `it must start with ${issue.prefix}`
        : `it must match ${issue.pattern}`;
    default:
      return issue.message.replace(/^Invalid input: /, "");
  }
}

const NAMES: Record<string, string> = {
  int: "a whole number",
  array: "a list",
  record: "a map",
  object: "a map",
  boolean: "true or false",
};
const article = (type: string): string => NAMES[type] ?? `a ${type}`;

function least(origin: string, count: number, inclusive: boolean): string {
  if (count === 1 && (origin === "string" || origin === "array")) return "it is empty";
  if (origin === "string") return `at least ${count} characters are needed`;
  if (origin === "array") return `at least ${count} entries are needed`;
  return inclusive ? `at least ${count} is needed` : `more than ${count} is needed`;
}

function most(origin: string, count: number, inclusive: boolean): string {
  if (origin === "string") return `at most ${count} characters are allowed`;
  if (origin === "array") return `at most ${count} entries are allowed`;
  return inclusive ? `at most ${count} is allowed` : `only less than ${count} is allowed`;
}
