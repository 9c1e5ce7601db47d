/** Sockets of holders that are gone, and whose session has no record any more: nobody would ever look at them again. */

import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { readRecord } from "./pty-record.ts";

const SOCKET = /^[0-9A-Z]{10}\.sock$/;

export interface StraySocket {
  path: string;
  remove(): Promise<void>;
}

export async function straySockets(directory: string, stateDirectory: string): Promise<StraySocket[]> {
  const sessions = await readdir(stateDirectory).catch(() => []);
  const known = new Set(sessions.map((session) => readRecord(join(stateDirectory, session))?.socket));
  const found: StraySocket[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    if (!SOCKET.test(name) || known.has(path) || (await answers(path))) continue;
    found.push({ path, remove: () => rm(path, { force: true }) });
  }
  return found;
}

/** A holder that has just started has its socket before its record. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
