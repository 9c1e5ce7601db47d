/**
 * Bundles the programs into dist/. Types are checked by `npm run check`, not here.
 *
 * devflow.cjs is one file without dependencies, because loading modules is what makes a command line slow; its texts lie beside it in
 * thin/, since what is answered as JSON says none. Everything else is ES modules that share chunks, so that each program loads only
 * what it runs. Native packages stay outside.
 */
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleForHere, bundlePrograms, common, root } from "./bundle.mjs";
import { writeManPages } from "./man.mjs";

const dist = join(root, "dist");

/** Long tables of words, read when the first of them is said. */
const WORDS = {
  en: join(root, "src", "messages", "en.ts"),
  failure: join(root, "src", "domain", "failure.ts"),
};

/** In place of such a module: the same names, each of which loads it. */
const laterWords = {
  name: "later-words",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(en|failure)\.ts$/ }, ({ path, resolveDir }) => {
      const word = Object.keys(WORDS).find((name) => WORDS[name] === join(resolveDir, path));
      return word && { path: word, namespace: "later" };
    });
    onResolve({ filter: /^\.\/thin\// }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: "later" }, ({ path: word }) => {
      const file = `./thin/${word}.cjs`;
      const names = Object.keys(createRequire(import.meta.url)(join(dist, file)));
      const later = (name) => `${JSON.stringify(name)}: { enumerable: true, get: () => require("${file}").${name} }`;
      return { contents: `Object.defineProperties(exports, { ${names.map(later).join(", ")} });`, resolveDir: root };
    });
  },
};

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
    onResolve({ filter: /^[^.]/, namespace: "file" }, ({ path, importer }) =>
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
await build({
  ...common,
  entryPoints: WORDS,
  outdir: join(dist, "thin"),
  format: "cjs",
  outExtension: { ".js": ".cjs" },
});
await Promise.all([
  build({
    ...common,
    entryPoints: ["src/cli/thin/main.ts"],
    outfile: join(dist, "devflow.cjs"),
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    define: { "import.meta.dirname": "__dirname" },
    plugins: [laterWords, lazyParts],
  }),
  bundlePrograms({ outdir: dist }),
]);
await writeManPages(dist, common);
await writeKnown();

/** After all that it is made of has been bundled, and by the same readers. */
async function writeKnown() {
  const program = join(root, "node_modules", ".devflow-build", "known.mjs");
  await bundleForHere(join(root, "scripts", "known.ts"), program);
  const { shippedValues } = await import(pathToFileURL(program).href);
  writeFileSync(join(dist, "known.json"), JSON.stringify(shippedValues(root)));
}
