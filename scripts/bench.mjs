/**
 * `npm run bench`: every figure that devflow claims, as ratios measured in this run. Takes names to run only some.
 * Bundled as the programs in dist/ are: what runs sources on the fly gives each function its name anew each time that it is made, which
 * a busy daemon would feel.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, checkNode, install, root } from "./setup.mjs";

checkNode();
install();
build();
const { bundleForHere } = await import("./bundle.mjs");
const bench = join(root, "node_modules", ".devflow-bench", "main.mjs");
await bundleForHere(join(root, "bench", "main.ts"), bench);
const done = spawnSync(process.execPath, [bench, ...process.argv.slice(2)], { stdio: "inherit", cwd: root });
process.exit(done.status ?? 1);
