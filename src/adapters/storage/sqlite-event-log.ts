/** The event log in SQLite: one file, one process that writes. */
import type { Database } from "better-sqlite3";
import { unknown } from "../../domain/run-row.ts";
import type { EventLog } from "../../ports/event-log.ts";
import { eventRows } from "./event-rows.ts";
import { followers } from "./follow.ts";
import { groupCommit } from "./group-commit.ts";
import { openDatabase } from "./open.ts";
import { runList } from "./run-list.ts";
import { guarded } from "./storage-failure.ts";

export interface SqliteEventLog extends EventLog {
  /** Makes the lists anew from the events; answers with the number of runs. */
  rebuild(): number;
}

export const openEventLog = ({ file }: { file: string }): SqliteEventLog => eventLogOver(openDatabase(file), file);

/** The log over a database that is open already; `close` closes it. */
export function eventLogOver(database: Database, file: string): SqliteEventLog {
  const events = eventRows(database, file);
  const list = runList(database);
  const reading =
    <Args extends unknown[], T>(read: (...args: Args) => T) =>
    (...args: Args): T =>
      guarded(file, () => read(...args));
  const follows = followers(reading(events.page));
  const appends = groupCommit({ database, file, events, list, committed: follows.tell });

  return {
    append: (run, expected, added, { key, durable = false, at }) =>
      appends.append({ run, expected, events: added, key, at }, durable),
    read: reading((run, from = 1) => events.ofRun(run, from)),
    follow: follows.follow,
    head: reading(events.head),
    runs: reading(list.runs),
    run: reading(list.run),
    resolve: reading(list.resolve),
    runByKey: reading(list.runByKey),
    activeRun: reading(list.activeRun),
    unfinished: reading(list.unfinished),
    rebuild: reading(() => {
      const all = events.allRuns();
      const anew = database.transaction(() => {
        list.clear();
        for (const run of all) list.write(run, unknown, events.known(run).standing);
      });
      anew.immediate();
      return all.length;
    }),
    close() {
      appends.close();
      follows.close();
      database.close();
    },
  };
}
