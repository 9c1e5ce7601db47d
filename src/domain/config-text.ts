/** A devflow.yaml for people to begin with: every setting as a comment, with what it is for and what holds without it. */
import { z } from "zod";
import { Config } from "./config.ts";

interface Field {
  description?: string;
  default?: unknown;
  properties?: Record<string, Field>;
  required?: readonly string[];
}

const fields = (): Record<string, Field> => (z.toJSONSchema(Config, { io: "input" }) as Field).properties ?? {};

/** Of a setting that has no value unless somebody gives it one. */
const NOT_SET = "…";

/** Longer lines are hard to read in an editor. */
const WIDTH = 100;

export function configText(): string {
  const sections = Object.entries(fields()).map(([name, field]) => setting(name, field, "").join("\n"));
  return [
    "## Settings of devflow. Take away the “# ” before a setting, and before the line that it stands under, to change it.",
    ...sections,
  ]
    .join("\n\n")
    .concat("\n");
}

/** The settings that a file says nothing about. */
export function settingsLeftOut(written: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(fields()).filter((name) => !Object.hasOwn(written, name));
}

function setting(
  name: string,
  { description, default: value, properties, required = [] }: Field,
  indent: string,
): string[] {
  const about = description === undefined ? [] : broken(description, `## ${indent}`);
  // What has to be given whole, or not at all, is not begun for anybody.
  if (properties && required.length === 0) {
    const inner = Object.entries(properties).flatMap(([key, field]) => setting(key, field, `${indent}  `));
    return [...about, `# ${indent}${name}:`, ...inner];
  }
  return [...about, `# ${indent}${name}: ${value === undefined ? NOT_SET : JSON.stringify(value)}`];
}

function broken(text: string, prefix: string): string[] {
  const lines: string[] = [];
  let line = prefix.trimEnd();
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = prefix.trimEnd();
    }
    line += line === prefix.trimEnd() ? `${prefix.slice(line.length)}${word}` : ` ${word}`;
  }
  return [...lines, line];
}
