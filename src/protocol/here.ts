/** Where devflow's directories and its socket are for this very process, and whether they can be trusted. */
import { lstatSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { resolve } from "node:path";
import { Failure } from "../domain/failure.ts";
import { type Places, placesFor, socketPathTooLong, unsafe } from "../domain/places.ts";
import { systemProblem } from "../domain/system-problem.ts";

export const placesHere = (env: NodeJS.ProcessEnv = process.env): Places =>
  placesFor({
    env,
    platform: process.platform,
    uid: ownUid(),
    home: ownHome(env),
    tmp: tmpdir(),
    absolute: (path) => resolve(path),
  });

/** A container may run as a user that the system does not know: without HOME it has no home, and with DEVFLOW_HOME needs none. */
function ownHome(env: NodeJS.ProcessEnv): string {
  try {
    return resolve(homedir());
  } catch (cause) {
    if (env.DEVFLOW_HOME) return "/";
    const params = { path: "your home directory", problem: `user ${ownUid()} has none` };
    throw new Failure("home.unusable", params, { cause });
  }
}

const ownUid = (): number => process.getuid?.() ?? 0;

/**
 * Throws when the socket's path would be cut, or when others could put a socket of theirs in its place.
 * A missing directory is fine: nothing answers there. The kernel lets nobody else through a directory of mode 0700,
 * which stands in for a check of the peer's uid: Node has no call for that.
 */
export function checkPlaces({ socket, guarded }: Places): void {
  const long = socketPathTooLong(socket);
  if (long) throw new Failure("socket.path_too_long", long);
  for (const path of guarded) {
    const stat = looked(path);
    if (stat === undefined) continue;
    const { uid, mode } = stat;
    const problem = unsafe({ directory: stat.isDirectory(), link: stat.isSymbolicLink(), uid, mode }, ownUid());
    if (problem !== undefined) throw new Failure("socket.unsafe_directory", { path, problem });
  }
}

/** A directory that does not exist may still be made; what cannot even be looked for may not. */
function looked(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new Failure("home.unusable", { path, problem: systemProblem(cause) }, { cause });
  }
}
