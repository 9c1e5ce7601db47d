/** `read_file`: a text file of the worktree, by lines, so much at a time as a model can take. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { ReadFileArgs, ToolAnswer } from "../../../domain/tool.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import { fileOnly, inside, type Place } from "./inside.ts";
import { refuse } from "./refused.ts";
import type { Worktree } from "./worktree.ts";

/** Larger files are data, and reading one would take the memory of the whole session. */
export const MOST_FILE_BYTES = 32 * 1024 * 1024;
/** Some 12 000 tokens: enough for most files, and no answer fills the model's context. */
const MOST_SHOWN_CHARACTERS = 48_000;
/** A pipe that has come in between must not be waited for. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function readFile(worktree: Worktree, args: ReadFileArgs): ToolAnswer {
  const bytes = inside(worktree, args.path, {}, (place) => bytesOf(place, args.path, MOST_FILE_BYTES));
  if (!(bytes instanceof Uint8Array)) return bytes;
  const text = textOf(bytes, args.path);
  return typeof text === "string" ? part(text, args) : text;
}

/** The bytes of the regular file at `place`. */
export function bytesOf(place: Place, asked: string, limit: number): Uint8Array {
  fileOnly(place, asked);
  const file = openSync(place.path, READ);
  try {
    const stats = fstatSync(file, { bigint: true });
    const path = shown(asked);
    if (!stats.isFile()) return refuse("path.changed", { path });
    if (stats.nlink > 1n) return refuse("path.other_names", { path });
    if (stats.size > BigInt(limit)) return refuse("file.too_large", { path, bytes: Number(stats.size), limit });
    const buffer = Buffer.alloc(Number(stats.size));
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(file, buffer, length, buffer.length - length, length);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

export function textOf(bytes: Uint8Array, asked: string): string | Refusal {
  const problem = (what: string) => refusal("file.binary", { path: shown(asked), problem: what });
  if (bytes.includes(0)) return problem("it has zero bytes");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return problem("it is in another encoding, or binary");
  }
}

/** So many whole lines as are asked for and fit; of a line that does not fit alone, its beginning. */
function part(text: string, { path, offset, limit, column }: ReadFileArgs): ToolAnswer {
  if (text === "") return { ok: true, text: "[the file is empty]" };
  const lines = text.split("\n");
  const count = text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (offset > count) return refusal("file.past_end", { path: shown(path), lines: count, offset });
  const wanted = lines.slice(offset - 1, Math.min(offset - 1 + limit, count));
  wanted[0] = [...(wanted[0] ?? "")].slice(column - 1).join("");
  const kept: string[] = [];
  let length = 0;
  for (const line of wanted) {
    if (length + line.length > MOST_SHOWN_CHARACTERS) break;
    kept.push(line);
    length += line.length + 1;
  }
  if (kept.length === 0) return beginning(wanted[0] ?? "", path, offset, column, count);
  const end = offset - 1 + kept.length;
  const shownText = kept.join("\n") + (end < count || text.endsWith("\n") ? "\n" : "");
  if (end === count) return { ok: true, text: shownText };
  const note = `[lines ${offset} to ${end} of ${count}; read on with offset ${end + 1}]`;
  return { ok: true, text: `${shownText}${note}`, cut: true };
}

function beginning(line: string, path: string, offset: number, column: number, count: number): ToolAnswer {
  const characters = [...line];
  const some = characters.slice(0, MOST_SHOWN_CHARACTERS);
  const to = column - 1 + some.length;
  const rest = `characters ${column} to ${to} of the ${column - 1 + characters.length} of line ${offset} (of ${count} lines)`;
  const note = `[${rest}; read on in ${shown(path)} with offset ${offset} and column ${to + 1}]`;
  return { ok: true, text: `${some.join("")}\n${note}`, cut: true };
}
