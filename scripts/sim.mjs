/** `npm run sim`: simulates runs (`sim/main.ts`), bundled into one file first so that every worker starts at once. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { checkNode, root } from "./setup.mjs";

checkNode();
const folder = mkdtempSync(join(tmpdir(), "devflow-sim-"));
try {
  const outfile = join(folder, "sim.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["sim/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    logLevel: "warning",
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
  const done = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit", cwd: root });
  if (done.signal) console.error(`the simulation was ended by ${done.signal}`);
  process.exitCode = done.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
