/**
 * The paths that tools take: what a path of the model's means, before anything on disk is looked at.
 *
 * T1. A path is relative to the worktree, or absolute and under it; `..` may be in it as long as it does not leave.
 * T2. git's own files are nobody's business, however their name is spelled: file systems that ignore case, trailing dots,
 *     invisible characters or short names take many spellings for `.git`.
 * T3. Under `.devflow` everything is readable (it holds this run's goal, inputs and prompts) and only the artifact is writable.
 */
import { SCRATCH } from "./artifact.ts";
import { utf8Bytes } from "./text.ts";
import { type Refusal, refusal, shown } from "./tool-refusal.ts";

/** What Linux and macOS take. */
const MOST_NAME_BYTES = 255;
const MOST_PATH_BYTES = 4_000;
/** Whoever encodes a path to hide it may do so more than once. */
const DECODINGS = 3;

export interface Parts {
  ok: true;
  /** The names from the worktree down; none for the worktree itself. */
  parts: string[];
}

/** What `asked` means in the worktree at any of `roots` (the same folder, as it was given and as it really is). */
export function partsOf(asked: string, roots: readonly string[]): Parts | Refusal {
  const path = shown(asked);
  const odd = oddity(asked);
  if (odd) return odd;
  const below = asked.startsWith("/") ? belowRoot(asked, roots) : asked.split("/");
  if (below === undefined) return refusal("path.outside", { path, root: roots[0] ?? "" });
  const parts: string[] = [];
  for (const name of below) {
    if (name === "" || name === ".") continue;
    if (name !== "..") parts.push(name);
    else if (parts.pop() === undefined) return refusal("path.outside", { path, root: roots[0] ?? "" });
  }
  for (const name of below) {
    const refused = nameRefused(name, path);
    if (refused) return refused;
  }
  return { ok: true, parts };
}

/** What is wrong with the text of a path, wherever it leads. */
function oddity(asked: string): Refusal | undefined {
  const path = shown(asked);
  if (/[\u0000-\u001f\u007f]/.test(asked)) return refusal("path.characters", { path, problem: "control characters" });
  if (/\p{Cs}/u.test(asked)) return refusal("path.characters", { path, problem: "half a character" });
  if (utf8Bytes(asked) > MOST_PATH_BYTES || asked.split("/").some((name) => utf8Bytes(name) > MOST_NAME_BYTES))
    return refusal("path.too_long", { path, bytes: utf8Bytes(asked) });
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(asked) || /^(?:file|data):/i.test(asked)) return refusal("path.url", { path });
  if (/^[a-z]:(?:[\\/]|$)/i.test(asked) || asked.startsWith("\\\\")) return refusal("path.windows", { path });
  if (asked.includes("\\")) return refusal("path.characters", { path, problem: "a backslash" });
  if (asked.startsWith("~")) return refusal("path.home", { path });
  if (asked.split("/").some(hides)) return refusal("path.encoded", { path });
  return undefined;
}

function decoded(text: string): string {
  let plain = text;
  for (let i = 0; i < DECODINGS; i += 1)
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain;
}

/** Whether decoding the name would make another path of it. `%c0%ae` and `%c0%af` are a dot and a slash in UTF-8 that is too long. */
function hides(name: string): boolean {
  const plain = decoded(name);
  return plain !== name && /^\.\.?$|[/\\\u0000]|\u00c0[\u00ae\u00af]/.test(plain);
}

/** Compared in one normal form: the folder's name may have come to the model in another one. */
function belowRoot(asked: string, roots: readonly string[]): string[] | undefined {
  const names = asked.split("/").filter((name) => name !== "" && name !== ".");
  for (const root of roots) {
    const above = root.split("/").filter((name) => name !== "");
    if (above.every((name, at) => names[at]?.normalize("NFC") === name.normalize("NFC")))
      return names.slice(above.length);
  }
  return undefined;
}

/** Why no path may have this name in it; symbolic links lead to names as well. */
export function nameRefused(name: string, path: string): Refusal | undefined {
  const folded = fold(name);
  if (folded === ".git" || /^git~\d+$/.test(folded)) return refusal("path.git", { path });
  if (folded === SCRATCH && name !== SCRATCH) return refusal("path.look_alike", { path, like: SCRATCH });
  const plain = name.normalize("NFKC");
  if (name !== "." && name !== ".." && (plain === "." || plain === ".."))
    return refusal("path.look_alike", { path, like: plain });
  if (plain.includes("/") || /[\u2215\u2044\u29f8]/.test(name)) return refusal("path.look_alike", { path, like: "/" });
  return undefined;
}

/** A name as the most forgiving file system sees it: no case, no invisible characters, nothing after a colon, no trailing dots. */
const fold = (name: string): string =>
  decoded(name)
    .normalize("NFKC")
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")
    .toLowerCase()
    .replace(/:.*$/, "")
    .replace(/[. ]+$/, "");

const DEVICES = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$/i;

/** Why a new file should not get this name: a colleague's system could not check it out. */
export function notPortable(name: string): string | undefined {
  if (DEVICES.test(name)) return "Windows takes it for a device";
  if (/[. ]$/.test(name)) return "it ends in a dot or a space";
  if (/[<>:"|?*]/.test(name)) return 'it has one of < > : " | ? * in it';
  return undefined;
}

/** T3. `artifact` is given by its parts. */
export function writeRefused(parts: readonly string[], artifact: readonly string[] | undefined): Refusal | undefined {
  if (parts[0] !== SCRATCH) return undefined;
  if (artifact !== undefined && artifact.length === parts.length && artifact.every((name, at) => name === parts[at]))
    return undefined;
  return refusal("path.devflow", { except: artifact === undefined ? "" : ` but the artifact, ${artifact.join("/")}` });
}
