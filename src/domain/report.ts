/** The report of a run: its JSON shape, and the Markdown that a person reads. Both come from the same view. */
import { z } from "zod";
import { ENGLISH, type ReportLanguage } from "./report-words.ts";
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

export function reportMarkdown({ run, changes }: Report, language: ReportLanguage = ENGLISH): string {
  const { word } = language;
  const sections = [
    `# ${run.template} ${language.state("status", run.status)}`,
    quote(run.goal),
    ending(run, language),
    table(facts(run, changes, language)),
    `## ${word("phases")}\n\n${phasesTable(run.phases, language)}`,
    ...run.phases.filter(worthTelling).map((phase) => phaseDetails(phase, language)),
    run.sessions.length === 0 ? "" : `## ${word("sessions")}\n\n${sessionsTable(run, language)}`,
    run.crossings.length === 0 ? "" : `## ${word("limits")}\n\n${crossingsTable(run, language)}`,
    run.escalations.length === 0
      ? ""
      : `## ${word("escalations")}\n\n${run.escalations.map((one) => escalation(one, language)).join("\n")}`,
    changes && changes.uncommitted.length > 0 ? `## ${word("uncommitted")}\n\n${list(changes.uncommitted)}` : "",
    run.warnings.length === 0 ? "" : `## ${word("warnings")}\n\n${list(run.warnings.map(language.phrase))}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function ending(run: RunView, { word, told }: ReportLanguage): string {
  if (run.status === "completed") return word("completed", { took: duration(run.startedAt, run.endedAt) });
  if (run.cancelled) {
    const { by, comment } = run.cancelled;
    return comment ? word("cancelledWhy", { by, comment }) : word("cancelled", { by });
  }
  if (!run.failure) return "";
  const { message, hint } = told(run.failure);
  return `**${message}** (\`${run.failure.code}\`)${hint ? `\n\n${word("todo", { hint })}` : ""}`;
}

function facts(run: RunView, changes: Report["changes"], language: ReportLanguage): [string, string][] {
  const { word } = language;
  const { inputTokens: input, outputTokens: output, unknown } = run.usage;
  const counted = input + output > 0 ? word("tokensCounted", { input, output }) : "";
  const uncounted =
    unknown.length > 0 ? word("unknownSessions", { count: unknown.length, all: run.sessions.length }) : "";
  const tokens = [counted, uncounted].filter((part) => part !== "").join("; ");
  const base = word("baseAt", { base: `\`${run.base}\``, commit: `\`${run.baseCommit.slice(0, 12)}\`` });
  const { files = 0, insertions = 0, deletions = 0, commits = 0 } = changes ?? {};
  return [
    [word("run"), `\`${run.id}\``],
    [word("repository"), `\`${run.repo}\``],
    [word("base"), base],
    [word("branch"), run.branch ? `\`${run.branch}\`` : word("none")],
    [
      word("changes"),
      changes
        ? word("changed", { files, insertions, deletions, commits })
        : word(run.branch ? "changesUnknown" : "none"),
    ],
    [word("started"), new Date(run.startedAt).toISOString()],
    [word("took"), duration(run.startedAt, run.endedAt)],
    [word("tokens"), tokens || word("none")],
    [word("cost"), cost(run, language)],
    [word("budget"), run.budget ? `${run.budget.usd} USD (\`${run.budget.policy}\`)` : word("none")],
  ];
}

/** Exact, and honest: what devflow worked out itself is marked, what is not known is never nothing. */
function cost({ usage, sessions }: RunView, { word }: ReportLanguage): string {
  const { costUsd, estimatedUsd, uncosted, unknown } = usage;
  const parts = [
    costUsd === undefined ? "" : `${costUsd} USD`,
    estimatedUsd === undefined ? "" : word("estimated", { usd: estimatedUsd }),
    uncosted === 0 ? "" : word("unknownReports", { count: uncosted }),
    unknown.length === 0 ? "" : word("unknownSessions", { count: unknown.length, all: sessions.length }),
  ].filter((part) => part !== "");
  return parts.join("; ") || word("none");
}

const crossing = (c: RunView["crossings"][number]): string =>
  `| ${c.scope} | ${cell(c.name)} | ${c.limitUsd} | ${c.wouldUsd} | ${c.policy} | ${c.phase ?? ""} | ${new Date(c.at).toISOString()} |`;

function crossingsTable(run: RunView, { word }: ReportLanguage): string {
  const titles = (["scope", "name", "limit", "would", "policy", "phase", "at"] as const).map((title) => word(title));
  return [...head(titles), ...run.crossings.map(crossing)].join("\n");
}

const head = (titles: readonly string[]): string[] => [
  `| ${titles.join(" | ")} |`,
  `| ${titles.map(() => "---").join(" | ")} |`,
];

const table = (rows: [string, string][]): string =>
  ["| | |", "| --- | --- |", ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join("\n");

function phasesTable(phases: readonly PhaseView[], { word, state }: ReportLanguage): string {
  const rows = phases.map((phase) => {
    const last = phase.attempts.at(-1);
    const repairs = phase.attempts.reduce((sum, { refused }) => sum + refused.length, 0);
    const who = phase.persona ?? (phase.command ? `\`${phase.command.join(" ")}\`` : "");
    const artifact = last?.artifact
      ? word("bytes", { sha: `\`${last.artifact.sha256.slice(0, 12)}\``, bytes: last.artifact.bytes })
      : "";
    const took = last ? duration(last.startedAt, last.endedAt) : "";
    return `| ${phase.id} | ${state("phase", phase.status)} | ${cell(who)} | ${phase.attempts.length} | ${repairs} | ${took} | ${phase.schema} | ${artifact} |`;
  });
  const titles = (["phase", "state", "by", "attempts", "repairs", "tookColumn", "schema", "artifact"] as const).map(
    (title) => word(title),
  );
  return [...head(titles), ...rows].join("\n");
}

const worthTelling = (phase: PhaseView): boolean =>
  phase.approvals.length > 0 ||
  phase.attempts.length > 1 ||
  phase.attempts.some((a) => a.refused.length > 0 || a.failure !== undefined);

function phaseDetails(phase: PhaseView, language: ReportLanguage): string {
  const attempts = phase.attempts.map((one) => attempt(one, language));
  const approvals = phase.approvals.map(({ answer, by, comment, when }) => {
    const said = ANSWERED[answer][when];
    return `- ${language.word(said, { by })}${comment ? `: ${comment}` : ""}`;
  });
  return `### ${phase.id}\n\n${[...attempts, ...approvals].join("\n")}`;
}

const ANSWERED = {
  approve: { before: "approvedBefore", after: "approvedAfter" },
  reject: { before: "rejectedBefore", after: "rejectedAfter" },
} as const;

function attempt(a: AttemptView, { word, state, told, phrase }: ReportLanguage): string {
  const refusals = a.refused.map(({ violations }) => {
    const [first] = violations;
    const problem = first ? `${first.at || word("document")}: ${phrase(first.problem)}` : "";
    const more = violations.length - 1;
    return `  - ${more > 0 ? word("refusedMore", { problem, count: more }) : word("refused", { problem })}`;
  });
  const failure = a.failure ? [`  - ${told(a.failure).message}`] : [];
  const { round, cause } = a;
  const facts = { attempt: a.attempt, round, outcome: state("phase", a.outcome) };
  return [
    `- ${cause === "ready" ? word("attempt", facts) : word("attemptWhy", { ...facts, cause })}`,
    ...refusals,
    ...failure,
  ].join("\n");
}

function sessionsTable(run: RunView, { word, state }: ReportLanguage): string {
  const rows = run.sessions.map((s) => {
    const recoveries = Object.entries(s.recoveries).map(([counter, times]) => `${counter} × ${times}`);
    return `| ${s.role} | ${s.persona} | ${s.host ?? ""} | ${state("session", s.state)} | ${recoveries.join(", ") || word("none")} | \`${s.id}\` |`;
  });
  const titles = (["role", "persona", "host", "state", "recoveries", "session"] as const).map((title) => word(title));
  return [...head(titles), ...rows].join("\n");
}

function escalation({ failure, answer }: RunView["escalations"][number], { word, told }: ReportLanguage): string {
  const problem = told(failure).message;
  return `- ${answer ? word("settled", { problem, answer }) : word("open", { problem })}`;
}

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
