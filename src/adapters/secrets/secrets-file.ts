/** Secrets in a file that only its owner can read: for machines without a keyring, and only where the settings ask for it. */
import { lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { KeptSecrets, type StoredSecret } from "../../domain/secret.ts";
import { systemProblem } from "../../domain/system-problem.ts";
import { isTrouble, type SecretStore, type StoreTrouble } from "../../ports/secrets.ts";
import { errorCode, writeWhole } from "../system/whole-file.ts";

type Kept = Record<string, StoredSecret>;

export function secretsFile(file: string): SecretStore {
  const trouble = (said: string): StoreTrouble => ({ trouble: "file", said: `${file}: ${said}` });

  async function read(): Promise<Kept | StoreTrouble> {
    try {
      const found = await lstat(file);
      if (!found.isFile()) return trouble("it is not a plain file");
      // What others could read or write is neither a secret nor to be trusted.
      if ((found.mode & 0o077) !== 0) return trouble("it is open to others: chmod 600 it, and change the keys in it");
      if (found.uid !== process.getuid?.()) return trouble("it belongs to somebody else");
      return KeptSecrets.parse(JSON.parse(await readFile(file, "utf8"))) as Kept;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return {};
      // Not what the parser says: that would show a part of the file.
      return trouble(errorCode(error) === undefined ? "it does not hold what devflow wrote" : systemProblem(error));
    }
  }

  async function change(change: (kept: Kept) => Kept): Promise<StoreTrouble | undefined> {
    const kept = await read();
    if (isTrouble(kept)) return kept;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeWhole(file, `${JSON.stringify(change(kept), undefined, 2)}\n`, { mode: 0o600, durable: true });
      return undefined;
    } catch (error) {
      return trouble(systemProblem(error));
    }
  }

  return {
    source: "file",
    all: read,
    set: (name, secret) => change((kept) => ({ ...kept, [name]: secret })),
    delete: (name) => change(({ [name]: _, ...others }) => others),
  };
}
