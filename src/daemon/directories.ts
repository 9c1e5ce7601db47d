/** Makes the directories that the daemon keeps things in, open to their owner alone, or says why there can be none. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../domain/failure.ts";
import { systemProblem } from "../domain/system-problem.ts";

/** Throws `home.unusable`. Step by step: Node's own recursion never ends where a file system makes no directories, as in /proc. */
export function makeDirectory(path: string): void {
  try {
    make(path);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("home.unusable", { path, problem: systemProblem(cause) }, { cause });
  }
}

function make(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found) throw new Failure("home.unusable", { path, problem: "it is not a directory" });
  make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody was faster: a daemon that starts at the same time.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
