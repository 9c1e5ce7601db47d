/** The report at every end of a run: the view that everybody sees, with what the run changed, as JSON and as Markdown. */

import type { Outcome } from "../domain/outcome.ts";
import { type Report, reportMarkdown } from "../domain/report.ts";
import { viewOf } from "../domain/run-view.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Reports } from "../ports/reports.ts";
import type { DiffStat, Workspaces } from "../ports/workspace.ts";
import type { StepContext } from "./step.ts";

export async function writeReport(
  context: StepContext,
  { log, workspaces, reports }: { log: EventLog; workspaces: Workspaces; reports: Reports },
): Promise<Outcome | undefined> {
  const run = viewOf(log.read(context.run));
  if (!run) return undefined;
  const stat = await changes(context, workspaces);
  const changed = stat && { changes: { ...stat, uncommitted: [...stat.uncommitted] } };
  const report: Report = { report: "devflow-run", version: 1, run, ...changed };
  // Taken up again meanwhile, the run will have another end: what this one was is no report of that.
  if (context.signal.aborted) return undefined;
  const written = await reports.write(
    context.run,
    `${JSON.stringify(report, null, 2)}\n`,
    reportMarkdown(report, reports.language),
  );
  return context.signal.aborted ? undefined : { kind: "reported", ...written };
}

/** What was changed; absent when the run never came to a worktree, or when git cannot tell any more. */
async function changes(context: StepContext, workspaces: Workspaces): Promise<DiffStat | undefined> {
  const { started, workspace } = context.state();
  if (!started || !workspace) return undefined;
  const { repo, base, baseCommit } = started;
  return workspaces.diffStat(context.run, { root: repo, base, baseCommit }).catch(() => undefined);
}
