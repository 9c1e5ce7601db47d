/** A run's report as files: `<directory>/<run>/report.json` and `report.md`, without secrets. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Redact, scrubTexts } from "../../domain/redact.ts";
import type { ReportLanguage } from "../../domain/report-words.ts";
import type { Reports } from "../../ports/reports.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { writeWhole } from "../system/whole-file.ts";

export interface ReportFilesOptions {
  /** The directory that holds the runs' folders. */
  directory: string;
  redact?: Redact;
  language?: ReportLanguage;
}

export function reportFiles({ directory, redact = (text) => text, language }: ReportFilesOptions): Reports {
  return {
    ...(language && { language }),
    async write(run, report, text) {
      const told: unknown = JSON.parse(report);
      const clean = scrubTexts(told, redact);
      const json = clean === told ? report : `${JSON.stringify(clean, null, 2)}\n`;
      const markdown = redact(text);
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
