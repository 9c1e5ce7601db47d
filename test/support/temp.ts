/** A directory of a test's own, removed after it; its name has a space and Korean letters, as people's have. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function tempDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "devflow 시험 ")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
