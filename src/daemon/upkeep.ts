/**
 * What a daemon looks after while it runs: that it can be reached.
 *
 * Its socket goes away under it in ordinary life: the session's runtime directory is removed at the last logout, temporary
 * directories are swept. It is made again. Without its home nobody can find the daemon, or wants it: it stops.
 */
import { existsSync } from "node:fs";
import type { Places } from "../domain/places.ts";
import type { Journal } from "../ports/journal.ts";
import type { Shutdown } from "./shutdown.ts";
import type { SocketServer } from "./socket-server.ts";

/** One `lstat` each time; a person who has lost the daemon tries again after about as long. */
const LOOK_MS = 2_000;

/** Looks until the returned function is called. */
export function lookAfter(
  places: Places,
  server: SocketServer,
  { journal, shutdown }: { journal: Journal; shutdown: Shutdown },
): () => void {
  const look = async () => {
    if (!existsSync(places.state)) return shutdown.request("its home was removed");
    try {
      if (await server.repair()) journal.warn("the socket was gone, and is there again", { socket: places.socket });
    } catch (error) {
      journal.error("the socket is gone and cannot be made again", { error: String(error) });
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => clearInterval(timer);
}
