/** The report of a run: its JSON shape, and the Markdown that a person reads. Both come from the same view. */
import { z } from "zod";
import type { AttemptView, PhaseView } from "./view.ts";
import { RunView } from "./view.ts";

export const Report = z
  .strictObject({
    report: z.literal("devflow-run"),
    version: z.literal(1),
    run: RunView,
    changes: z
      .strictObject({
        files: z.int(),
        insertions: z.int(),
        deletions: z.int(),
        commits: z.int(),
        uncommitted: z.array(z.string()),
      })
      .optional()
      .describe("What the run changed against its base commit"),
  })
  .describe("The report that devflow writes at every end of a run");
export type Report = z.infer<typeof Report>;

export function reportMarkdown({ run, changes }: Report): string {
  const sections = [
    `# ${run.template} ${run.status}`,
    quote(run.goal),
    ending(run),
    table(facts(run, changes)),
    `## Phases\n\n${phasesTable(run.phases)}`,
    ...run.phases.filter(worthTelling).map(phaseDetails),
    run.sessions.length === 0 ? "" : `## Sessions\n\n${sessionsTable(run)}`,
    run.crossings.length === 0 ? "" : `## Limits that it came to\n\n${crossingsTable(run)}`,
    run.escalations.length === 0 ? "" : `## Escalations\n\n${run.escalations.map(escalation).join("\n")}`,
    changes && changes.uncommitted.length > 0 ? `## Not committed in the worktree\n\n${list(changes.uncommitted)}` : "",
    run.warnings.length === 0 ? "" : `## Warnings\n\n${list(run.warnings)}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function ending(run: RunView): string {
  if (run.status === "completed") return `Every phase was accepted, in ${duration(run.startedAt, run.endedAt)}.`;
  if (run.cancelled)
    return `Cancelled by ${run.cancelled.by}${run.cancelled.comment ? `: ${run.cancelled.comment}` : ""}.`;
  return run.failure
    ? `**${run.failure.message}** (\`${run.failure.code}\`)${run.failure.hint ? `\n\nWhat to do: ${run.failure.hint}` : ""}`
    : "";
}

function facts(run: RunView, changes: Report["changes"]): [string, string][] {
  const { inputTokens, outputTokens, unknown } = run.usage;
  const counted = inputTokens + outputTokens > 0 ? `${inputTokens} in, ${outputTokens} out` : "";
  const uncounted = unknown.length > 0 ? `unknown for ${unknown.length} of ${run.sessions.length} sessions` : "";
  const tokens = [counted, uncounted].filter((part) => part !== "").join("; ");
  return [
    ["Run", `\`${run.id}\``],
    ["Repository", `\`${run.repo}\``],
    ["Base", `\`${run.base}\` at \`${run.baseCommit.slice(0, 12)}\``],
    ["Branch", run.branch ? `\`${run.branch}\`` : "none"],
    [
      "Changes",
      changes
        ? `${changes.files} files, +${changes.insertions} −${changes.deletions}, ${changes.commits} commits`
        : run.branch
          ? "not known: git could not tell any more"
          : "none",
    ],
    ["Started", new Date(run.startedAt).toISOString()],
    ["Took", duration(run.startedAt, run.endedAt)],
    ["Tokens", tokens || "none"],
    ["Cost", cost(run)],
    ["Budget", run.budget ? `${run.budget.usd} USD (\`${run.budget.policy}\`)` : "none"],
  ];
}

/** Exact, and honest: what devflow worked out itself is marked, what is not known is never nothing. */
function cost({ usage, sessions }: RunView): string {
  const { costUsd, estimatedUsd, uncosted, unknown } = usage;
  const parts = [
    costUsd === undefined ? "" : `${costUsd} USD`,
    estimatedUsd === undefined ? "" : `${estimatedUsd} USD of it estimated`,
    uncosted === 0 ? "" : `unknown for ${uncosted} reports of usage`,
    unknown.length === 0 ? "" : `unknown for ${unknown.length} of ${sessions.length} sessions`,
  ].filter((part) => part !== "");
  return parts.join("; ") || "none";
}

const crossing = (c: RunView["crossings"][number]): string =>
  `| ${c.scope} | ${cell(c.name)} | ${c.limitUsd} | ${c.wouldUsd} | ${c.policy} | ${c.phase ?? ""} | ${new Date(c.at).toISOString()} |`;

function crossingsTable(run: RunView): string {
  return [
    "| scope | name | limit (USD) | would be (USD) | policy | phase | at |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...run.crossings.map(crossing),
  ].join("\n");
}

const table = (rows: [string, string][]): string =>
  ["| | |", "| --- | --- |", ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join("\n");

function phasesTable(phases: readonly PhaseView[]): string {
  const rows = phases.map((phase) => {
    const last = phase.attempts.at(-1);
    const repairs = phase.attempts.reduce((sum, { refused }) => sum + refused.length, 0);
    const who = phase.persona ?? (phase.command ? `\`${phase.command.join(" ")}\`` : "");
    const artifact = last?.artifact ? `\`${last.artifact.sha256.slice(0, 12)}\` (${last.artifact.bytes} bytes)` : "";
    const took = last ? duration(last.startedAt, last.endedAt) : "";
    return `| ${phase.id} | ${phase.status} | ${cell(who)} | ${phase.attempts.length} | ${repairs} | ${took} | ${phase.schema} | ${artifact} |`;
  });
  return [
    "| phase | state | by | attempts | repairs | took | schema | artifact |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const worthTelling = (phase: PhaseView): boolean =>
  phase.approvals.length > 0 ||
  phase.attempts.length > 1 ||
  phase.attempts.some((a) => a.refused.length > 0 || a.failure !== undefined);

function phaseDetails(phase: PhaseView): string {
  const attempts = phase.attempts.map(attempt);
  const approvals = phase.approvals.map(
    ({ answer, by, comment, when }) =>
      `- ${answer === "approve" ? "approved" : "rejected"} (${when} the phase) by ${by}${comment ? `: ${comment}` : ""}`,
  );
  return `### ${phase.id}\n\n${[...attempts, ...approvals].join("\n")}`;
}

function attempt(a: AttemptView): string {
  const refusals = a.refused.map(({ violations }) => {
    const [first] = violations;
    return `  - artifact refused: ${first ? `${first.at || "document"}: ${first.problem}` : ""}${violations.length > 1 ? ` (and ${violations.length - 1} more)` : ""}`;
  });
  const failure = a.failure ? [`  - ${a.failure.message}`] : [];
  return [
    `- attempt ${a.attempt}, round ${a.round}: ${a.outcome}${a.cause === "ready" ? "" : ` (${a.cause})`}`,
    ...refusals,
    ...failure,
  ].join("\n");
}

function sessionsTable(run: RunView): string {
  const rows = run.sessions.map((s) => {
    const recoveries = Object.entries(s.recoveries).map(([counter, times]) => `${counter} × ${times}`);
    return `| ${s.role} | ${s.persona} | ${s.host ?? ""} | ${s.state} | ${recoveries.join(", ") || "none"} | \`${s.id}\` |`;
  });
  return [
    "| role | persona | host | state | recoveries | session |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const escalation = (e: RunView["escalations"][number]): string =>
  `- ${e.failure.message}${e.answer ? `: settled (${e.answer})` : ": open"}`;

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");
const quote = (text: string): string =>
  text
    .trim()
    .slice(0, 2_000)
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A length of time for people: `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(from: number, to: number | undefined): string {
  if (to === undefined) return "";
  const seconds = Math.max(0, to - from) / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
