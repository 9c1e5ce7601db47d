/** Writes files whole or not at all: a temporary file beside it, flushed to disk, then renamed. And tells what the system said when it failed. */
import { randomUUID } from "node:crypto";
import { closeSync, fsync, openSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../domain/failure.ts";
import { isDiskFull } from "../../domain/system-problem.ts";

export interface WholeFileOptions {
  mode?: number;
  /** Flush it to disk before it gets its name; false for what is made again after a crash. */
  flush?: boolean;
  /** Flush the folder too, so that the name survives a power failure. */
  durable?: boolean;
}

/** Only flushing waits for the disk and is worth a trip to another thread; each such trip costs more than the other calls. */
const flushed = promisify(fsync);

/** The folder must exist. Throws `Failure` `storage.full` when there is no room; nothing is left behind then. */
export async function writeWhole(
  path: string,
  data: Uint8Array | string,
  { mode = 0o600, flush = true, durable = false }: WholeFileOptions = {},
): Promise<void> {
  const temporary = unfinished(path);
  try {
    await using(openSync(temporary, "wx", mode), async (file) => {
      writeFileSync(file, data);
      if (flush) await flushed(file);
    });
    renameSync(temporary, path);
  } catch (error) {
    discard(temporary);
    throw inWords(error, path);
  }
  if (durable) await flushToDisk(dirname(path));
}

/**
 * Makes a file that nobody looks for until it is told of: under its own name at once, which spares a second name and a rename. What a
 * killed process leaves of it must be told from a whole one by who finds it. False where something has that name. Throws as above.
 */
export function writeNew(path: string, data: Uint8Array | string, mode: number): boolean {
  const file = created(path, mode);
  if (file === undefined) return false;
  try {
    writeFileSync(file, data);
    return true;
  } catch (error) {
    discard(path);
    throw inWords(error, path);
  } finally {
    closeSync(file);
  }
}

function created(path: string, mode: number): number | undefined {
  try {
    return openSync(path, "wx", mode);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw inWords(error, path);
  }
}

const UNFINISHED = /\.[0-9a-f]{12}\.tmp$/;

/** A name beside `path` for what is only there while something is made; by it is found what a killed process has left. */
export const unfinished = (path: string): string => `${path}.${randomUUID().slice(-12)}.tmp`;

export const isUnfinished = (path: string): boolean => UNFINISHED.test(path);

/** Returns once these files and folders, with what they hold now, would survive a power failure. The disk does them all together. */
export async function flushToDisk(...paths: readonly string[]): Promise<void> {
  const flushes = paths.map((path) =>
    using(openSync(path, "r"), flushed).catch((error: unknown) => {
      throw inWords(error, path);
    }),
  );
  await Promise.all(flushes);
}

const inWords = (error: unknown, path: string): unknown =>
  isDiskFull(error) ? new Failure("storage.full", { path: dirname(path) }, { cause: error }) : error;

async function using(file: number, use: (file: number) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    closeSync(file);
  }
}

function discard(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // It was never made, or has its name already.
  }
}

export const errorCode = (error: unknown): string | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
};
