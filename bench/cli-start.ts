/** How long `devflow ctl status --json` takes with a daemon up, over the least that any Node program takes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./figure.ts";

/** Enough for a median that other work on the machine does not move. */
const PAIRS = 40;
const MOST = 1.3;

const root = join(import.meta.dirname, "..");

/** Needs a build. `devflowd` is the command line of the daemon to ask. */
export async function cliStartBench(
  devflowd: readonly [string, ...string[]] = [process.execPath, join(root, "bin/devflowd")],
): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), "devflow-bench-"));
  const env = { ...process.env, DEVFLOW_HOME: home };
  const run = ([command, ...args]: readonly [string, ...string[]]) => {
    const from = performance.now();
    const { status, stderr } = spawnSync(command, args, { env, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    const took = performance.now() - from;
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return took;
  };
  const asking = [process.execPath, join(root, "bin/devflow"), "ctl", "status", "--json", "--no-start"] as const;
  const nothing = [process.execPath, "-e", "0"] as const;
  try {
    run([...devflowd, "start"]);
    const asked: number[] = [];
    const bare: number[] = [];
    run(asking);
    run(nothing);
    for (let pair = 0; pair < PAIRS; pair += 1) {
      asked.push(run(asking));
      bare.push(run(nothing));
    }
    const value = median(asked) / median(bare);
    const detail = `${median(asked).toFixed(1)} ms over ${median(bare).toFixed(1)} ms, medians of ${PAIRS}`;
    return [{ figure: "ctl status --json over node -e 0", value, bar: `≤ ${MOST}`, ok: value <= MOST, detail }];
  } finally {
    run([...devflowd, "stop"]);
    rmSync(home, { recursive: true, force: true });
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
