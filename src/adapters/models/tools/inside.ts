/**
 * The way to a file of the worktree that no link, and no swap in the meantime, can lead out of it.
 *
 * I1. Every folder on the way is opened from the one before it, by its name alone and never through a link: what is held is
 *     what was looked at. On Linux `/proc/self/fd/N/name` does what `openat` would; Node has none.
 * I2. A link is read, not followed: its target starts a new walk in the worktree, `..` going back to the folder held before.
 * I3. Where there is no `/proc` (macOS), names are opened by their path, and the folder is held against the one that was opened
 *     right before: a swap between these two calls would be missed.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
} from "node:fs";
import { join } from "node:path";
import { SCRATCH } from "../../../domain/artifact.ts";
import { systemProblem } from "../../../domain/system-problem.ts";
import { nameRefused, notPortable, partsOf } from "../../../domain/tool-path.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import { errorCode } from "../../system/whole-file.ts";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** As many as Linux itself follows. */
const MOST_LINKS = 40;

export interface Worktree {
  /** Its real path. */
  path: string;
  /** As it was given, and as it really is. */
  names: readonly string[];
  /** Of the folder itself: another one in its place is not the worktree. */
  id: string;
  hasProc: boolean;
}

interface Folder {
  fd: number;
  name: string;
}

/** A place in the worktree: an open folder and a name in it, or (without a name) that folder itself. */
export interface Place {
  /** Its path by names that are no links. */
  parts: readonly string[];
  /** A path to it for the very next call, and no later one. */
  path: string;
  folder: { fd: number; at: (name: string) => string };
  name: string | undefined;
  /** Absent: there is nothing yet. Never a link. */
  stats: BigIntStats | undefined;
}

export interface Wanted {
  /** What is not there is going to be made, folders on the way too, unless this refuses the place. */
  make?: (parts: readonly string[]) => Refusal | undefined;
}

class Refused extends Error {
  readonly refusal: Refusal;
  constructor(why: Refusal) {
    super(why.reason);
    this.refusal = why;
  }
}

/** Ends what is under way inside `inside` with a refusal. */
export function refuse(...reason: Parameters<typeof refusal>): never {
  throw new Refused(refusal(...reason));
}

const idOf = ({ dev, ino }: BigIntStats): string => `${dev}/${ino}`;

/** Throws what the system says when the folder cannot be opened. */
export function worktreeAt(given: string, real: string, hasProc = existsSync("/proc/self/fd")): Worktree {
  const fd = openSync(real, FOLDER);
  try {
    return { path: real, names: [real, given], id: idOf(fstatSync(fd, { bigint: true })), hasProc };
  } finally {
    closeSync(fd);
  }
}

/** Looks for `asked`, and gives what `use` makes of it while the folder is held; a refusal when it may not or cannot be used. */
export function inside<T>(worktree: Worktree, asked: string, wanted: Wanted, use: (place: Place) => T): T | Refusal {
  const meant = partsOf(asked, worktree.names);
  if (!meant.ok) return meant;
  const held: Folder[] = [];
  try {
    return use(walk(worktree, asked, meant.parts, wanted, held));
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    return refusalOf(error, asked);
  } finally {
    for (const { fd } of held) closeSync(fd);
  }
}

/** It was looked at right before: something else has taken it away, or put something in its place. */
const RACED = ["ENOENT", "ENOTDIR", "ELOOP", "EEXIST", "EISDIR", "ENXIO", "EINVAL"];

function refusalOf(error: unknown, asked: string): Refusal {
  const path = shown(asked);
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (RACED.includes(code)) return refusal("path.changed", { path });
  if (code === "ENAMETOOLONG") return refusal("path.too_long", { path, bytes: Buffer.byteLength(asked) });
  return refusal("path.denied", { path, problem: systemProblem(error) });
}

