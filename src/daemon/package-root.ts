/** Where devflow itself is installed: the folder that holds `personas/`, `templates/`, `schemas/` and `agents/`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Upwards from this very file, which is `src/daemon/` in a test and a chunk under `dist/` once it is built. */
function packageRoot(from: string): string {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, "package.json")) && existsSync(join(at, "personas"))) return at;
  }
  throw new Error(`devflow's own files are not above ${from}`);
}

export const PACKAGE_ROOT = packageRoot(import.meta.dirname);
