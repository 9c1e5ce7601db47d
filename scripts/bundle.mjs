/** How the programs that Node loads as modules are bundled: for dist/, and by tests that need another devflowd than people do. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

export const root = join(import.meta.dirname, "..");

/** Programs that share chunks → where each begins. Others would only cut the chunks smaller, and each costs time to find and load. */
const PROGRAMS = [
  { devflowd: "src/daemon/main.ts" },
  { "cli/main": "src/cli/main.ts", "cli/compose": "src/cli/compose.ts" },
  { "messages/ko": "src/messages/ko.ts" },
  { "pty-holder": "src/adapters/terminals/pty-holder.ts" },
  { keyring: "src/adapters/secrets/keyring-program.ts" },
  { "model-agent": "src/adapters/models/child/main.ts" },
];

/** Compiled for this machine, and found by their own means at run time. */
const NATIVE = ["@napi-rs/keyring", "better-sqlite3", "node-pty"];

/** @type {import("esbuild").BuildOptions} */
export const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
  legalComments: "none",
  charset: "utf8",
  // Half as much to read at each start; names stay, for what a stack trace tells.
  minifyWhitespace: true,
};

/** Packages that are CommonJS call `require` for what Node has built in. */
const REQUIRE = {
  js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
};

/** zod brings its messages in forty languages, and every program would parse them; devflow has words of its own. */
const english = {
  name: "english",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** ES modules in chunks, so that each program loads only what it runs. */
export const bundlePrograms = ({ outdir, plugins = [] }) =>
  Promise.all(
    PROGRAMS.map((entryPoints) =>
      build({
        ...common,
        entryPoints,
        outdir,
        plugins: [english, ...plugins],
        format: "esm",
        splitting: true,
        chunkNames: "chunks/[name]-[hash]",
        outExtension: { ".js": ".mjs" },
        external: NATIVE,
        banner: REQUIRE,
      }),
    ),
  );

/** Each source knows itself where it lies, though all of them are one file. */
const asTheyLie = {
  name: "as-they-lie",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      loader: "ts",
    }));
  },
};

/** One file, to be run inside of this checkout: what belongs to the project is bundled, packages are loaded. */
export const bundleForHere = (entry, outfile) =>
  build({
    ...common,
    entryPoints: [entry],
    outfile,
    plugins: [asTheyLie],
    format: "esm",
    packages: "external",
  });
