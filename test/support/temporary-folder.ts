/** A folder of a test's own, with a name that careless code trips over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder {
  path: string;
  remove(): void;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "devflow 시험 "));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
