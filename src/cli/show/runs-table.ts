/** Runs as a table. Part of the thin client: nothing that it imports needs a package. */
import { say } from "../../messages/say.ts";
import type { RunSummary } from "../../protocol/run-methods.ts";
import type { Paper } from "../style.ts";
import { shortId } from "./ids.ts";
import { runWord, toneOfRunWord } from "./marks.ts";
import { rowsTable } from "./rows.ts";
import { ago, duration } from "./times.ts";

/** Narrower than this, the goal says more than how long it took. */
const ROOM_FOR_TOOK = 100;

export function runsTable(runs: readonly RunSummary[], paper: Paper): string[] {
  const { now } = paper;
  if (runs.length === 0) return [say("runs.none")];
  return rowsTable(
    runs,
    [
      { title: say("table.run"), paint: () => "bold", text: ({ id }) => shortId(id) },
      { title: say("table.state"), paint: toneOfRunWord, text: ({ status }) => runWord(status) },
      { title: say("table.template"), text: ({ template }) => template },
      { title: say("table.done"), align: "right", text: (run) => `${run.accepted}/${run.phases}` },
      { title: say("table.at"), shrink: true, text: ({ at }) => at },
      {
        title: say("table.took"),
        align: "right",
        needs: ROOM_FOR_TOOK,
        text: ({ startedAt, endedAt }) => duration((endedAt ?? now) - startedAt),
      },
      { title: say("table.started"), text: ({ startedAt }) => ago(startedAt, now) },
      { title: say("table.goal"), shrink: true, paint: () => "dim", text: ({ goal }) => goal },
    ],
    paper,
  );
}
