/** Half-written files and folders that a killed process has left: devflow's own by their names, and older than whoever asks. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface StrayFile {
  path: string;
  remove(): Promise<void>;
}

/** What in `folder` has such a name, belongs to this user, and is from before that time; a folder that is not there holds none. */
export async function strayFiles(
  folder: string,
  isOurs: (name: string) => boolean,
  before: number,
): Promise<StrayFile[]> {
  const found: StrayFile[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!isOurs(entry)) continue;
    const path = join(folder, entry);
    const facts = await stat(path).catch(() => undefined);
    if (!facts || facts.uid !== process.getuid?.() || facts.mtimeMs >= before) continue;
    found.push({ path, remove: () => rm(path, { recursive: true, force: true }) });
  }
  return found;
}
