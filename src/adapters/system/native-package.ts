/** Packages that are compiled for a machine and a Node: what is said of one that this Node cannot load. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import SQLite from "better-sqlite3";
import { Failure } from "../../domain/failure.ts";

/** What `bindings` says of a package that was never compiled. */
const NOT_COMPILED = "Could not locate the bindings file";

/** The failure that an error in loading one means; undefined for all others. Nothing that it would have opened is any worse for it. */
export function notForThisNode(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const failed = "code" in error && error.code === "ERR_DLOPEN_FAILED";
  if (!failed && !error.message.startsWith(NOT_COMPILED)) return undefined;
  // Its first sentence, which Node spreads over lines.
  const [problem = ""] = error.message.replaceAll(/\s+/g, " ").split(". ");
  return new Failure("install.other_node", { node: process.version, problem }, { cause: error });
}

export function mustLoadSqlite(): void {
  try {
    new SQLite(":memory:").close();
  } catch (error) {
    throw notForThisNode(error) ?? error;
  }
}

/**
 * Whether SQLite was compiled with headers of Node that have each of its objects ask for its environment when it is let go of: some Nodes end the
 * process there (nodejs/node#65446). A ready-made build was compiled with older ones.
 */
export async function sqliteAsksAtItsEnd(): Promise<boolean> {
  const file = createRequire(import.meta.url).resolve("better-sqlite3/build/Release/better_sqlite3.node");
  return (await readFile(file)).includes("RemoveEnvironmentCleanupHook");
}
