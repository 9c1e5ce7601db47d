/** How a run ended: the result, the branch, what changed, and where its report is. */
import type { RunView } from "../../domain/view.ts";
import { say, told } from "../../messages/say.ts";
import type { Changes } from "../changes.ts";
import type { Paper } from "../style.ts";
import { toned } from "../style.ts";
import { factLines } from "./facts.ts";
import { shortId } from "./ids.ts";
import { runMark, runTone, runWord } from "./marks.ts";
import { duration } from "./times.ts";

export function outcomeLines(run: RunView, changes: Changes | undefined, paper: Paper): string[] {
  const { style, now } = paper;
  const took = duration((run.endedAt ?? now) - run.startedAt);
  const accepted = run.phases.filter(({ status }) => status === "accepted").length;
  const result = toned(style, runTone(run.status), runWord(run.status));
  const counted = say("outcome.phases", { accepted, phases: run.phases.length });
  const facts: [string, string][] = [
    [say("outcome.why"), whyOf(run)],
    [say("outcome.hint"), run.failure ? told(run.failure).hint : ""],
    [say("outcome.branch"), run.branch ?? ""],
    [say("outcome.changes"), changes ? changesLine(changes) : ""],
    [say("outcome.report"), run.report?.markdown ?? ""],
  ];
  return [
    `${runMark(run.status, paper)} ${style.bold(run.template)}  ${shortId(run.id)}  ${result}  ${style.dim(`${counted}, ${took}`)}`,
    ...factLines(facts, paper),
  ];
}

export function changesLine({ files, insertions, deletions, uncommitted }: Changes): string {
  const counts = countLine({ files, insertions, deletions });
  return uncommitted.length === 0 ? counts : `${counts}, ${say("outcome.uncommitted", { count: uncommitted.length })}`;
}

function whyOf({ failure, cancelled }: RunView): string {
  if (failure) return `${told(failure).message} (${failure.code})`;
  if (!cancelled) return "";
  return say("outcome.cancelled_by", { by: cancelled.by }) + (cancelled.comment ? `: ${cancelled.comment}` : "");
}

export function countLine(counts: { files: number; insertions: number; deletions: number }): string {
  if (counts.files === 0) return say("outcome.no_changes");
  return say(counts.files === 1 ? "outcome.diff_one" : "outcome.diff", counts);
}
