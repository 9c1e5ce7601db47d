/** Writes the manual pages into dist/man, from the command table as it is built. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** `common` is what every program is built with. */
export async function writeManPages(dist, common) {
  const folder = join(dist, "man");
  const program = join(dist, "man-pages.mjs");
  await build({
    ...common,
    entryPoints: ["src/cli/man-pages.ts"],
    outfile: program,
    format: "esm",
    packages: "external",
  });
  const { manPages } = await import(pathToFileURL(program).href);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of await manPages()) writeFileSync(join(folder, name), text);
  rmSync(program);
}
