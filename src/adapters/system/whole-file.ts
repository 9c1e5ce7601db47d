/** Writes files whole or not at all: a temporary file beside it, flushed to disk, then renamed. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../domain/failure.ts";

export interface WholeFileOptions {
  mode?: number;
  /** Flush the folder too, so that the name survives a power failure. */
  durable?: boolean;
}

/** The folder must exist. Throws `Failure` `storage.full` when there is no room; nothing is left behind then. */
export async function writeWhole(
  path: string,
  data: Uint8Array | string,
  { mode = 0o600, durable = false }: WholeFileOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await using(await open(temporary, "wx", mode), async (file) => {
      await file.writeFile(data);
      await file.sync();
    });
    await rename(temporary, path);
    if (durable) await using(await open(dirname(path), "r"), (folder) => folder.sync());
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw isFull(error) ? new Failure("storage.full", { path: dirname(path) }, { cause: error }) : error;
  }
}

async function using<T>(file: FileHandle, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

export const errorCode = (error: unknown): string | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
};

const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");
