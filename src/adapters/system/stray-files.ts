/** Half-written files and folders that a killed process has left: devflow's own by their names, and too old to be still written. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface StrayFile {
  path: string;
  remove(): Promise<void>;
}

/** Nothing takes so long to write. */
const OLD_MS = 60 * 60 * 1000;

/** What in `folder` has such a name, belongs to this user, and has not changed for an hour; a folder that is not there holds none. */
export async function strayFiles(folder: string, name: RegExp, now: number): Promise<StrayFile[]> {
  const found: StrayFile[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!name.test(entry)) continue;
    const path = join(folder, entry);
    const facts = await stat(path).catch(() => undefined);
    if (!facts || facts.uid !== process.getuid?.() || now - facts.mtimeMs < OLD_MS) continue;
    found.push({ path, remove: () => rm(path, { recursive: true, force: true }) });
  }
  return found;
}
