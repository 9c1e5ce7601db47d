/** What the daemon's process is put together from. `compose.ts` has the real parts; tests bring their own. */
import type { Places } from "../domain/places.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import type { EngineApi } from "./engine-api.ts";
import type { Voices } from "./voices.ts";

export interface ComposeOptions {
  places: Places;
  env: NodeJS.ProcessEnv;
  journal: Journal;
}

/** Everything behind the socket, ready but at rest until `start`. */
export interface ComposedDaemon {
  engine: EngineApi;
  log: Pick<EventLog, "follow" | "head" | "resolve">;
  voices: Pick<Voices, "listen">;
  /** Takes up the runs that a former daemon left; resolves when they are under way. */
  start(): Promise<void>;
  /** Starts no new steps and resolves when those under way have ended, after `ms` at the latest. */
  drain(ms: number): Promise<void>;
  /** Interrupts what is left, lets go of the terminals (agents in them live on), closes the stores. */
  close(): Promise<void>;
}

export interface DaemonParts {
  composeDaemon(options: ComposeOptions): Promise<ComposedDaemon>;
  openJournal(options: {
    file: string;
    env: NodeJS.ProcessEnv;
    echo?: (line: string) => void;
  }): Journal & { close(): void };
}

export const logFile = ({ state }: Places): string => `${state}/devflowd.log`;
