/** A devflow.yaml for people to begin with: every setting as a comment, with what it is for and what holds without it. */
import { z } from "zod";
import { columnsOf } from "./columns.ts";
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

const HEAD =
  "Settings of devflow. Take away the “# ” before a setting, and before the line that it stands under, to change it.";

/** `told`: what a text is in the language of whoever reads the file. */
export function configText(told: (text: string) => string = (text) => text): string {
  const sections = Object.entries(fields()).map(([name, field]) => setting(name, field, "", told).join("\n"));
  return [broken(told(HEAD), "## ").join("\n"), ...sections].join("\n\n").concat("\n");
}

/** The settings that a file says nothing about. */
export function settingsLeftOut(written: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(fields()).filter((name) => !Object.hasOwn(written, name));
}

function setting(
  name: string,
  { description, default: value, properties, required = [] }: Field,
  indent: string,
  told: (text: string) => string,
): string[] {
  const about = description === undefined ? [] : broken(told(description), `## ${indent}`);
  // What has to be given whole, or not at all, is not begun for anybody.
  if (properties && required.length === 0) {
    const inner = Object.entries(properties).flatMap(([key, field]) => setting(key, field, `${indent}  `, told));
    return [...about, `# ${indent}${name}:`, ...inner];
  }
  return [...about, `# ${indent}${name}: ${value === undefined ? NOT_SET : JSON.stringify(value)}`];
}

function broken(text: string, prefix: string): string[] {
  const lines: string[] = [];
  let line = prefix.trimEnd();
  for (const word of text.split(" ")) {
    if (columnsOf(line) + 1 + columnsOf(word) > WIDTH) {
      lines.push(line);
      line = prefix.trimEnd();
    }
    line += line === prefix.trimEnd() ? `${prefix.slice(line.length)}${word}` : ` ${word}`;
  }
  return [...lines, line];
}
