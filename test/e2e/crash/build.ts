/**
 * Builds the devflowd that dies where a test wants it to: the sources of the real one, bundled in the same way, but for what stands
 * between its composition and its adapters. It lies in a temporary folder; what people install has nothing of it.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";
// @ts-expect-error: a plain script, without types
import { bundlePrograms, root } from "../../../scripts/bundle.mjs";

interface Seam {
  /** The module that is looked at, and the one name of it. */
  module: string;
  name: string;
  port: string;
  how: "part" | "call";
  /** Where it is imported: wherever the daemon is put together when left out. */
  by?: string;
}

const adapter = (module: string, name: string, port: string, how: Seam["how"] = "part"): Seam => ({
  module: `src/adapters/${module}.ts`,
  ...{ name, port, how },
});

/** The ports whose calls are points; and, inside some adapters, what an effect consists of. */
const SEAMS: readonly Seam[] = [
  adapter("storage/open", "openDatabase", "database", "call"),
  adapter("storage/backup", "backup", "backup", "call"),
  adapter("storage/sqlite-event-log", "eventLogOver", "log"),
  adapter("storage/sqlite-ledger", "sqliteLedger", "ledger"),
  adapter("audit/audit-log", "auditLog", "audit"),
  adapter("workspace/git-workspaces", "gitWorkspaces", "worktree"),
  adapter("artifacts/artifact-store", "artifactStore", "artifact"),
  adapter("commands/local-commands", "localCommands", "command"),
  adapter("reports/report-files", "reportFiles", "report"),
  adapter("reports/leavings", "leavings", "leavings"),
  adapter("terminals/choose-host", "chooseHost", "host"),
  adapter("models/model-agents", "modelAgents", "agents"),
  { module: "execa", name: "execa", port: "git", how: "call", by: "src/adapters/workspace/git.ts" },
  { module: "node:fs", name: "openSync", port: "file.open", how: "call", by: "src/adapters/system/whole-file.ts" },
  { module: "node:fs", name: "renameSync", port: "file.rename", how: "call", by: "src/adapters/system/whole-file.ts" },
  { module: "node:fs", name: "renameSync", port: "backup.rename", how: "call", by: "src/adapters/storage/backup.ts" },
];

/** Whoever imports what a seam is about gets it with the points around it. */
function seams(): { plugin: Plugin; unused(): string[] } {
  const used = new Set<Seam>();
  const compose = join(root, "src/daemon/compose");
  const isAt = ({ module, by }: Seam, path: string, importer: string): boolean => {
    const imported = path.startsWith(".") ? resolve(dirname(importer), path) : path;
    const wanted = module.startsWith("src/") ? join(root, module) : module;
    return imported === wanted && (by === undefined ? importer.startsWith(compose) : importer === join(root, by));
  };
  const plugin: Plugin = {
    name: "seams",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /adapters\/|^execa$|^node:fs$/ }, ({ path, importer, namespace }) => {
        if (namespace !== "file") return undefined;
        const found = SEAMS.filter((one) => isAt(one, path, importer));
        if (found.length === 0) return undefined;
        for (const seam of found) used.add(seam);
        const name = `${found.map(({ port }) => port).join(" ")} ${path}`;
        return { path: name, namespace: "seam", pluginData: { found, importer } };
      });
      onLoad({ filter: /.*/, namespace: "seam" }, ({ pluginData }) => {
        const { found, importer } = pluginData as { found: [Seam, ...Seam[]]; importer: string };
        const [{ module }] = found;
        const real = JSON.stringify(module.startsWith("src/") ? join(root, module) : module);
        const contents = [
          `export * from ${real};`,
          `import * as real from ${real};`,
          `import { call, part } from ${JSON.stringify(join(import.meta.dirname, "doom.ts"))};`,
          ...found.map(
            ({ name, how, port }) => `export const ${name} = ${how}(${JSON.stringify(port)}, real.${name});`,
          ),
        ];
        return { contents: contents.join("\n"), resolveDir: dirname(importer), loader: "js" };
      });
    },
  };
  return { plugin, unused: () => SEAMS.filter((seam) => !used.has(seam)).map(({ module }) => module) };
}

export interface Installation {
  /** Its folder: `bin/devflowd` starts it. */
  folder: string;
  remove(): void;
}

export async function buildDoomed(): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "devflow-doomed-"));
  const { plugin, unused } = seams();
  await bundlePrograms({ outdir: join(folder, "dist"), plugins: [plugin] });
  // A port that is put together somewhere else now would have no points, and nobody would notice.
  if (unused().length > 0) throw new Error(`nothing imports ${unused().join(", ")}: the points there are lost`);
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  for (const name of ["agents", "data", "fixtures", "node_modules", "package.json", "personas", "schemas", "templates"])
    symlinkSync(join(root, name), join(folder, name));
  symlinkSync(join(root, "dist", "known.json"), join(folder, "dist", "known.json"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
