/**
 * A process that goes on exchanging a folder and a file of the worktree for links that lead out, until its stdin ends:
 * path-swapper.ts ROOT OUTSIDE. It says `swapping` once it has begun.
 */
import { renameSync, symlinkSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

const [root = "", outside = ""] = process.argv.slice(2);
const PAIRS: readonly (readonly [string, string])[] = [
  [join(root, "swap"), outside],
  [join(root, "swap.txt"), join(outside, "secret.txt")],
];
/** So many before stdin gets its turn. */
const ROUNDS = 50;

let moved = 0;

/** In the instant when nothing is there, a tool may have made something: it goes out of the way. */
function place(path: string, put: () => void): void {
  for (;;) {
    try {
      put();
      return;
    } catch {
      renameSync(path, `${path}.made-${++moved}`);
    }
  }
}

function swap(): void {
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const [path, target] of PAIRS) {
      renameSync(path, `${path}.real`);
      place(path, () => symlinkSync(target, path));
    }
    for (const [path] of PAIRS) {
      unlinkSync(path);
      place(path, () => renameSync(`${path}.real`, path));
    }
  }
  setImmediate(swap);
}

process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
writeSync(1, "swapping\n");
swap();
