/**
 * The note that a running daemon leaves in the state directory: who it is and where it listens.
 *
 * It is for finding the daemon from a process whose runtime directory is another one (no XDG_RUNTIME_DIR under cron, another
 * TMPDIR), and for people. Whether a daemon lives is the lock's word, never this note's.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Places } from "../domain/places.ts";

export interface InstanceRecord {
  pid: number;
  socket: string;
  startedAt: number;
  version: string;
}

const fileOf = ({ state }: Pick<Places, "state">): string => `${state}/devflowd.json`;

/** By rename: a reader sees all of it or none. */
export function writeInstance(places: Places, record: InstanceRecord): void {
  const file = fileOf(places);
  writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export const removeInstance = (places: Places): void => rmSync(fileOf(places), { force: true });

export function readInstance(places: Places): InstanceRecord | undefined {
  try {
    const { pid, socket, startedAt, version } = JSON.parse(
      readFileSync(fileOf(places), "utf8"),
    ) as Partial<InstanceRecord>;
    if (typeof pid !== "number" || typeof socket !== "string") return undefined;
    return { pid, socket, startedAt: startedAt ?? 0, version: version ?? "" };
  } catch {
    return undefined;
  }
}
