/** Shows a run while it goes on: a block that is drawn again on a terminal, otherwise a line for each thing that happens. */
import type { RunView } from "../domain/view.ts";
import { say } from "../messages/say.ts";
import type { Bell } from "./bell.ts";
import type { Client } from "./client.ts";
import { followRun, hasEnded } from "./follow-run.ts";
import { type LiveBlock, liveBlock } from "./live-block.ts";
import type { Out } from "./out.ts";
import { progress } from "./progress.ts";
import { eventLine, isMajor } from "./show/events.ts";
import { FRAME_MS } from "./show/marks.ts";
import { paperOf } from "./style.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "./text-width.ts";
import { type Wait, waitsOf } from "./waiting.ts";

export interface Watched {
  view: RunView | undefined;
  /** Not ended: it waits for a person, and nobody is there. */
  waits: readonly Wait[];
}

interface Watching {
  client: Client;
  out: Out;
  terminal: Terminal;
  signal: AbortSignal;
  bell: Bell;
}

/** Resolves when the run has ended, when it waits for a person and there is no terminal, or when `signal` aborts. */
export const watchRun = (run: string, watching: Watching): Promise<Watched> =>
  watching.terminal.canDraw && !watching.out.json ? drawn(run, watching) : told(run, watching);

async function told(run: string, { client, out, signal, bell }: Watching): Promise<Watched> {
  let view: RunView | undefined;
  let rung = Promise.resolve();
  const onAway = (away: boolean) => {
    if (!out.json) out.note(say(away ? "progress.away" : "progress.back"));
  };
  for await (const moment of followRun(client, run, signal, onAway)) {
    view = moment.view;
    rung = rung.then(() => bell(moment.event.event));
    if (!out.json && isMajor(moment.event.event)) out.notes((paper) => [eventLine(moment.event, paper)]);
    if (view.status === "waiting") {
      // The log may already hold the answer: only what is still so now keeps the run waiting.
      view = await client.call("run.show", { run });
      if (view.status === "waiting") {
        await rung;
        return { view, waits: waitsOf(view) };
      }
    }
  }
  await rung;
  return { view, waits: [] };
}

async function drawn(run: string, { client, terminal, signal, bell }: Watching): Promise<Watched> {
  const block: LiveBlock = liveBlock(terminal);
  let view: RunView | undefined;
  let rung = Promise.resolve();
  let away = false;
  const lines = (live: boolean): string[] => {
    if (!view) return [];
    const { columns } = terminal.size();
    const paper = paperOf({ columns: columns - 1, colour: terminal.colour, now: Date.now(), live });
    const lost = away
      ? ["", ...wrap(say("progress.away"), columns - 3).map((part) => `  ${paper.style.red(part)}`)]
      : [];
    const foot = live ? [...lost, "", paper.style.dim(`  ${say("progress.detach")}`)] : [];
    return ["", ...progress(view, paper), ...foot];
  };
  const draw = () => block.draw(lines(true));
  const ticking = setInterval(draw, FRAME_MS);
  const quiet = terminal.onResize(draw);
  try {
    const onAway = (now: boolean) => {
      away = now;
    };
    for await (const moment of followRun(client, run, signal, onAway)) {
      view = moment.view;
      rung = rung.then(() => bell(moment.event.event));
    }
    await rung;
  } finally {
    clearInterval(ticking);
    quiet();
    if (view && hasEnded(view)) block.clear();
    else block.end(lines(false));
  }
  return { view, waits: [] };
}
