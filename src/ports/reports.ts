/** Where a run's report files go: the run's folder in the data directory, written whole or not at all. */

export interface Reports {
  write(run: string, json: string, markdown: string): Promise<{ json: string; markdown: string; sha256: string }>;
}
