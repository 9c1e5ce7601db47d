/** Accepted artifacts, by the SHA-256 of their bytes: written once, read-only, never changed. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import { Digest } from "../../domain/ids.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { errorCode, flushToDisk, writeNew, writeWhole } from "../system/whole-file.ts";

export function keptArtifacts(directory: string) {
  const pathOf = (sha256: string): string => join(directory, `${sha256}.json`);
  const read = (sha256: string): Buffer | undefined => {
    try {
      return readFileSync(pathOf(sha256));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  };

  return {
    /** Returns once the bytes would survive a power failure; `meanwhile` is called when they can be read. */
    async keep(bytes: Uint8Array, sha256: string, meanwhile = () => {}): Promise<void> {
      // Asked first: it is mostly new, and an error costs more than the question.
      const there = existsSync(pathOf(sha256)) ? read(sha256) : undefined;
      if (there && sha256Hex(there) === sha256) return;
      if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
      // It may get its name before it is whole, and on the disk: what is left of it by whatever ends us is known by the hash, and replaced.
      if (!writeNew(pathOf(sha256), bytes, 0o400))
        await writeWhole(pathOf(sha256), bytes, { mode: 0o400, flush: false });
      await Promise.all([flushToDisk(pathOf(sha256), directory), Promise.resolve().then(meanwhile)]);
    },

    /** As text, without a byte order mark. */
    async read(sha256: string): Promise<string | undefined> {
      const bytes = Digest.safeParse(sha256).success ? read(sha256) : undefined;
      if (bytes && sha256Hex(bytes) !== sha256) throw new Failure("artifact.damaged", { sha256 });
      return bytes && new TextDecoder().decode(bytes);
    },
  };
}
