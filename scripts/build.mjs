/**
 * Bundles the programs into dist/. Types are checked by `npm run check`, not here.
 *
 * devflow.cjs is one file without dependencies, because loading modules is what makes a command line slow; everything else is
 * ES modules that share chunks, so that each program loads only what it runs. Native packages stay outside.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** Program → where it begins. */
const PROGRAMS = {
  devflowd: "src/daemon/main.ts",
  "cli/main": "src/cli/main.ts",
  "cli/compose": "src/cli/compose.ts",
  "messages/ko": "src/messages/ko.ts",
  "pty-holder": "src/adapters/terminals/pty-holder.ts",
  keyring: "src/adapters/secrets/keyring-program.ts",
  "model-agent": "src/adapters/models/child/main.ts",
};

/** Compiled for this machine, and found by their own means at run time. */
const NATIVE = ["@napi-rs/keyring", "better-sqlite3", "node-pty"];

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

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
  legalComments: "none",
  charset: "utf8",
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
  build({
    ...common,
    entryPoints: PROGRAMS,
    outdir: dist,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    outExtension: { ".js": ".mjs" },
    external: NATIVE,
    // Packages that are CommonJS call `require` for what Node has built in.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  }),
]);
