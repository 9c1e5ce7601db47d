/** Runs to write tests with: templates, starts and outcomes that the domain itself takes for real. */
import type { RunEvent, RunStarted } from "../../src/domain/event.ts";
import type { RunId } from "../../src/domain/ids.ts";
import { Template } from "../../src/domain/template.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The id of a made-up run: the higher the number, the newer. */
export function runId(number: number): RunId {
  const digits = Array.from({ length: 6 }, (_, place) => DIGITS[Math.floor(number / 32 ** (5 - place)) % 32]);
  return `01JZ8N3V${digits.join("")}QK5RTXW9YB4M` as RunId;
}

export const digest = (digit: string): string => digit.repeat(64);

export const TWO_PHASES: Template = Template.parse({
  name: "spec-and-review",
  version: 1,
  description: "Specify, then review",
  roles: { author: { requires: ["spec"] }, reviewer: { requires: ["review"] } },
  phases: [
    { id: "specify", role: "author", produces: { schema: "spec" } },
    { id: "review", role: "reviewer", needs: ["specify"], approval: "after", produces: { schema: "review" } },
  ],
});

export const started = (fields: Partial<RunStarted> = {}): RunStarted => ({
  type: "run.started",
  repo: "/home/kim/작업 폴더/shop",
  base: "main",
  baseCommit: "4f2a".repeat(10),
  goal: "Add a basket 🧺",
  template: TWO_PHASES,
  templateHash: digest("a"),
  bindings: {},
  schemas: {},
  warnings: [],
  ...fields,
});

export const workspaceReady: RunEvent = {
  type: "workspace.ready",
  path: "/data/worktrees/shop",
  branch: "devflow/shop",
  commit: "4f2a".repeat(10),
};

export const phaseStarted = (phase: string, attempt = 1): RunEvent => ({
  type: "phase.started",
  phase,
  attempt,
  round: 1,
  cause: "ready",
});

export const phaseAccepted = (phase: string, attempt = 1): RunEvent => ({
  type: "phase.accepted",
  phase,
  attempt,
  artifact: { sha256: digest("b"), bytes: 120, satisfied: true },
});

export const completed: RunEvent = { type: "run.completed" };

export const failed: RunEvent = {
  type: "run.failed",
  failure: { code: "phase.rejected", message: "phase review was rejected", hint: "", details: { phase: "review" } },
};
