/**
 * Tells systemd that the daemon is ready, alive, stopping: by `systemd-notify`, since Node cannot send datagrams to a Unix
 * socket. Says nothing when systemd did not ask. The variables that ask are taken out of the environment: they are not for agents.
 */
import { execFile } from "node:child_process";
import type { Journal } from "../ports/journal.ts";

const US_PER_MS = 1_000;

export interface Watchdog {
  ready(): void;
  stopping(): void;
}

export function systemdWatchdog(env: NodeJS.ProcessEnv, journal: Journal): Watchdog {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit, PATH } = env;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  if (!socket) return { ready: () => {}, stopping: () => {} };
  let timer: NodeJS.Timeout | undefined;
  let broken = false;

  const say = (...words: string[]): void => {
    execFile("systemd-notify", words, { env: { PATH, NOTIFY_SOCKET: socket } }, (error) => {
      if (error && !broken) journal.warn("systemd could not be told", { words: words.join(" "), error: error.message });
      broken = error !== null;
    });
  };
  return {
    ready() {
      say("READY=1", `MAINPID=${process.pid}`);
      // From the event loop: one that is stuck says nothing.
      if (limit) timer = setInterval(() => say("WATCHDOG=1"), Number(limit) / US_PER_MS / 2).unref();
    },
    stopping() {
      clearInterval(timer);
      say("STOPPING=1");
    },
  };
}
