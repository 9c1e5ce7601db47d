/** devflow runs wait: returns when a run reaches a state; the exit code says how it stands. */
import { Failure } from "../../../domain/failure.ts";
import { Duration, milliseconds } from "../../../domain/names.ts";
import type { RunView } from "../../../domain/view.ts";
import { say } from "../../../messages/say.ts";
import { defineCommand, exitOfRun, oneOf } from "../../command.ts";
import { followRun, hasEnded } from "../../follow-run.ts";
import { RUN_STATUSES, runWord } from "../../show/marks.ts";
import { outcomeLines } from "../../show/outcome.ts";
import { waitLines } from "../../show/remarks.ts";

/** `settled`: it has ended, or goes on only if somebody does something. */
const GOALS = ["settled", "ended", ...RUN_STATUSES] as const;
type Goal = (typeof GOALS)[number];

export default defineCommand<{ run: string; for?: string; timeout?: string }>({
  name: "wait",
  summary: "runs.wait.summary",
  about: "runs.wait.about",
  arguments: { "<run>": "argument.run" },
  options: { "--for <state>": "runs.wait.for", "--timeout <duration>": "runs.wait.timeout" },
  examples: ["devflow runs wait 7K2MQX", "devflow runs wait 7K2MQX --for waiting --timeout 10m"],
  async run(input, { client, out, signal }) {
    const goal = oneOf(input.for ?? "settled", "--for", GOALS);
    const limit = timeoutMs(input.timeout);
    // A name that means no run is told at once, not after following it in vain.
    const { id } = await client.call("run.show", { run: input.run });

    const over = new AbortController();
    const stop = () => over.abort();
    signal.addEventListener("abort", stop, { once: true });
    const timer = limit === undefined ? undefined : setTimeout(stop, limit);
    let view: RunView | undefined;
    let there = false;
    try {
      for await (const moment of followRun(client, id, over.signal)) {
        view = moment.view;
        if (!reached(goal, view)) continue;
        // What the log says was so; what counts is what is so now.
        view = await client.call("run.show", { run: id });
        there = reached(goal, view);
        // The report follows the end at once, and is part of what is said of it.
        if (there && (!hasEnded(view) || view.report)) break;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    if (signal.aborted) return undefined;
    if (!there && over.signal.aborted) {
      throw new Failure("run.wait_timeout", {
        run: id,
        state: view?.status ?? "pending",
        timeout: input.timeout ?? "",
      });
    }
    const last = view ?? (await client.call("run.show", { run: id }));
    out.show({ run: last.id, status: last.status, reached: there }, (_, paper) =>
      hasEnded(last) ? outcomeLines(last, undefined, paper) : [runWord(last.status), ...waitLines(last, paper)],
    );
    if (there && goal !== "settled" && goal !== "ended") return 0;
    return exitOfRun(last) || (there ? 0 : 1);
  },
});

function timeoutMs(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined;
  if (Duration.safeParse(typed).success) return milliseconds(typed);
  throw new Failure("usage.invalid", { problem: say("typed.timeout", { typed }) });
}

function reached(goal: Goal, view: RunView): boolean {
  if (goal === "ended") return hasEnded(view);
  if (goal === "settled") return hasEnded(view) || view.status === "waiting" || view.status === "interrupted";
  return view.status === goal;
}
