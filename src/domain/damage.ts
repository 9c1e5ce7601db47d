/** What to say of a database that is damaged: where the copy of it is, and the commands that bring back a backup. */
import { Failure } from "./failure.ts";

/** The files that SQLite makes beside a database: with an older one's, a database that was brought back would be damaged again. */
export const DATABASE_FILES = ["", "-wal", "-shm"] as const;

export function damaged(path: string, problem: string, kept?: string, cause?: unknown): Failure {
  const folder = path.slice(0, Math.max(1, path.lastIndexOf("/")));
  const files = DATABASE_FILES.map((end) => quoted(`${path}${end}`)).join(" ");
  const copy = kept === undefined ? "" : `; a copy of it is kept in ${kept}`;
  return new Failure("storage.damaged", { path, problem, kept: copy, files, folder: quoted(folder) }, { cause });
}

const quoted = (word: string): string => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
