/** At start: terminals whose session is over, by the log, are ended. They are devflow's own by their tags; nothing else is touched. */
import { RunId, type SessionId } from "../domain/ids.ts";
import { fold } from "../domain/run-evolve.ts";
import type { RunState } from "../domain/run-state.ts";
import { isLive } from "../domain/session.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import type { Terminal, TerminalHost } from "../ports/terminal-host.ts";

/** What of a host is needed here. */
interface Terminals extends Pick<TerminalHost, "list"> {
  adopt(session: SessionId): Promise<Pick<Terminal, "close"> | undefined>;
}

export async function sweepTerminals({
  host,
  log,
  journal,
}: {
  host: Terminals;
  log: EventLog;
  journal: Journal;
}): Promise<void> {
  const states = new Map<string, RunState | undefined>();
  const stateOf = (run: string): RunState | undefined => {
    const known = RunId.safeParse(run);
    if (!states.has(run))
      states.set(run, known.success ? fold(log.read(known.data).map(({ event }) => event)) : undefined);
    return states.get(run);
  };
  for (const { session, run } of await host.list()) {
    if (isLive(stateOf(run)?.sessions[session]?.state ?? "closed")) continue;
    journal.info("ending a terminal whose session is over", { session, run });
    await (await host.adopt(session))?.close();
  }
}
