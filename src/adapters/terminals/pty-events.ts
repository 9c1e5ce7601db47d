/** Who listens to a terminal: what is told before the first listener comes waits for it, the exit is told to late ones too. */
import type { TerminalEvent, TerminalExit } from "../../ports/terminal-host.ts";

/** Output that waits for the first listener; more than this becomes a gap. */
const WAITING_BYTES = 1024 * 1024;

export interface TerminalEvents {
  tell(event: TerminalEvent): void;
  on(listener: (event: TerminalEvent) => void): () => void;
  readonly exit: TerminalExit | undefined;
  /** Nothing is told any more. */
  stop(): void;
}

export function terminalEvents(): TerminalEvents {
  const listeners = new Set<(event: TerminalEvent) => void>();
  let waiting: TerminalEvent[] | undefined = [];
  let waitingBytes = 0;
  let exit: TerminalExit | undefined;
  let stopped = false;

  const wait = (events: TerminalEvent[], event: TerminalEvent) => {
    if (event.type === "output") waitingBytes += event.bytes.length;
    events.push(event);
    if (waitingBytes <= WAITING_BYTES) return;
    waiting = [...events.filter(({ type }) => type !== "output" && type !== "gap"), { type: "gap" }];
    waitingBytes = 0;
  };
  /** Later events queue up behind the waiting ones until this has run: the order stays. */
  const begin = () => {
    const early = waiting ?? [];
    waiting = undefined;
    for (const event of early) for (const listener of [...listeners]) listener(event);
  };
  return {
    get exit() {
      return exit;
    },
    tell(event) {
      if (stopped || exit !== undefined) return;
      if (event.type === "exit") exit = event.exit;
      if (waiting) wait(waiting, event);
      else for (const listener of [...listeners]) listener(event);
    },
    on(listener) {
      const late = exit !== undefined && waiting === undefined ? exit : undefined;
      listeners.add(listener);
      // Not before the caller has its way to leave.
      if (late) queueMicrotask(() => listeners.has(listener) && listener({ type: "exit", exit: late }));
      else queueMicrotask(begin);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
      listeners.clear();
    },
  };
}
