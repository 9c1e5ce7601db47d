/**
 * Passes a terminal's events to its listeners (T5: `exit` once to each, late ones included, and last).
 *
 * What happens before the first listener has come is kept for it, so that nothing falls between opening and listening.
 */
import type { TerminalEvent, TerminalExit } from "../../ports/terminal-host.ts";

/** More than this is not kept for a first listener: it gets a gap instead and reads the screen. */
const KEPT_BYTES = 256 * 1024;

export interface TerminalFeed {
  readonly exit: TerminalExit | undefined;
  tell(event: TerminalEvent): void;
  on(listener: (event: TerminalEvent) => void, how?: { patient?: boolean }): () => void;
}

/** `impatient`: told of each listener that is not patient, that it has come or left. */
export function terminalFeed(impatient: (by: 1 | -1) => void = () => {}): TerminalFeed {
  const listeners = new Set<(event: TerminalEvent) => void>();
  let kept: TerminalEvent[] | undefined = [];
  let keptBytes = 0;
  let exit: TerminalExit | undefined;

  /** Until this has run, what is new queues up behind what has been kept: the order stays. */
  const begin = () => {
    const past = kept ?? [];
    kept = undefined;
    for (const event of past) for (const listener of listeners) listener(event);
  };

  return {
    get exit() {
      return exit;
    },
    tell(event) {
      if (exit) return;
      if (event.type === "exit") exit = event.exit;
      if (kept) {
        kept.push(event);
        keptBytes += event.type === "output" ? event.bytes.length : 0;
        if (keptBytes > KEPT_BYTES) {
          kept = [{ type: "gap" }, ...kept.filter(({ type }) => type !== "output" && type !== "gap")];
          keptBytes = 0;
        }
        return;
      }
      for (const listener of listeners) listener(event);
    },
    on(listener, { patient = false } = {}) {
      // A wrapper of its own, so that the same function may listen twice.
      const one = (event: TerminalEvent) => listener(event);
      const late = kept === undefined ? exit : undefined;
      listeners.add(one);
      // Not while the caller is still in `on`.
      if (late) queueMicrotask(() => listeners.has(one) && one({ type: "exit", exit: late }));
      else queueMicrotask(begin);
      if (!patient) impatient(1);
      return () => {
        if (listeners.delete(one) && !patient) impatient(-1);
      };
    },
  };
}
