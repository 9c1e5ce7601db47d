/** Templates and personas of a test's own, put where people put theirs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.ts";

/** A template in the repository's own folder. Phases in short, as in `made.ts`: `{ left: { needs: ["plan"] } }`. */
export function addTemplate(w: World, name: string, phases: Record<string, Record<string, unknown>>): void {
  const list = Object.entries(phases).map(([id, more]) => ({
    id,
    produces: { schema: "change-summary@1" },
    ...("run" in more ? {} : { role: id }),
    ...more,
  }));
  const roles = list.flatMap((phase) => ("role" in phase ? [[phase.role, { requires: ["implement"] }]] : []));
  write(join(w.repo, "devflow", "templates"), name, {
    version: 1,
    description: "made for a test",
    roles: Object.fromEntries(roles),
    phases: list,
  });
}

export function addPersona(w: World, name: string, more: Record<string, unknown>): void {
  write(join(w.home, "config", "personas"), name, { version: 1, description: "made for a test", ...more });
}

function write(directory: string, name: string, value: Record<string, unknown>): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.yaml`), JSON.stringify({ name, ...value }, null, 2)); // JSON is YAML
}
