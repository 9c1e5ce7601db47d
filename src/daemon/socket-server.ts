/**
 * The daemon's Unix socket: made where only this user can reach it, and served until it is closed.
 *
 * Called under the instance lock, so that a socket file that is found was left behind, unless somebody answers on it.
 */
import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { Failure } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import type { Journal } from "../ports/journal.ts";
import { checkPlaces } from "../protocol/here.ts";
import { openLink } from "../protocol/link.ts";
import { type Dispatch, type OpenConnection, serveConnection } from "./connection.ts";
import { makeDirectory } from "./directories.ts";

/** How long whoever holds the socket may take to show that it is alive. */
const PROBE_MS = 2_000;
/** Clients that wait to be accepted: a script may start a hundred at once. */
const BACKLOG = 511;

export interface SocketServer {
  /** Makes the socket anew when its file is gone or another one: resolves to whether it was. Who is connected stays so. */
  repair(): Promise<boolean>;
  /** Takes no new clients, answers what was asked, and resolves when all are gone, after `ms` at the latest. */
  close(ms: number): Promise<void>;
  connections(): number;
}

/** Makes the directories that hold the socket, readable by nobody else, and refuses those that others can reach. */
export function makeGuarded(places: Places): void {
  for (const path of places.guarded) makeDirectory(path);
  checkPlaces(places);
}

export async function serveSocket(places: Places, dispatch: Dispatch, journal: Journal): Promise<SocketServer> {
  makeGuarded(places);
  const { socket: path } = places;
  await removeStale(path);

  const open = new Set<OpenConnection>();
  const begin = async (): Promise<Listening> => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = serveConnection(socket, dispatch, journal);
      open.add(connection);
      socket.once("close", () => open.delete(connection));
    });
    await listen(server, path);
    chmodSync(path, 0o600);
    server.on("error", (error) => journal.error("the socket has an error", { error: error.message }));
    return { server, inode: inodeOf(path) };
  };
  let listening = await begin();

  return {
    connections: () => open.size,
    async repair() {
      if (inodeOf(path) === listening.inode) return false;
      // Closing unlinks whatever has the path: before the new socket is made, not after.
      listening.server.close();
      makeGuarded(places);
      rmSync(path, { force: true });
      listening = await begin();
      return true;
    },
    async close(ms) {
      const closed = new Promise<void>((resolve) => listening.server.close(() => resolve()));
      await Promise.all([...open].map((connection) => connection.finish(ms)));
      await closed;
    },
  };
}

interface Listening {
  server: Server;
  inode: number | undefined;
}

const inodeOf = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.ino;

/** Unlinks a socket that nobody answers on; throws when somebody does. */
async function removeStale(path: string): Promise<void> {
  const link = await openLink(path).catch(() => undefined);
  if (link === undefined) return rmSync(path, { force: true });
  const answer = await link.call("daemon.ping", {}, PROBE_MS).catch(() => undefined);
  link.close();
  throw new Failure("daemon.already_running", { pid: answer?.pid ?? "unknown" });
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  });
