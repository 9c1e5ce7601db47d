/** The repository that a directory is in, as far as definitions go: only where its files are is asked, not whether git agrees. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest directory upwards that has `.git`, or the directory itself. */
export function repositoryAround(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return directory;
  }
}
