/** The worktree that tools work in, and how a name in one of its open folders is reached. */
import { type BigIntStats, closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { shown } from "../../../domain/tool-refusal.ts";
import { refuse } from "./refused.ts";

export const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface Worktree {
  /** Its real path. */
  path: string;
  /** As it really is, and as it was given. */
  names: readonly string[];
  /** Of the folder itself: another one in its place is not the worktree. */
  id: string;
  hasProc: boolean;
}

/** An open folder on the way from the worktree down. */
export interface Folder {
  fd: number;
  name: string;
}

const idOf = ({ dev, ino }: BigIntStats): string => `${dev}/${ino}`;

export const folderId = (fd: number): string => idOf(fstatSync(fd, { bigint: true }));

/** Throws what the system says when the folder cannot be opened. */
export function worktreeAt(given: string, real: string, hasProc = existsSync("/proc/self/fd")): Worktree {
  const fd = openSync(real, OPEN_FOLDER);
  try {
    return { path: real, names: [real, given], id: folderId(fd), hasProc };
  } finally {
    closeSync(fd);
  }
}

export const namesOf = (held: readonly Folder[]): string[] => held.slice(1).map(({ name }) => name);

/** The path of `name` in the last of the `held` folders, for the very next call. I1, I3 of `inside.ts`. */
export function pathIn(worktree: Worktree, held: readonly Folder[], name: string): string {
  const folder = held.at(-1);
  if (folder === undefined) throw new Error("no folder is held");
  if (worktree.hasProc) return `/proc/self/fd/${folder.fd}/${name}`;
  const path = join(worktree.path, ...namesOf(held));
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!there || idOf(there) !== folderId(folder.fd))
    return refuse("path.changed", { path: shown(namesOf(held).join("/")) });
  return join(path, name);
}
