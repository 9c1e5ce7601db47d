/** devflow watch: runs and sessions on the whole screen, as they go on. */
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { allEvents } from "../all-events.ts";
import { defineCommand } from "../command.ts";
import { fullScreen } from "../full-screen.ts";
import { watchScreen } from "../show/watch-screen.ts";
import { paperOf } from "../style.ts";
import { happened, isKnown, listed, nothing, pressed, type WatchState } from "../watch-state.ts";

/** Durations are shown in seconds. */
const CLOCK_MS = 1_000;
/** Runs that are listed at the start; newer ones come as they begin. */
const LISTED = 50;

export default defineCommand<Record<never, never>>({
  name: "watch",
  summary: "watch.summary",
  about: "watch.about",
  noJson: true,
  examples: ["devflow watch"],
  async run(_, { client, out, terminal, signal, bell }) {
    if (!terminal.canAsk || !terminal.canDraw || out.json) {
      throw new Failure("usage.needs_terminal", { command: "devflow watch", hint: say("watch.without_terminal") });
    }
    // Where following begins is asked for first: what happens while the runs are listed is then seen, and not twice.
    const { subscription, cursor } = await client.call("events.subscribe", {});
    await client.call("events.unsubscribe", { subscription });
    const { runs } = await client.call("run.list", { limit: LISTED });

    let state: WatchState = listed(nothing, runs);
    const over = new AbortController();
    const stop = () => over.abort();
    signal.addEventListener("abort", stop, { once: true });
    const screen = fullScreen(terminal);
    let failed: unknown;
    let due = false;
    const draw = () => {
      due = false;
      if (over.signal.aborted) return;
      const { columns, rows } = terminal.size();
      const paper = paperOf({ columns, colour: terminal.colour, now: Date.now() });
      screen.draw(watchScreen(state, paper, rows));
    };
    /** A burst of events is one drawing. */
    const redraw = () => {
      if (!due) setImmediate(draw);
      due = true;
    };
    const fail = (error: unknown) => {
      failed ??= error;
      stop();
    };

    const loading = new Set<string>();
    /** Every event of a run is needed before a new one of it can be understood. */
    const load = async (run: string): Promise<void> => {
      if (isKnown(state, run) || loading.has(run)) return;
      loading.add(run);
      const past = [];
      for await (const event of allEvents(client, run)) past.push(event);
      for (const event of past) state = happened(state, event);
      loading.delete(run);
      redraw();
    };
    const loadSelected = () => state.selected !== undefined && void load(state.selected).catch(fail);

    const onAway = (away: boolean) => {
      state = { ...state, away };
      redraw();
    };
    async function follow(): Promise<void> {
      for await (const event of client.follow(cursor, { signal: over.signal, onAway })) {
        void bell(event.event);
        if (isKnown(state, event.run) || event.event.type === "run.started") state = happened(state, event);
        else await load(event.run);
        loadSelected();
        redraw();
      }
    }

    const clock = setInterval(redraw, CLOCK_MS);
    const quiet = terminal.onResize(redraw);
    try {
      loadSelected();
      for (const { id, endedAt } of runs) if (endedAt === undefined) void load(id).catch(fail);
      void follow().catch(fail);
      draw();
      for await (const key of terminal.keys(over.signal)) {
        const next = pressed(state, key);
        if (next === "quit") break;
        state = next;
        loadSelected();
        redraw();
      }
    } finally {
      stop();
      clearInterval(clock);
      quiet();
      signal.removeEventListener("abort", stop);
      screen.leave();
    }
    if (failed !== undefined) throw failed;
    return 0;
  },
});
