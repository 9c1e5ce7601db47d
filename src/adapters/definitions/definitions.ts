/**
 * Personas, templates and schemas from files: those shipped with devflow, then the user's configuration, then the
 * repository's own `devflow/` folder.
 */
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { Persona } from "../../domain/persona.ts";
import type { Template } from "../../domain/template.ts";
import { checkTemplate } from "../../domain/template-check.ts";
import type { Definitions, JsonSchema, Shelf } from "../../ports/definitions.ts";
import { type Known, type KnownKind, nothingKnown } from "./known.ts";
import { placesIn, readPersona, readSchema, readTemplate } from "./read.ts";
import { type Layer, type Reading, shelf } from "./shelf.ts";
import type { Path } from "./yaml-file.ts";

export interface DefinitionsOptions {
  /** The package's own directory: it holds `personas/`, `templates/` and `schemas/artifacts/`. */
  shipped: string;
  /** The user's configuration directory, which may hold `personas/`, `templates/` and `schemas/`. */
  user: string | undefined;
  /** Whether a schema can be used: the artifact store knows. Its failure's `at` says where in the schema. */
  lint(schema: Record<string, unknown>, where: string): Error | undefined;
  /** The names of the agents that personas can run on. */
  agents(): Promise<readonly string[]> | readonly string[];
  /** What need not be read. */
  known?: Known;
}

/** The folder of a repository that holds its own definitions. */
const REPOSITORY_FOLDER = "devflow";

const NOTHING_TO_CHECK = async (): Promise<readonly string[]> => [];

type Read<T> = (file: string, text: string) => Reading<T>;

export function definitions({ shipped, user, lint, agents, known = nothingKnown }: DefinitionsOptions): Definitions {
  const unlessKnown =
    <T>(kind: KnownKind, read: Read<T>): Read<T> =>
    (file, text) => {
      const value = known(kind, file, text);
      return value === undefined ? read(file, text) : { ok: true, value: value as T, where: placesIn(file, text) };
    };
  const layers =
    (folder: string, shippedFolder = folder) =>
    (repo: string | undefined): Layer[] => [
      { origin: "shipped", directory: join(shipped, shippedFolder) },
      ...(user === undefined ? [] : [{ origin: "user" as const, directory: join(user, folder) }]),
      ...(repo === undefined
        ? []
        : [{ origin: "repository" as const, directory: join(repo, REPOSITORY_FOLDER, folder) }]),
    ];
  const schemas = shelf<JsonSchema>({
    kind: "schema",
    extensions: [".json"],
    layers: layers("schemas", "schemas/artifacts"),
    read: unlessKnown("schema", (file, text) => readSchema(file, text, lint)),
    check: NOTHING_TO_CHECK,
  });
  const templates = shelf<Template>({
    kind: "template",
    extensions: [".yaml", ".yml"],
    layers: layers("templates"),
    read: unlessKnown("template", readTemplate),
    check: (template, where, repo) => checkAgainstSchemas(template, where, repo, schemas),
  });
  const personas = shelf<Persona>({
    kind: "persona",
    extensions: [".yaml", ".yml"],
    layers: layers("personas"),
    read: unlessKnown("persona", readPersona),
    check: async (persona, where) => checkAgent(persona, where, await agents()),
  });
  return { personas, templates, schemas };
}

async function checkAgainstSchemas(
  template: Template,
  where: (path: Path) => string,
  repo: string | undefined,
  schemas: Shelf<JsonSchema>,
): Promise<readonly string[]> {
  const named = template.phases.flatMap(({ produces, repeat }, i) => [
    { reference: produces.schema, path: ["phases", i, "produces", "schema"] },
    ...(repeat ? [{ reference: repeat.until, path: ["phases", i, "repeat", "until"] }] : []),
  ]);
  for (const { reference, path } of named) {
    try {
      await schemas.get(reference, repo);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const problem = error.message;
      throw new Failure("definition.invalid", { where: where(path), kind: "template", problem }, { cause: error });
    }
  }
  return checkTemplate(template)
    .filter(({ level }) => level === "warning")
    .map(({ code, params, path }) => new Failure(code, { ...params, where: where(path) }).message);
}

function checkAgent(
  { adapter, agent, model }: Persona,
  where: (path: Path) => string,
  known: readonly string[],
): string[] {
  if (adapter === "agent") {
    if (model !== undefined) return [];
    const problem = "adapter agent needs a model, as its provider calls it";
    throw new Failure("definition.invalid", { where: where(["adapter"]), kind: "persona", problem });
  }
  if (agent === undefined) {
    if (adapter === "fake") return [];
    const problem = `adapter ${adapter} needs an agent; they are: ${known.join(", ")}`;
    throw new Failure("definition.invalid", { where: where(["adapter"]), kind: "persona", problem });
  }
  if (known.includes(agent)) return [];
  const place = where(["agent"]);
  throw new Failure("persona.unknown_agent", { where: place, agent, agents: known.join(", ") });
}
