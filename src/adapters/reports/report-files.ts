/** A run's report as files: `<directory>/<run>/report.json` and `report.md`. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Reports } from "../../ports/reports.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { writeWhole } from "../system/whole-file.ts";

export interface ReportFilesOptions {
  /** The directory that holds the runs' folders. */
  directory: string;
}

export function reportFiles({ directory }: ReportFilesOptions): Reports {
  return {
    async write(run, json, markdown) {
      const folder = join(directory, run);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const paths = { json: join(folder, "report.json"), markdown: join(folder, "report.md") };
      // The JSON last: who finds it finds both.
      await writeWhole(paths.markdown, markdown);
      await writeWhole(paths.json, json, { durable: true });
      return { ...paths, sha256: sha256Hex(json) };
    },
  };
}
