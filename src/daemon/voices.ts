/**
 * What agents say in talks, on its way to who looks on: pieces of messages as they come, kept nowhere.
 *
 * W1. Secrets are taken out here, also those that are cut by a piece's end: what may become one is held back until the
 *     message goes on, or ends.
 * W2. Nobody is waited for: who does not listen, or has no room, misses it. The answer as a whole is in the log's keeping.
 */
import type { RunId } from "../domain/ids.ts";
import type { OutputScrubber } from "../domain/terminal-scrub.ts";
import type { Say, Saying } from "../ports/agent.ts";

/** A piece of a message, as it can be shown. */
export interface Heard extends Saying {
  session: string;
}

export interface Voices {
  say: Say;
  /** Hears a run's agents until the answer is called. */
  listen(run: RunId, hear: (heard: Heard) => void): () => void;
}

export function voices(scrub: () => OutputScrubber): Voices {
  const listeners = new Map<string, Set<(heard: Heard) => void>>();
  /** The message that each session is in the middle of. */
  const open = new Map<string, { message: string; scrubber: OutputScrubber }>();

  function tell(run: string, heard: Heard): void {
    if (heard.text === "" && !heard.last) return;
    for (const hear of listeners.get(run) ?? []) hear(heard);
  }

  return {
    say({ run, session }, { message, text, last }) {
      const before = open.get(session);
      if (before && before.message !== message)
        tell(run, { session, message: before.message, text: before.scrubber.rest(), last: true });
      const scrubber = before?.message === message ? before.scrubber : scrub();
      const shown = scrubber.push(text);
      if (last) open.delete(session);
      else open.set(session, { message, scrubber });
      tell(run, { session, message, text: last ? shown + scrubber.rest() : shown, last });
    },
    listen(run, hear) {
      const here = listeners.get(run) ?? new Set();
      listeners.set(run, here.add(hear));
      return () => {
        here.delete(hear);
        if (here.size === 0) listeners.delete(run);
      };
    },
  };
}
