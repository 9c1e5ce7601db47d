/** One run in full. */
import type { RunView } from "../../domain/view.ts";
import { phrase, say, told } from "../../messages/say.ts";
import { progress } from "../progress.ts";
import type { Paper } from "../style.ts";
import { oneLine } from "../table.ts";
import { wrap, wrapWords } from "../text-width.ts";
import { factLines } from "./facts.ts";
import { moment } from "./times.ts";

export function runDetails(run: RunView, paper: Paper): string[] {
  const { style, columns } = paper;
  const { inputTokens, outputTokens, unknown } = run.usage;
  const counted = inputTokens + outputTokens > 0 ? say("run.tokens", { input: inputTokens, output: outputTokens }) : "";
  const uncounted = unknown.length > 0 ? say("run.tokens_unknown", { count: unknown.length }) : "";
  const facts: [string, string][] = [
    [say("fact.run"), run.id],
    [say("fact.repo"), run.repo],
    [say("fact.base"), `${run.base} ${run.baseCommit.slice(0, 10)}`],
    [say("fact.branch"), run.branch ?? ""],
    [say("fact.worktree"), run.worktree ?? ""],
    [say("fact.started"), moment(run.startedAt)],
    [say("fact.ended"), run.endedAt === undefined ? "" : moment(run.endedAt)],
    [say("fact.tokens"), [counted, uncounted].filter((part) => part !== "").join(", ")],
    [say("fact.cost"), costOf(run)],
    [
      say("fact.budget"),
      run.budget ? say("run.budget", { usd: run.budget.usd, policy: say(`policy.${run.budget.policy}`) }) : "",
    ],
    [say("fact.report"), run.report?.markdown ?? ""],
  ];
  return [
    ...progress(run, paper),
    ...ending(run, paper),
    ...run.warnings.flatMap((warning, at) => [
      ...(at === 0 ? [""] : []),
      ...wrap(oneLine(phrase(warning)), columns - 4).map((line, n) => style.yellow(`  ${n === 0 ? "!" : " "} ${line}`)),
    ]),
    "",
    ...factLines(facts, paper),
  ];
}

/** Exact; what is not known is said, never left out as if it were nothing. */
function costOf({ usage: { costUsd, estimatedUsd, uncosted } }: RunView): string {
  return [
    costUsd === undefined ? "" : say("run.cost", { usd: costUsd }),
    estimatedUsd === undefined ? "" : say("run.cost_estimated", { usd: estimatedUsd }),
    uncosted === 0 ? "" : say("run.cost_unknown", { count: uncosted }),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function ending({ failure, cancelled }: RunView, { style, columns }: Paper): string[] {
  const lines = (text: string): string[] => wrapWords(oneLine(text), columns - 4);
  if (failure) {
    const { message, hint } = told(failure);
    const why = lines(`${message} (${failure.code})`).map(
      (line, n) => `  ${style.red(`${n === 0 ? "✗" : " "} ${line}`)}`,
    );
    return ["", ...why, ...(hint === "" ? [] : lines(hint).map((line) => `    ${style.dim(line)}`))];
  }
  if (!cancelled) return [];
  const why = cancelled.comment ? `: ${cancelled.comment}` : "";
  return ["", `  ${style.dim(oneLine(say("outcome.cancelled_by", { by: cancelled.by }) + why))}`];
}
