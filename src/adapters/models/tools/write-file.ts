/** `write_file`: a file of the worktree, whole or not at all; writing it again does no harm. */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { ToolAnswer, WriteFileArgs } from "../../../domain/tool.ts";
import { writeRefused } from "../../../domain/tool-path.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import { fileOnly, inside, type Place } from "./inside.ts";
import { bytesOf } from "./read-file.ts";
import { refuse } from "./refused.ts";
import type { Worktree } from "./worktree.ts";

/** More than a model says in one answer. */
const MOST_CONTENT_BYTES = 4 * 1024 * 1024;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const NEW_FILE_MODE = 0o666; // less the umask, as every program makes files
const RIGHTS = 0o777;

export interface Writing {
  worktree: Worktree;
  /** The parts of the one path under `.devflow` that may be written. */
  artifact: readonly string[] | undefined;
  args: WriteFileArgs;
  /** Names the temporary file: that of an interrupted call is found again. */
  key: string;
}

/** Why it may not be written, before anything is touched. */
export function writingRefused({ args }: Writing): Refusal | undefined {
  const bytes = Buffer.byteLength(args.content);
  if (bytes > MOST_CONTENT_BYTES) return refusal("content.too_large", { bytes, limit: MOST_CONTENT_BYTES });
  if (/\p{Cs}/u.test(args.content)) return refusal("content.invalid");
  return undefined;
}

/** What is there now, to be told apart from what somebody else writes later; undefined when it cannot be told. */
export function stateBefore({ worktree, args }: Writing): string | undefined {
  const state = inside(worktree, args.path, {}, ({ stats }) => (stats === undefined ? "nothing" : mark(stats)));
  return typeof state === "string" ? state : state.code === "path.not_found" ? "nothing" : undefined;
}

const mark = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino}/${size}/${mtimeNs}`;

export function writeFile({ worktree, artifact, args, key }: Writing): ToolAnswer {
  const make = (parts: readonly string[]) => writeRefused(parts, artifact);
  return inside(worktree, args.path, { make }, (place): ToolAnswer => {
    if (place.stats !== undefined) fileOnly(place, args.path);
    const made = place.stats === undefined ? "Made" : "Replaced";
    replaceFile(place, args.content, key);
    return { ok: true, text: `${made} ${shown(place.parts.join("/"))} (${Buffer.byteLength(args.content)} bytes).` };
  });
}

/** After an interruption: written already, or not yet, or meanwhile by somebody else. */
export function writeAgain(writing: Writing, before: string | undefined): ToolAnswer {
  const { worktree, args } = writing;
  const bytes = inside(worktree, args.path, {}, (place) => {
    discard(place.beside(temporaryName(writing.key)));
    return place.stats === undefined ? "nothing" : bytesOf(place, args.path, MOST_CONTENT_BYTES);
  });
  if (bytes instanceof Uint8Array && sha256(bytes) === sha256(args.content)) {
    return { ok: true, text: `Wrote ${shown(args.path)} (${bytes.length} bytes).` };
  }
  if (stateBefore(writing) === before) return writeFile(writing);
  return refusal("file.changed", { path: shown(args.path) });
}

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

const temporaryName = (key: string): string => `.${key.slice(0, 16)}.devflow-tmp`;

/** Puts the content in place, whole, under the name that `place` has. */
export function replaceFile(place: Place, content: string, key: string): void {
  const { beside, name, stats } = place;
  if (name === undefined) refuse("path.changed", { path: shown(place.parts.join("/")) });
  const temporary = temporaryName(key);
  try {
    const file = openSync(beside(temporary), NEW, NEW_FILE_MODE);
    try {
      if (stats !== undefined) like(file, stats);
      const bytes = Buffer.from(content);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside(temporary), beside(name)); // onto the name itself, should a link be there now
  } catch (error) {
    discard(beside(temporary));
    throw error;
  }
}

/** Who may do what with the file stays as it was; whose it is too, where we may say so. */
function like(file: number, { mode, uid, gid }: BigIntStats): void {
  fchmodSync(file, Number(mode) & RIGHTS);
  try {
    fchownSync(file, Number(uid), Number(gid));
  } catch {
    // Only root may give files away.
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or has its name already.
  }
}
