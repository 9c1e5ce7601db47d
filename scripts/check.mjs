/** `npm run check`: everything that must hold, from a fresh clone, as one command. Stops at the first thing that does not. */

import { join } from "node:path";
import { build, checkNode, install, root, run } from "./setup.mjs";

const bin = (name) => [process.execPath, join(root, "node_modules", name)];

const STEPS = [
  ["install", () => install()],
  ["build", () => build()],
  ["lint", () => run([...bin("@biomejs/biome/bin/biome"), "check", "."])],
  ["types", () => run([...bin("typescript/bin/tsc"), "-p", "tsconfig.json"])],
  ["dead code", () => run([...bin("knip/bin/knip.js")])],
  ["simulation", () => run([process.execPath, join(root, "scripts", "sim.mjs")])],
  ["tests", () => run([...bin("vitest/vitest.mjs"), "run"])],
];

checkNode();
for (const [name, step] of STEPS) {
  const from = Date.now();
  console.error(`\n── ${name}`);
  try {
    step();
  } catch (error) {
    console.error(`\n✗ ${name}: ${error.message}`);
    process.exit(1);
  }
  console.error(`✓ ${name} (${((Date.now() - from) / 1000).toFixed(1)} s)`);
}
console.error("\nall checks passed");
