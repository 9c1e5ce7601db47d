/**
 * A shelf: all definitions of one kind, from three folders of which the last wins.
 *
 * L1. A file that cannot be used is listed as broken, and hides what it would have replaced: nobody gets an older one silently.
 * L2. A file is read again when it has changed; what depends on other files (a template's schemas) is checked each time.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import { parseReference } from "../../domain/names.ts";
import { didYouMean } from "../../domain/nearest.ts";
import { systemProblem } from "../../domain/system-problem.ts";
import type { Broken, Definition, Shelf } from "../../ports/definitions.ts";
import { contentHash } from "../system/content-hash.ts";
import { errorCode } from "../system/whole-file.ts";
import type { Path } from "./yaml-file.ts";

/** A definition is read by people: more than this is another kind of file. */
const MAX_FILE_BYTES = 1024 * 1024;

export interface Named {
  name: string;
  version: number;
}

export interface Layer {
  origin: Definition<unknown>["origin"];
  directory: string;
}

/** What one file says: a value, with what is needed to check it against other files, or why it cannot be used. */
export type Reading<T> =
  | { ok: true; value: T; where: (path: Path) => string }
  /** `name` as far as it can be told from a broken file. */
  | { ok: false; error: Failure; name: string | undefined; version: number | undefined };

export interface Kind<T extends Named> {
  kind: "persona" | "template" | "schema";
  extensions: readonly string[];
  layers(repo: string | undefined): Layer[];
  read(file: string, text: string): Reading<T>;
  /** Rules about other files. Throws `Failure`; gives warnings. */
  check(value: T, where: (path: Path) => string, repo: string | undefined): Promise<readonly string[]>;
}

interface Entry<T> {
  file: string;
  origin: Layer["origin"];
  name: string;
  version: number | undefined;
  definition?: Definition<T>;
  error?: Failure;
}

export function shelf<T extends Named>(kind: Kind<T>): Shelf<T> {
  const cache = new Map<string, { signature: string; reading: Reading<T> }>();

  async function readOne(file: string): Promise<Reading<T>> {
    try {
      const found = await stat(file);
      const { size, mtimeMs, ino } = found;
      const signature = `${size}/${mtimeMs}/${ino}`;
      const known = cache.get(file);
      if (known?.signature === signature) return known.reading;
      // A device has no end, and a pipe keeps one waiting.
      if (!found.isFile()) throw new Error(found.isDirectory() ? "it is a directory" : "it is not a regular file");
      if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes; the limit is ${MAX_FILE_BYTES}`);
      const text = utf8(await readFile(file));
      const reading = kind.read(file, text);
      cache.set(file, { signature, reading });
      return reading;
    } catch (error) {
      const params = { where: file, kind: kind.kind, problem: systemProblem(error) };
      const failure = new Failure("definition.invalid", params, { cause: error });
      return { ok: false, error: failure, name: undefined, version: undefined };
    }
  }

  async function define(file: string, origin: Layer["origin"], repo: string | undefined): Promise<Entry<T>> {
    const reading = await readOne(file);
    if (!reading.ok) return { file, origin, error: reading.error, ...claimed(file, reading) };
    const { value, where } = reading;
    const { name, version } = value;
    try {
      const warnings = await kind.check(value, where, repo);
      const definition = {
        value,
        hash: contentHash(value),
        source: file,
        origin,
        ...(warnings.length > 0 && { warnings }),
      };
      return { file, origin, name, version, definition };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { file, origin, name, version, error };
    }
  }

  async function entries(repo: string | undefined): Promise<Entry<T>[]> {
    const all: Entry<T>[] = [];
    for (const { origin, directory } of kind.layers(repo)) {
      const names = await namesIn(directory, kind.kind);
      if (names instanceof Failure) all.push({ file: directory, origin, name: "", version: undefined, error: names });
      if (names instanceof Failure) continue;
      const files = names.filter((file) => kind.extensions.some((end) => file.endsWith(end)));
      const layer = await Promise.all(files.map((file) => define(join(directory, file), origin, repo)));
      for (const entry of layer) all.push(twice(entry, layer, kind.kind));
    }
    return all;
  }

  return {
    async list(repo) {
      const all = await entries(repo);
      const good = all.flatMap((entry, i) =>
        entry.definition && !all.slice(i + 1).some((later) => replaces(later, entry)) ? [entry.definition] : [],
      );
      const broken = all.flatMap(({ file, error }): Broken[] => (error ? [{ source: file, error }] : []));
      return { good: good.sort(byName), broken };
    },

    async get(reference, repo) {
      const { name, version } = parseReference(reference);
      const all = await entries(repo);
      const mine = all.filter(
        (entry) => entry.name === name && (version === undefined || (entry.version ?? version) === version),
      );
      const standing = mine.filter((entry, i) => !mine.slice(i + 1).some((later) => replaces(later, entry)));
      const newest = standing.sort((a, b) => (a.version ?? Infinity) - (b.version ?? Infinity)).at(-1);
      if (newest?.error) throw newest.error;
      if (newest?.definition) return newest.definition;
      const known = all.flatMap(({ definition }) => (definition ? [definition.value] : []));
      const suggestion = known.some((one) => one.name === name)
        ? `; there is ${known
            .filter((one) => one.name === name)
            .map((one) => `${one.name}@${one.version}`)
            .join(", ")}`
        : didYouMean(
            name,
            known.map((one) => one.name),
          );
      throw new Failure("definition.not_found", { kind: kind.kind, name: reference, suggestion });
    },

    async validate(file, repo) {
      const { definition, error } = await define(file, "repository", repo);
      if (definition) return definition;
      throw error ?? new Failure("definition.invalid", { where: file, kind: kind.kind, problem: "it cannot be used" });
    },
  };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("it is not UTF-8 text", { cause });
  }
}

/** A broken file of unknown version may be meant to replace any version of its name (L1). */
const replaces = <T>(later: Entry<T>, earlier: Entry<T>): boolean =>
  later.name === earlier.name &&
  (later.version === earlier.version || (later.error !== undefined && later.version === undefined));

const byName = (a: { value: Named }, b: { value: Named }): number =>
  a.value.name < b.value.name ? -1 : a.value.name > b.value.name ? 1 : a.value.version - b.value.version;

/** Two files of one folder that claim the same name and version: neither can be meant. The later one says so. */
function twice<T>(entry: Entry<T>, layer: readonly Entry<T>[], kind: string): Entry<T> {
  const first = layer.find((other) => other.name === entry.name && other.version === entry.version);
  if (!first || first === entry || !entry.definition) return entry;
  const problem = `${entry.name}@${entry.version} is already defined in ${first.file}`;
  const error = new Failure("definition.invalid", { where: entry.file, kind, problem });
  const { definition: _, ...rest } = entry;
  return { ...rest, error };
}

/** The name that a broken file was meant to define: what it says, else what it is called. */
function claimed(file: string, { name, version }: { name: string | undefined; version: number | undefined }) {
  const called = parseReference(basename(file).replace(/\.[^.]+$/, ""));
  return { name: name ?? called.name, version: version ?? (called.version || undefined) };
}

/** A folder that is not there holds nothing; one that cannot be read is a fault. */
async function namesIn(directory: string, kind: string): Promise<string[] | Failure> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return [];
    return new Failure("definition.invalid", { where: directory, kind, problem: "the folder cannot be read" });
  }
}
