/** A run as it goes on: its events folded into a view here, so that the daemon is asked once. */
import type { StoredEvent } from "../domain/event.ts";
import { advance, type Folding } from "../domain/run-view.ts";
import type { RunView } from "../domain/view.ts";
import type { Client } from "./client.ts";

export interface Moment {
  view: RunView;
  /** What has just happened. */
  event: StoredEvent;
}

/** A report follows the end of a run at once; a daemon that died in between must not keep anybody waiting. */
const REPORT_GRACE_MS = 10_000;

export const hasEnded = ({ status }: RunView): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";

/** From its first event until it has ended and its report is there, or until `signal` aborts. */
export async function* followRun(
  client: Client,
  run: string,
  signal: AbortSignal,
  onAway?: (away: boolean) => void,
): AsyncGenerator<Moment, void, undefined> {
  const over = new AbortController();
  const stop = () => over.abort();
  // Also when it has aborted before: nobody would end the following then, and with it the process.
  const until = AbortSignal.any([signal, over.signal]);
  let grace: NodeJS.Timeout | undefined;
  let folding: Folding | undefined;
  try {
    for await (const event of client.follow(0, { run, signal: until, ...(onAway && { onAway }) })) {
      folding = advance(folding, event);
      if (!folding) continue;
      yield { view: folding.view, event };
      clearTimeout(grace);
      if (!hasEnded(folding.view)) continue;
      // An end in the past may not be the last one: a run can be taken up again.
      if (folding.view.report && hasEnded(await client.call("run.show", { run }))) return;
      if (!folding.view.report) grace = setTimeout(stop, REPORT_GRACE_MS);
    }
  } finally {
    clearTimeout(grace);
    over.abort();
  }
}