function walk(worktree: Worktree, asked: string, parts: readonly string[], wanted: Wanted, held: Folder[]): Place {
  const path = shown(asked);
  const top = openSync(worktree.path, FOLDER);
  held.push({ fd: top, name: "" });
  if (idOf(fstatSync(top, { bigint: true })) !== worktree.id) return refuse("path.changed", { path });
  const todo = [...parts];
  let links = 0;
  /** How many of the names to come were asked for; those before them are a link's. */
  let own = todo.length;
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const ofLink = todo.length >= own;
    if (!ofLink) own -= 1;
    if (next === "" || next === ".") continue;
    const folder = held.at(-1) ?? { fd: top, name: "" };
    if (next === "..") {
      if (held.length === 1) return refuse("path.link_outside", { path, link: "its target" });
      closeSync(folder.fd);
      held.pop();
      continue;
    }
    const refused = nameRefused(next, path);
    if (refused) throw new Refused(refused);
    const at = (name: string) => pathIn(worktree, held, name);
    const name = spelled(at(""), next);
    const stats = lstatSync(at(name), { bigint: true, throwIfNoEntry: false });
    const place = { parts: [...namesOf(held), name], path: at(name), folder: { fd: folder.fd, at }, name };
    if (stats?.isSymbolicLink()) {
      if (held.length === 1 && name === SCRATCH) return refuse("path.link_devflow", { path });
      if (++links > MOST_LINKS) return refuse("path.link_loop", { path });
      const target = readlinkSync(at(name));
      const further = target.startsWith("/") ? insideParts(worktree, target) : target.split("/");
      if (further === undefined) return refuse("path.link_outside", { path, link: shown(place.parts.join("/")) });
      if (target.startsWith("/")) for (const { fd } of held.splice(1)) closeSync(fd);
      todo.unshift(...further);
      continue;
    }
    const last = todo.every((rest) => rest === "" || rest === ".");
    if (stats === undefined) {
      if (ofLink && wanted.make) return refuse("path.link_dangling", { path });
      if (wanted.make) for (const made of [name, ...todo]) portable(made);
      allow(wanted, [...place.parts, ...todo]);
      if (last) return { ...place, stats };
      if (!wanted.make) return notFound(path, place.parts);
      mkdirSync(at(name));
    } else if (last && !stats.isDirectory()) {
      allow(wanted, place.parts);
      return { ...place, stats };
    } else if (!stats.isDirectory()) return refuse("path.not_folder", { path: shown(place.parts.join("/")), hint: "" });
    held.push({ fd: openSync(at(name), FOLDER), name });
  }
  const folder = held.at(-1) ?? { fd: top, name: "" };
  const at = (name: string) => pathIn(worktree, held, name);
  const stats = fstatSync(folder.fd, { bigint: true });
  return { parts: namesOf(held), path: at(""), folder: { fd: folder.fd, at }, name: undefined, stats };
}

function allow({ make }: Wanted, parts: readonly string[]): void {
  const refused = make?.(parts);
  if (refused) throw new Refused(refused);
}

const namesOf = (held: readonly Folder[]): string[] => held.slice(1).map(({ name }) => name);

function insideParts(worktree: Worktree, target: string): string[] | undefined {
  const meant = partsOf(target, worktree.names);
  if (meant.ok) return meant.parts;
  if (meant.code === "path.git") throw new Refused(meant);
  return undefined;
}

/** I1, I3. */
function pathIn(worktree: Worktree, held: readonly Folder[], name: string): string {
  const folder = held.at(-1);
  if (folder === undefined) throw new Error("no folder is held");
  if (worktree.hasProc) return `/proc/self/fd/${folder.fd}/${name}`;
  const path = join(worktree.path, ...namesOf(held));
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!there || idOf(there) !== idOf(fstatSync(folder.fd, { bigint: true })))
    return refuse("path.changed", { path: shown(namesOf(held).join("/")) });
  return join(path, name);
}

const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text);

/** The name as it is on disk: Korean may be stored in another normal form than the model writes. */
function spelled(folder: string, name: string): string {
  if (isAscii(name)) return name;
  const there = readdirSync(folder);
  if (there.includes(name)) return name;
  return there.find((other) => other.normalize("NFC") === name.normalize("NFC")) ?? name;
}

function portable(name: string): void {
  const problem = notPortable(name);
  if (problem !== undefined) refuse("path.not_portable", { path: shown(name), problem });
}

function notFound(path: string, parts: readonly string[]): never {
  return refuse("path.not_found", { path, parent: shown(parts.slice(0, -1).join("/")) || "." });
}

const KINDS: readonly [keyof BigIntStats & `is${string}`, string][] = [
  ["isDirectory", "a folder"],
  ["isFIFO", "a pipe"],
  ["isSocket", "a socket"],
  ["isCharacterDevice", "a device"],
  ["isBlockDevice", "a device"],
];

/** Only what is a regular file goes on: nothing else is even opened. */
export function fileOnly(place: Place, asked: string): BigIntStats {
  const path = shown(asked);
  const { stats } = place;
  if (stats === undefined) return notFound(path, place.parts);
  if (stats.isFile()) return stats;
  const kind = KINDS.find(([is]) => (stats[is] as () => boolean).call(stats))?.[1] ?? "something else";
  const instead = kind === "a folder" ? "Use list_dir on it." : "Use another file.";
  return refuse("path.not_file", { path, kind, instead });
}

export function folderOnly(place: Place, asked: string): void {
  if (place.stats === undefined) notFound(shown(asked), place.parts);
  else if (!place.stats.isDirectory()) refuse("path.not_folder", { path: shown(asked), hint: " but a file" });
}
