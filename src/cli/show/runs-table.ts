/** Runs as a table. Part of the thin client: nothing that it imports needs a package. */
import { say } from "../../messages/say.ts";
import type { RunSummary } from "../../protocol/methods.ts";
import type { Paper } from "../style.ts";
import { table } from "../table.ts";
import { shortId } from "./ids.ts";
import { runWord, toneOfRunWord } from "./marks.ts";
import { ago, duration } from "./times.ts";

export function runsTable(runs: readonly RunSummary[], { look, now }: Paper): string[] {
  if (runs.length === 0) return [say("runs.none")];
  const rows = runs.map((run) => [
    shortId(run.id),
    runWord(run.status),
    run.template,
    `${run.accepted}/${run.phases}`,
    run.at,
    duration((run.endedAt ?? now) - run.startedAt),
    ago(run.startedAt, now),
    run.goal,
  ]);
  return table(
    [
      { title: say("table.run"), paint: () => "bold" },
      { title: say("table.state"), paint: toneOfRunWord },
      { title: say("table.template") },
      { title: say("table.done"), align: "right" },
      { title: say("table.at"), shrink: true },
      { title: say("table.took"), align: "right" },
      { title: say("table.started") },
      { title: say("table.goal"), shrink: true, paint: () => "dim" },
    ],
    rows,
    look,
  ).split("\n");
}
