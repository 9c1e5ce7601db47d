/** What the suite has found, a line for each cell, for the table in docs/agents.md: only where a run of it asks for that. */
import { appendFileSync } from "node:fs";
import type { Mode } from "./agent-stage.ts";
import type { RealAgent } from "./real-agents.ts";

/** How often each cell of the delivery matrix is tried. */
export const RUNS = Number(process.env.DEVFLOW_TEST_RUNS ?? 1);

export interface Result {
  agent: string;
  version: string;
  mode: Mode;
  cell: string;
  held: number;
  of: number;
  /** What the table says beside it. */
  note?: string;
}

export function record({ profile, version }: RealAgent, result: Omit<Result, "agent" | "version">): void {
  const file = process.env.DEVFLOW_TEST_RESULTS;
  if (file) appendFileSync(file, `${JSON.stringify({ agent: profile, version, ...result })}\n`);
}
