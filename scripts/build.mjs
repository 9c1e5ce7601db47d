/**
 * Bundles the programs into dist/. Types are checked by `npm run check`, not here.
 *
 * devflow.cjs is one file without dependencies, because loading modules is what makes a command line slow; everything else is
 * ES modules that share chunks, so that each program loads only what it runs. Native packages stay outside.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { bundlePrograms, common, root } from "./bundle.mjs";
import { writeManPages } from "./man.mjs";

const dist = join(root, "dist");

/** What the thin client loads only when it needs it: built as programs above, and so outside of its one file. */
const lazyParts = {
  name: "lazy-parts",
  setup({ onResolve }) {
    for (const part of ["main", "compose"]) {
      onResolve({ filter: new RegExp(`^\\.{1,2}/${part}\\.ts$`) }, ({ importer, kind }) =>
        kind === "dynamic-import" && importer.startsWith(join(root, "src", "cli"))
          ? { path: `./cli/${part}.mjs`, external: true }
          : undefined,
      );
    }
    // Another language than English is loaded only by those who speak it.
    onResolve({ filter: /^\.\/ko\.ts$/ }, ({ importer, kind }) =>
      kind === "dynamic-import" && importer === join(root, "src", "messages", "say.ts")
        ? { path: "./messages/ko.mjs", external: true }
        : undefined,
    );
    onResolve({ filter: /^[^.]/ }, ({ path, importer }) =>
      path.startsWith("node:") || importer === ""
        ? undefined
        : {
            errors: [
              { text: `the thin client must not need ${path}: it would start slowly (imported by ${importer})` },
            ],
          },
    );
  },
};

rmSync(dist, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: ["src/cli/thin/main.ts"],
    outfile: join(dist, "devflow.cjs"),
    format: "cjs",
    minifySyntax: true,
    define: { "import.meta.dirname": "__dirname" },
    plugins: [lazyParts],
  }),
  bundlePrograms({ outdir: dist }),
]);
await writeManPages(dist, common);
