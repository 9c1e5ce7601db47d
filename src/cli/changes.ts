/** What a run changed, as its report tells. */
import { Failure } from "../domain/failure.ts";
import type { Report } from "../domain/report.ts";
import type { Client } from "./client.ts";

export type Changes = NonNullable<Report["changes"]>;

/** Absent when the run has no report, or nothing to compare. */
export async function changesOf(client: Client, run: string): Promise<Changes | undefined> {
  try {
    const { data } = await client.call("run.report", { run });
    return (data as Partial<Report>).changes;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
