/**
 * The daemon's life in one process: lock, journal, engine, socket, work; and back in the opposite order.
 *
 * D1. Nothing is opened before the lock is held, and the lock is let go last: two daemons never write one database.
 * D2. Clients are answered before runs are taken up, so that a slow start can be watched.
 * D3. A defect that nobody caught ends the process: what it was doing is in the log, and the next daemon goes on from there.
 */
import { Failure } from "../domain/failure.ts";
import { lockFile, type Places } from "../domain/places.ts";
import { isDiskFull, isPipeToNothing, systemProblem } from "../domain/system-problem.ts";
import type { Journal } from "../ports/journal.ts";
import { removeInstance, writeInstance } from "../protocol/instance-record.ts";
import { VERSION } from "../protocol/version.ts";
import { instanceHolder, takeInstanceLock } from "./compose/instance.ts";
import { makeDirectory } from "./directories.ts";
import { dispatcher } from "./dispatch.ts";
import { handlers } from "./handlers.ts";
import { type ComposedDaemon, type DaemonParts, logFile } from "./parts.ts";
import { type Shutdown, shutdownOnSignals } from "./shutdown.ts";
import { makeGuarded, serveSocket } from "./socket-server.ts";
import { subscriptions } from "./subscriptions.ts";
import { lookAfter } from "./upkeep.ts";
import { systemdWatchdog, type Watchdog } from "./watchdog.ts";

/** What agents are in the middle of may take this long to come to a point where stopping costs nothing. */
const DRAIN_MS = 30_000;
/** Answers that are on their way when the daemon stops. */
const LAST_ANSWERS_MS = 2_000;

/** Tracing of the libraries under model agents: it would send prompts to a third party, and fails noisily without a network. */
const UNWANTED_ENVIRONMENT = /^(?:LANGSMITH|LANGCHAIN)_/;

export interface ForegroundOptions {
  places: Places;
  env: NodeJS.ProcessEnv;
  parts: DaemonParts;
  echo?: (line: string) => void;
}

/** Runs until it is told to stop; resolves to the exit code. Throws when it could not start. */
export async function runForeground({ places, env, parts, echo }: ForegroundOptions): Promise<number> {
  for (const name of Object.keys(env)) if (UNWANTED_ENVIRONMENT.test(name)) delete env[name];
  makeGuarded(places);
  for (const path of [places.config, places.data, places.state, places.cache]) makeDirectory(path);

  const lock = takeInstanceLock(lockFile(places));
  if (lock === undefined) {
    throw new Failure("daemon.already_running", { pid: instanceHolder(lockFile(places)) ?? "unknown" });
  }
  const journal = parts.openJournal({ file: logFile(places), env, ...(echo && { echo }) });
  const shutdown = shutdownOnSignals(() => {
    journal.warn("stopped at once, by a second signal");
    process.exit(1);
  });
  const onDefect = (error: unknown) => {
    if (isPipeToNothing(error)) return; // whoever wanted the process hears that there is none
    journal.error("a defect ended the daemon", { error: error instanceof Error ? error.stack : String(error) });
    process.exit(1);
  };
  // A file that may not grow any more is told by the write that fails; by default the signal that comes with it kills.
  const tooLarge = (): void => {};
  process.on("SIGXFSZ", tooLarge);
  process.on("uncaughtException", onDefect);
  process.on("unhandledRejection", onDefect);
  try {
    const watchdog = systemdWatchdog(env, journal);
    const daemon = await parts.composeDaemon({ places, env, journal });
    await serve(daemon, places, { journal, shutdown, watchdog });
    return 0;
  } catch (error) {
    // A failure says all there is to know in its sentence; only what nobody foresaw needs its stack.
    const said = error instanceof Error ? (error instanceof Failure ? error.message : error.stack) : String(error);
    journal.error("the daemon could not go on", { error: said });
    throw isDiskFull(error) ? new Failure("storage.full", { path: places.state }, { cause: error }) : error;
  } finally {
    process.off("SIGXFSZ", tooLarge);
    process.off("uncaughtException", onDefect);
    process.off("unhandledRejection", onDefect);
    shutdown.release();
    journal.close();
    lock.release();
  }
}

interface Running {
  journal: Journal;
  shutdown: Shutdown;
  watchdog: Watchdog;
}

async function serve(daemon: ComposedDaemon, places: Places, { journal, shutdown, watchdog }: Running): Promise<void> {
  const { engine, log, voices } = daemon;
  const startedAt = Date.now();
  const facts = { version: VERSION, startedAt, socket: places.socket, home: places.data };
  const following = subscriptions({ log, journal, voices });
  const answers = handlers({
    engine,
    subscriptions: following,
    facts,
    shutdown: () => shutdown.request("a client asked for it"),
  });
  try {
    const server = await serveSocket(places, dispatcher(answers, shutdown.stopping), journal);
    const rest = lookAfter(places, server, { journal, shutdown });
    try {
      leaveNote(places, startedAt, journal);
      journal.info("started", facts);
      watchdog.ready();
      const up = daemon.start().then(() => journal.info("every run is taken up"));
      await Promise.race([up, shutdown.requested]);
      const cause = await shutdown.requested;
      journal.info("stopping", { cause });
      watchdog.stopping();
      await daemon.drain(DRAIN_MS);
    } finally {
      rest();
      await following.closeAll("the daemon stops");
      await server.close(LAST_ANSWERS_MS);
      removeInstance(places);
    }
  } finally {
    await daemon.close();
    journal.info("stopped");
  }
}

/** Only whoever looks from another environment misses the note: on a full disk the daemon does without. */
function leaveNote(places: Places, startedAt: number, journal: Journal): void {
  try {
    writeInstance(places, { pid: process.pid, socket: places.socket, startedAt, version: VERSION });
  } catch (error) {
    journal.warn("the note of where the daemon listens could not be written", { problem: systemProblem(error) });
  }
}
