/** `npm run bench`: every figure that devflow claims, as ratios measured in this run. Takes names to run only some. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, checkNode, install, root } from "./setup.mjs";

checkNode();
install();
build();
const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
const done = spawnSync(process.execPath, [tsx, join(root, "bench", "main.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: root,
});
process.exit(done.status ?? 1);
