/** What the shipped agents, personas, templates and schemas say, for `dist/known.json`; `known.ts` of the definitions says what for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { schemaCheck } from "../src/adapters/artifacts/schema-check.ts";
import { type KnownKind, knownBy } from "../src/adapters/definitions/known.ts";
import { readOne } from "../src/adapters/definitions/one-file.ts";
import { readPersona, readSchema, readTemplate } from "../src/adapters/definitions/read.ts";
import type { Reading } from "../src/adapters/definitions/shelf.ts";
import { AgentProfile } from "../src/domain/agent-profile.ts";

const { lint } = schemaCheck();

const value = <T>(reading: Reading<T>): T => {
  if (!reading.ok) throw reading.error;
  return reading.value;
};

const READ: Record<KnownKind, { folder: string; read(file: string, text: string): unknown }> = {
  agent: {
    folder: "agents",
    read: (file, text) => readOne(AgentProfile, file, text, "definition.invalid", "agent"),
  },
  persona: { folder: "personas", read: (file, text) => value(readPersona(file, text)) },
  template: { folder: "templates", read: (file, text) => value(readTemplate(file, text)) },
  schema: { folder: "schemas/artifacts", read: (file, text) => value(readSchema(file, text, lint)) },
};

/** Throws what is wrong with the first file that cannot be used. */
export function shippedValues(root: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [kind, { folder, read }] of Object.entries(READ) as [KnownKind, (typeof READ)[KnownKind]][]) {
    for (const name of readdirSync(join(root, folder)).filter((file) => /\.(?:ya?ml|json)$/.test(file))) {
      const file = join(root, folder, name);
      const text = readFileSync(file, "utf8");
      const said = read(file, text);
      // Only what JSON keeps as it is.
      if (isDeepStrictEqual(JSON.parse(JSON.stringify(said)), said)) found[knownBy(kind, file, text)] = said;
    }
  }
  return found;
}
