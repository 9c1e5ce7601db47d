/**
 * What the shipped files say, worked out when devflow was built: parsing YAML and compiling schemas is most of what the first run of a
 * daemon would wait for.
 *
 * K1. A file is known by its name and all of its bytes: one that somebody has edited is read like any other.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { sha256Hex } from "../system/content-hash.ts";

export type KnownKind = "agent" | "persona" | "template" | "schema";

/** What a file of that kind with this text says; undefined when it has to be read. */
export type Known = (kind: KnownKind, file: string, text: string) => unknown;

export const nothingKnown: Known = () => undefined;

/** K1 */
export const knownBy = (kind: KnownKind, file: string, text: string): string =>
  sha256Hex(`${kind} ${basename(file)}\n${text}`);

/** From a table that `npm run build` has made. Without it everything is read. */
export function knownFiles(table: string): Known {
  let values: Readonly<Record<string, unknown>> | undefined;
  return (kind, file, text) => {
    values ??= valuesIn(table);
    return values[knownBy(kind, file, text)];
  };
}

function valuesIn(table: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(table, "utf8"))) as Record<string, unknown>;
  } catch {
    return {};
  }
}
