/** Where a run's report files go: the run's folder in the data directory, written whole or not at all. */
import type { ReportLanguage } from "../domain/report-words.ts";

export interface Reports {
  /** What the Markdown is written in; English when left out. */
  readonly language?: ReportLanguage;
  write(run: string, json: string, markdown: string): Promise<{ json: string; markdown: string; sha256: string }>;
}
