/**
 * The way to a file of the worktree that no link, and no swap in the meantime, can lead out of it.
 *
 * I1. Every folder on the way is opened from the one before it, by its name alone and never through a link: what is held is
 *     what was looked at. On Linux `/proc/self/fd/N/name` does what `openat` would; Node has none.
 * I2. A link is read, not followed: its target is walked like everything else, `..` going back to the folder held before.
 * I3. Where there is no `/proc` (macOS), names are opened by their path, and the folder is held against the one that was opened
 *     right before: a swap between these two calls would be missed.
 */
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
} from "node:fs";
import { SCRATCH } from "../../../domain/artifact.ts";
import { nameRefused, notPortable, partsOf } from "../../../domain/tool-path.ts";
import { type Refusal, shown } from "../../../domain/tool-refusal.ts";
import { Refused, refusalOf, refuse } from "./refused.ts";
import { type Folder, folderId, namesOf, OPEN_FOLDER, pathIn, type Worktree } from "./worktree.ts";

/** As many as Linux itself follows. */
const MOST_LINKS = 40;

/** A place in the worktree: a name in an open folder, or (without a name) an open folder itself. */
export interface Place {
  /** Its path by names that are no links. */
  parts: readonly string[];
  /** A path to it, for the very next call. */
  path: string;
  name: string | undefined;
  /** Absent: there is nothing yet. Never a link. */
  stats: BigIntStats | undefined;
  /** The path of another name in the same folder, for the very next call. */
  beside: (name: string) => string;
}

export interface Wanted {
  /** What is not there is going to be made, folders on the way too, unless this refuses the place. */
  make?: (parts: readonly string[]) => Refusal | undefined;
}

/** Looks for `asked`, and gives what `use` makes of it while the folder is held; a refusal when it may not or cannot be used. */
export function inside<T>(worktree: Worktree, asked: string, wanted: Wanted, use: (place: Place) => T): T | Refusal {
  const meant = partsOf(asked, worktree.names);
  if (!meant.ok) return meant;
  const held: Folder[] = [];
  try {
    held.push({ fd: openSync(worktree.path, OPEN_FOLDER), name: "" });
    return use(walk({ worktree, wanted, held, path: shown(asked) }, meant.parts));
  } catch (error) {
    return refusalOf(error, asked);
  } finally {
    for (const { fd } of held) closeSync(fd);
  }
}

interface Way {
  worktree: Worktree;
  wanted: Wanted;
  /** The worktree, and every folder opened below it on the way here. */
  held: Folder[];
  /** What was asked for, as it is told. */
  path: string;
}

function walk(way: Way, parts: readonly string[]): Place {
  const { worktree, wanted, held, path } = way;
  if (folderId(here(way).fd) !== worktree.id) return refuse("path.changed", { path });
  const todo = [...parts];
  /** How many of the names to come were asked for; those before them are a link's. */
  let own = todo.length;
  let links = 0;
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const ofLink = todo.length >= own;
    if (!ofLink) own -= 1;
    if (next === "" || next === ".") continue;
    if (next === "..") {
      back(way);
      continue;
    }
    const place = lookAt(way, next);
    const last = todo.every((rest) => rest === "" || rest === ".");
    if (place.stats?.isSymbolicLink()) {
      if (++links > MOST_LINKS) return refuse("path.link_loop", { path });
      todo.unshift(...targetOf(way, place));
      continue;
    }
    if (place.stats?.isDirectory()) {
      enter(way, place);
      continue;
    }
    if (place.stats !== undefined && !last)
      return refuse("path.not_folder", { path: shown(place.parts.join("/")), hint: "" });
    if (place.stats === undefined && wanted.make) {
      if (ofLink) return refuse("path.link_dangling", { path });
      for (const name of [place.name, ...todo]) portable(name);
    }
    const refused = wanted.make?.([...place.parts, ...todo]);
    if (refused) throw new Refused(refused);
    if (last) return place;
    if (!wanted.make) return notFound(path, place.parts);
    mkdirSync(place.path);
    enter(way, place);
  }
  const { fd } = here(way);
  return { ...placeOf(way, ""), parts: namesOf(held), name: undefined, stats: fstatSync(fd, { bigint: true }) };
}

function here({ held }: Way): Folder {
  const folder = held.at(-1);
  if (folder === undefined) throw new Error("no folder is held");
  return folder;
}

type Named = Place & { name: string };

const placeOf = ({ worktree, held }: Way, name: string): Named => ({
  parts: [...namesOf(held), name],
  path: pathIn(worktree, held, name),
  name,
  stats: undefined,
  beside: (other) => pathIn(worktree, held, other),
});

/** What has this name in the folder where we are, links included. */
function lookAt(way: Way, asked: string): Named {
  const refused = nameRefused(asked, way.path);
  if (refused) throw new Refused(refused);
  const place = placeOf(way, spelled(pathIn(way.worktree, way.held, ""), asked));
  return { ...place, stats: lstatSync(place.path, { bigint: true, throwIfNoEntry: false }) };
}

/** I1. */
function enter({ held }: Way, { path, name }: Named): void {
  held.push({ fd: openSync(path, OPEN_FOLDER), name });
}

/** Only a link's target can ask for this: what was asked for is without `..`. */
function back({ held, path }: Way): void {
  if (held.length === 1) refuse("path.link_outside", { path, link: "its target begins with .." });
  const left = held.pop();
  if (left) closeSync(left.fd);
}

/** I2. The names to walk on with; from the worktree itself when they are absolute. */
function targetOf({ worktree, held, path }: Way, link: Named): string[] {
  if (link.parts.length === 1 && link.name === SCRATCH) return refuse("path.link_devflow", { path });
  const target = readlinkSync(link.path);
  if (!target.startsWith("/")) return target.split("/");
  const meant = partsOf(target, worktree.names);
  if (!meant.ok) {
    if (meant.code === "path.git") throw new Refused(meant);
    return refuse("path.link_outside", { path, link: shown(link.parts.join("/")) });
  }
  for (const { fd } of held.splice(1)) closeSync(fd);
  return meant.parts;
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
export function fileOnly(place: Place, asked: string): void {
  const path = shown(asked);
  const { stats } = place;
  if (stats === undefined) notFound(path, place.parts);
  if (stats.isFile()) return;
  const kind = KINDS.find(([is]) => (stats[is] as () => boolean).call(stats))?.[1] ?? "something else";
  const instead = kind === "a folder" ? "Use list_dir on it." : "Use another file.";
  refuse("path.not_file", { path, kind, instead });
}

export function folderOnly({ stats, parts }: Place, asked: string): void {
  if (stats === undefined) notFound(shown(asked), parts);
  if (!stats.isDirectory()) refuse("path.not_folder", { path: shown(asked), hint: " but a file" });
}
