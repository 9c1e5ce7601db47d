/** The words of a report, in English. Another language has the same keys; codes, names and numbers are the same in all. */
import { type FailureRecord, sentence } from "./failure.ts";

// biome-ignore format: a table, one text a line
export const REPORT_WORDS = {
  phases: "Phases",
  sessions: "Sessions",
  limits: "Limits that it came to",
  escalations: "Escalations",
  uncommitted: "Not committed in the worktree",
  warnings: "Warnings",

  completed: "Every phase was accepted, in {took}.",
  cancelled: "Cancelled by {by}.",
  cancelledWhy: "Cancelled by {by}: {comment}.",
  todo: "What to do: {hint}",

  run: "Run",
  repository: "Repository",
  base: "Base",
  baseAt: "{base} at {commit}",
  branch: "Branch",
  changes: "Changes",
  changed: "{files} files, +{insertions} −{deletions}, {commits} commits",
  changesUnknown: "not known: git could not tell any more",
  started: "Started",
  took: "Took",
  tokens: "Tokens",
  tokensCounted: "{input} in, {output} out",
  cost: "Cost",
  budget: "Budget",
  none: "none",
  estimated: "{usd} USD of it estimated",
  unknownReports: "unknown for {count} reports of usage",
  unknownSessions: "unknown for {count} of {all} sessions",

  scope: "scope",
  name: "name",
  limit: "limit (USD)",
  would: "would be (USD)",
  policy: "policy",
  at: "at",
  phase: "phase",
  state: "state",
  by: "by",
  attempts: "attempts",
  repairs: "repairs",
  schema: "schema",
  artifact: "artifact",
  bytes: "{sha} ({bytes} bytes)",
  role: "role",
  persona: "persona",
  host: "host",
  recoveries: "recoveries",
  session: "session",
  tookColumn: "took",

  approvedBefore: "approved (before the phase) by {by}",
  approvedAfter: "approved (after the phase) by {by}",
  rejectedBefore: "rejected (before the phase) by {by}",
  rejectedAfter: "rejected (after the phase) by {by}",
  attempt: "attempt {attempt}, round {round}: {outcome}",
  attemptWhy: "attempt {attempt}, round {round}: {outcome} ({cause})",
  refused: "artifact refused: {problem}",
  refusedMore: "artifact refused: {problem} (and {count} more)",
  document: "document",
  settled: "{problem}: settled ({answer})",
  open: "{problem}: open",
} as const;

export type ReportWord = keyof typeof REPORT_WORDS;

/** What a report is written in. */
export interface ReportLanguage {
  word(key: ReportWord, params?: Readonly<Record<string, string | number>>): string;
  /** The state of a run, a phase or a session. */
  state(of: "status" | "phase" | "session", code: string): string;
  told(failure: FailureRecord): { message: string; hint: string };
  /** What devflow has said in passing. */
  phrase(said: string): string;
}

export const ENGLISH: ReportLanguage = {
  word: (key, params = {}) => sentence(REPORT_WORDS[key], params),
  state: (_, code) => code,
  told: ({ message, hint }) => ({ message, hint }),
  phrase: (said) => said,
};
