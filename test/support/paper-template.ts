/** Templates for tests of whole runs: phases that paper-author does one after the other, each making a specification. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface PaperPhase {
  id: string;
  role?: string;
  repairs?: number;
  approval?: "before" | "after";
  needs?: readonly string[];
}

/** Puts a template into the home's configuration. Each phase needs the one before it, unless it says otherwise. */
export function putTemplate(home: string, name: string, phases: readonly PaperPhase[]): void {
  const roles = [...new Set(phases.map(({ role }) => role ?? "author"))];
  const template = {
    name,
    version: 1,
    description: "For a test",
    roles: Object.fromEntries(roles.map((role) => [role, { requires: ["specify"] }])),
    phases: phases.map(({ role = "author", ...phase }, at) => ({
      needs: phases.slice(Math.max(at - 1, 0), at).map(({ id }) => id),
      ...phase,
      role,
      produces: { schema: "spec@1" },
    })),
  };
  const folder = join(home, "config", "templates");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(template, null, 2)); // JSON is YAML
}
