/** At start: terminals whose session is over, by the log, are ended. They are devflow's own by their tags; nothing else is touched. */
import { RunId, type SessionId } from "../domain/ids.ts";
import { fold } from "../domain/run-evolve.ts";
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
  for (const { session, run } of await host.list()) {
    const known = RunId.safeParse(run);
    const state = known.success ? fold(log.read(known.data).map(({ event }) => event)) : undefined;
    if (isLive(state?.sessions[session]?.state ?? "closed")) continue;
    journal.info("ending a terminal whose session is over", { session, run });
    await (await host.adopt(session))?.close();
  }
}
