/**
 * One look at a file that somebody else may be writing: its bytes, if they stood still while they were read.
 *
 * All of it is synchronous: a look takes some 50 µs that way, and nothing can slip in between its own steps from this process.
 * It never blocks: a FIFO or a device is recognised before it is opened, and opened without waiting should it come in between.
 */
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { MAX_ARTIFACT_BYTES, SCRATCH } from "../../domain/artifact.ts";
import { shortage } from "../../domain/system-problem.ts";
import { errorCode } from "../system/whole-file.ts";

export type Whole =
  | { kind: "absent" }
  /** It changed while it was read. */
  | { kind: "changing" }
  /** It is there, but it is nothing to be read. */
  | { kind: "odd"; problem: string }
  | { kind: "whole"; bytes: Uint8Array; mark: string; modifiedMs: number };

/** What tells two states of a file apart without reading it; undefined when there is none. */
export function markOf(path: string): string | undefined {
  try {
    return mark(lstatSync(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

const mark = ({ dev, ino, size, mtimeNs }: BigIntStats): string => `${dev}/${ino}/${size}/${mtimeNs}`;

export function readWhole(path: string): Whole {
  try {
    const link = linkAbove(path);
    if (link !== undefined) return { kind: "odd", problem: `${link} is a link; it must be a folder` };
    const before = lstatSync(path, { bigint: true });
    const odd = oddity(before);
    return odd === undefined ? readFile(path, before) : { kind: "odd", problem: odd };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    if (code === "EACCES" || code === "EPERM") return { kind: "odd", problem: "it cannot be read: permission denied" };
    // What devflow has run out of is no fault of who wrote it.
    const short = shortage(error);
    if (short) throw short;
    // It has become a link (ELOOP) or something that cannot be opened (ENXIO): the next look will say what.
    if (code === "ELOOP" || code === "ENXIO" || code === "EAGAIN") return { kind: "changing" };
    return { kind: "odd", problem: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The folders from `.devflow` down must be real ones, or an artifact could be taken from anywhere. */
export function linkAbove(path: string): string | undefined {
  const parts = dirname(path).split(sep);
  const scratch = parts.lastIndexOf(SCRATCH);
  const first = scratch >= 0 ? scratch : Math.max(parts.length - 2, 1);
  for (let i = first; i < parts.length; i += 1) {
    const folder = parts.slice(0, i + 1).join(sep);
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return join(...parts.slice(first, i + 1));
  }
  return undefined;
}

/** The directory that holds `.devflow`; the root where there is none. */
export function worktreeOf(path: string): string {
  const parts = dirname(path).split(sep);
  return parts.slice(0, Math.max(parts.lastIndexOf(SCRATCH), 1)).join(sep) || sep;
}

function oddity(stats: BigIntStats): string | undefined {
  if (stats.isSymbolicLink()) return "it is a link; write a regular file";
  if (stats.isDirectory()) return "it is a folder; write a regular file";
  if (!stats.isFile()) return "it is no regular file";
  if (stats.size > BigInt(MAX_ARTIFACT_BYTES))
    return `it has ${stats.size} bytes; the limit is ${MAX_ARTIFACT_BYTES}. Say it in fewer words`;
  return undefined;
}

function readFile(path: string, before: BigIntStats): Whole {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = fstatSync(file, { bigint: true });
    if (mark(opened) !== mark(before) || !opened.isFile()) return { kind: "changing" };
    const size = Number(opened.size);
    const buffer = Buffer.alloc(size + 1); // one more, to see whether it has grown
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(file, buffer, length, buffer.length - length, length);
    const same = mark(fstatSync(file, { bigint: true })) === mark(opened) && markOf(path) === mark(opened);
    if (length !== size || !same) return markOf(path) === undefined ? { kind: "absent" } : { kind: "changing" };
    return { kind: "whole", bytes: buffer.subarray(0, size), mark: mark(opened), modifiedMs: Number(opened.mtimeMs) };
  } finally {
    closeSync(file);
  }
}
