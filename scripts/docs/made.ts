/** Every file of the repository that is made, in whole or in part, from the code: its path and what it must hold. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { commandDocs } from "../../src/cli/command-docs.ts";
import { manPages } from "../../src/cli/man-pages.ts";
import { AgentProfile } from "../../src/domain/agent-profile.ts";
import { Config } from "../../src/domain/config.ts";
import { RunEvent } from "../../src/domain/event.ts";
import { Notification } from "../../src/domain/notification.ts";
import { Persona } from "../../src/domain/persona.ts";
import { Report } from "../../src/domain/report.ts";
import { Template } from "../../src/domain/template.ts";
import { filled } from "./blocks.ts";
import { jsonSchema } from "./shapes.ts";
import { blocks } from "./tables.ts";

/** What people write is checked before defaults are put in; what devflow writes has them. */
const SCHEMAS: Record<string, readonly [z.ZodType, "input" | "output"]> = {
  persona: [Persona, "input"],
  template: [Template, "input"],
  config: [Config, "input"],
  agent: [AgentProfile, "input"],
  report: [Report, "output"],
  event: [RunEvent, "output"],
  notification: [Notification, "output"],
};

const COMMANDS = "docs/commands.md";
const PACKAGE = "package.json";

/** npm wants to be told of each manual page; the rest of the file is left as it is. */
async function packageWithPages(root: string): Promise<string> {
  const man = [...(await manPages()).keys()].map((name) => `./dist/man/${name}`);
  const all = JSON.parse(readFileSync(join(root, PACKAGE), "utf8"));
  return `${JSON.stringify({ ...all, man }, undefined, 2)}\n`;
}

/** The pages with marks in them. */
export const pagesIn = (root: string): string[] => [
  "README.md",
  "README.ko.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .filter((path) => path !== COMMANDS)
    .sort(),
];

export async function made(root: string): Promise<Map<string, string>> {
  const known = await blocks(root);
  const pages = pagesIn(root).map((path) => [path, filled(readFileSync(join(root, path), "utf8"), known)] as const);
  const schemas = Object.entries(SCHEMAS).map(([name, [schema, io]]) => {
    const text = JSON.stringify({ ...jsonSchema(schema, io), $id: `urn:devflow:${name}` }, null, 2);
    return [`schemas/${name}.schema.json`, `${text}\n`] as const;
  });
  return new Map([[COMMANDS, await commandDocs()], [PACKAGE, await packageWithPages(root)], ...pages, ...schemas]);
}
