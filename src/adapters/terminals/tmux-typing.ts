/**
 * Types into a pane, once per key (T3).
 *
 * The look whether the key was taken, the look whether the program lives, the typing and the mark are one command list,
 * sent as one line: the tmux server has it whole or not at all, and nothing else runs in between. So a daemon that is
 * killed at any instant leaves either both the text and the mark, or neither.
 */
import { createHash, randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Key, Typed } from "../../ports/terminal-host.ts";
import { TmuxRefusal } from "./control-client.ts";
import { quote } from "./tmux-quote.ts";

/** Keys may hold anything; an option's name may not. 128 bits of the hash do not meet by chance. */
const markOf = (key: string) => `@devflow_key_${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;

export const PASTE_PREFIX = "paste-";

/** Each needs a client that dies in the same moment. */
const LOAD_ATTEMPTS = 5;

export type Run = (line: string) => Promise<Buffer[]>;

/** In a mode (scrolling, searching) tmux takes keys for itself, and pastes without the marks: it is left first. */
const leaveMode = (pane: string) => `if-shell -F -t ${pane} '#{pane_in_mode}' { copy-mode -q -t ${pane} }`;

const typing = async (
  run: Run,
  pane: string,
  key: string,
  commands: readonly string[],
  before: readonly string[] = [],
): Promise<Typed> => {
  const mark = markOf(key);
  const done = [...commands, `set-option -p -t ${pane} ${mark} 1`, "display-message -p typed"].join(" ; ");
  const alive = `if-shell -F -t ${pane} '#{pane_dead}' { display-message -p gone } { ${done} }`;
  const once = `if-shell -F -t ${pane} '#{${mark}}' { display-message -p already } { ${alive} }`;
  const lines = await run([...before, once].join(" ; "));
  const answer = lines.at(-1)?.toString();
  if (answer === "typed" || answer === "already" || answer === "gone") return answer;
  throw new Error(`tmux gave no answer to typing: ${lines.join(" ").slice(0, 200)}`);
};

/** A text on its way into a pane: the buffer of the server that takes it there, and the line that fills it. */
interface Carried {
  text: string;
  name: string;
  fill: string;
  /** Only a text that is too long for a command line lies in one. */
  file: string | undefined;
}

/** Up to this a text stands in the command line, which tmux reads a character at a time; a file takes it several messages and the disk. */
const IN_LINE_BYTES = 8_000;

/** `directory` is where the server looks up files for us: exact from one byte to megabytes, either way. */
function carry(text: string, directory: string): Carried {
  const name = `${PASTE_PREFIX}${randomUUID()}`;
  if (Buffer.byteLength(text) <= IN_LINE_BYTES)
    return { text, name, fill: `set-buffer -b ${name} -- ${quote(text)}`, file: undefined };
  const file = join(directory, name);
  try {
    // At once: a trip to another thread takes longer than the system does to keep a prompt.
    writeFileSync(file, text, { mode: 0o600 });
  } catch (problem) {
    rmSync(file, { force: true });
    throw problem;
  }
  return { text, name, fill: `load-buffer -b ${name} ${name}`, file };
}

/** A text that is in a buffer of the server already, from which no program sees it. */
export type Brought = Carried;

export function bring(run: Run, text: string, directory: string): Brought | undefined {
  // tmux makes no buffer of nothing.
  if (text === "") return undefined;
  try {
    const carried = carry(text, directory);
    run(carried.fill).catch(() => {}); // Then the paste fills it.
    return carried;
  } catch {
    return undefined; // No room: the paste says so.
  }
}

export async function putAway(run: Run, { name, file }: Brought): Promise<void> {
  await run(`delete-buffer -b ${name}`).catch(() => {});
  if (file !== undefined) await unlink(file).catch(() => {});
}

export async function paste(
  run: Run,
  pane: string,
  key: string,
  text: string,
  directory: string,
  brought?: Brought,
): Promise<Typed> {
  if (text === "") return typing(run, pane, key, []);
  const { name, file, fill } = brought ?? carry(text, directory);
  try {
    const pasting = [leaveMode(pane), `paste-buffer -p -d -b ${name} -t ${pane}`];
    for (let attempt = 1; ; attempt++) {
      try {
        // The server has taken the line that fills it before this one, and does one after the other.
        const before = brought && attempt === 1 ? [] : [fill];
        const typed = await typing(run, pane, key, pasting, before);
        // Not there any more when the paste had happened and only its answer was lost.
        if (typed !== "typed") await run(`delete-buffer -b ${name}`).catch(() => {});
        return typed;
      } catch (problem) {
        // A client that dies while it loads can report success. Without the buffer nothing was typed and nothing marked.
        const loadedNothing = problem instanceof TmuxRefusal && problem.message.startsWith("no buffer");
        if (!loadedNothing || attempt >= LOAD_ATTEMPTS) throw problem;
      }
    }
  } finally {
    if (file !== undefined) await unlink(file).catch(() => {});
  }
}

export const press = (run: Run, pane: string, key: string, keys: readonly Key[]): Promise<Typed> =>
  typing(run, pane, key, keys.length === 0 ? [] : [leaveMode(pane), `send-keys -t ${pane} ${keys.join(" ")}`]);

export const typeText = (run: Run, pane: string, key: string, text: string): Promise<Typed> =>
  typing(run, pane, key, text === "" ? [] : [leaveMode(pane), `send-keys -l -t ${pane} -- ${quote(text)}`]);

export async function takenKeys(run: Run, pane: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const [answer] = await run(`display-message -p -t ${pane} '${keys.map((key) => `#{${markOf(key)}},`).join("")}'`);
  const marks = String(answer ?? "").split(",");
  return keys.filter((_, i) => marks[i] === "1");
}
