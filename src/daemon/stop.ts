/** Asks the daemon of these places to stop, and waits until it is gone. */
import { Failure } from "../domain/failure.ts";
import { lockFile, type Places } from "../domain/places.ts";
import { findDaemon } from "../protocol/find-daemon.ts";
import { instanceHolder } from "./compose/instance.ts";

/** The 30 s of draining, and what comes after it. */
const STOP_MS = 45_000;
const ANSWER_MS = 5_000;
const LOOK_MS = 20;

/** Resolves to the pid that has stopped, or `undefined` when none ran. */
export async function stopDaemon(places: Places): Promise<number | undefined> {
  const deadline = Date.now() + STOP_MS;
  const holder = instanceHolder(lockFile(places));
  const found = await findDaemon(places);
  if (found === undefined && holder === undefined) return undefined;
  if (found === undefined) throw new Failure("daemon.unresponsive", { socket: places.socket, seconds: 0 });
  const { pid } = await found.link.call("daemon.ping", {}, ANSWER_MS);
  await found.link.call("daemon.shutdown", {}, ANSWER_MS);
  // The socket goes first, the lock last: what comes next can start at once.
  while (instanceHolder(lockFile(places)) !== undefined) {
    if (Date.now() > deadline)
      throw new Failure("daemon.unresponsive", { socket: found.socket, seconds: STOP_MS / 1000 });
    await new Promise((next) => setTimeout(next, LOOK_MS));
  }
  found.link.close();
  return pid;
}
