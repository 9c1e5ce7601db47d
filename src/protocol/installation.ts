/** The folder that this devflow is installed in: where `bin/`, `personas/`, `templates/`, `schemas/` and `agents/` are. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Found upwards from this very file, which is under `src/` or, built, somewhere under `dist/`. */
export function installedAt(from: string = import.meta.dirname): string {
  if (existsSync(join(from, "bin", "devflowd"))) return from;
  const above = dirname(from);
  if (above === from) throw new Error("devflow is not installed whole: bin/devflowd is missing");
  return installedAt(above);
}
