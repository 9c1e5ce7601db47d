/** `list`, `show` and `validate`, the same for personas, templates and schemas. They read files and need no daemon. */
import { resolve } from "node:path";
import { Failure, type FailureRecord, failureRecord } from "../domain/failure.ts";
import { referenceOf } from "../domain/names.ts";
import { type Command, type CommandContext, defineCommand, EXIT_INVALID } from "./command.ts";
import type { Broken, Definition, Definitions, Shelf } from "./compose/offers.ts";
import { repositoryAround } from "./repository.ts";
import type { Paper } from "./style.ts";

export type Kind = keyof Definitions;
type ValueOf<K extends Kind> = Definitions[K] extends Shelf<infer Value> ? Value : never;
type Named = { name: string; version: number };

const shelfOf = async <K extends Kind>(kind: K, { definitions }: CommandContext): Promise<Shelf<ValueOf<K>>> =>
  // Each kind's shelf holds that kind's values; TypeScript cannot follow the index through a conditional type.
  (await definitions())[kind] as unknown as Shelf<ValueOf<K>>;

const record = <T>({ value, hash, source, origin }: Definition<T>) => ({ ...value, hash, source, origin });

export function listCommand<K extends Kind>(
  kind: K,
  example: string,
  table: (all: readonly Definition<ValueOf<K>>[], paper: Paper) => readonly string[],
): Command {
  return defineCommand<{ repo?: string }>({
    name: "list",
    summary: `${kind}.list.summary`,
    options: { "--repo <dir>": "definitions.repo" },
    examples: [example],
    async run({ repo }, context) {
      const { good, broken } = await (await shelfOf(kind, context)).list(
        repositoryAround(resolve(context.cwd, repo ?? ".")),
      );
      const problems = broken.map(problemOf);
      context.out.show({ [kind]: good.map(record), broken: problems }, (_, paper) => table(good, paper));
      if (!context.out.json) for (const { error } of problems) context.out.error(error);
      return 0;
    },
  });
}

export function showCommand<K extends Kind>(
  kind: K,
  example: string,
  details: (shown: Definition<ValueOf<K>>, paper: Paper) => readonly string[],
): Command {
  return defineCommand<{ name: string; repo?: string }>({
    name: "show",
    summary: `${kind}.show.summary`,
    arguments: { "<name>": "argument.definition" },
    options: { "--repo <dir>": "definitions.repo" },
    examples: [example],
    async run({ name, repo }, context) {
      const shown = await (await shelfOf(kind, context)).get(name, repositoryAround(resolve(context.cwd, repo ?? ".")));
      context.out.show(record(shown), (_, paper) => details(shown, paper));
      return 0;
    },
  });
}

export function validateCommand(kind: Kind, example: string): Command {
  return defineCommand<{ files: string[]; repo?: string }>({
    name: "validate",
    summary: `${kind}.validate.summary`,
    about: "definitions.validate.about",
    arguments: { "<files...>": "argument.files" },
    options: { "--repo <dir>": "definitions.repo" },
    examples: [example],
    async run({ files, repo }, context) {
      const shelf: Shelf<Named> = await shelfOf(kind, context);
      const around = repositoryAround(resolve(context.cwd, repo ?? "."));
      return checkFiles(files, context, async (path) => {
        const { value, hash } = await shelf.validate(path, around);
        return { name: referenceOf(value), hash };
      });
    },
  });
}

type Looked =
  | { file: string; ok: true; name: string; hash?: string }
  /** Every problem of the file, in its order; the first is the one that a run would be refused with. */
  | { file: string; ok: false; error: FailureRecord; errors: readonly FailureRecord[] };

/** Says of each file whether it can be used, and if not why; gives the exit code. `check` throws what is wrong. */
export async function checkFiles(
  files: readonly string[],
  { out, cwd }: CommandContext,
  check: (path: string) => Promise<{ name: string; hash?: string }>,
): Promise<number> {
  const looks: Looked[] = [];
  for (const file of files) looks.push(await looked(file, resolve(cwd, file), check));
  out.show({ files: looks }, (_, { style }) =>
    looks.flatMap((look) => (look.ok ? [`${style.green("✓")} ${look.file}  ${style.dim(look.name)}`] : [])),
  );
  const wrong = looks.flatMap((look) => (look.ok ? [] : look.errors));
  if (!out.json) for (const error of wrong) out.error(error);
  return wrong.length === 0 ? 0 : EXIT_INVALID;
}

async function looked(file: string, path: string, check: Parameters<typeof checkFiles>[2]): Promise<Looked> {
  try {
    return { file, ok: true, ...(await check(path)) };
  } catch (error) {
    const { cause } = error as Error;
    const all: readonly Error[] = cause instanceof AggregateError ? cause.errors : [error as Error];
    const errors = all.map((one) => unhinted(problemOf({ source: path, error: one }).error));
    return { file, ok: false, error: errors[0] ?? problemOf({ source: path, error: error as Error }).error, errors };
  }
}

/** The hint to validate the file is for everybody else. */
const unhinted = (record: FailureRecord): FailureRecord =>
  record.code === "definition.invalid" ? { ...record, hint: "" } : record;

const problemOf = ({ source, error }: Broken) => ({
  source,
  error: failureRecord(
    error instanceof Failure ? error : new Failure("internal", { problem: error.message }, { cause: error }),
  ),
});
