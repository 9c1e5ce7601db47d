/** `npm run crash`: kills the daemon (`test/e2e/crash/main.ts`), of a devflow that is built as it stands here. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, checkNode, root } from "./setup.mjs";

checkNode();
build();
const argv = ["--import", "tsx", join(root, "test", "e2e", "crash", "main.ts"), ...process.argv.slice(2)];
const done = spawnSync(process.execPath, argv, { stdio: "inherit", cwd: root });
if (done.signal) console.error(`it was ended by ${done.signal}`);
process.exitCode = done.status ?? 1;
