/**
 * The hooks of one session: a settings file and a tiny program in a folder of its own, never in the user's configuration, and the
 * file to which that program appends what the agent says.
 */
import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Hooks, hookSettings, hookTable } from "../../domain/hook-event.ts";
import { eventLines } from "./event-lines.ts";

const SAID = "said.jsonl";

/** A line longer than this is cut, and so passed over: a hook must not fill the disk with what the agent writes. */
const MAX_LINE_BYTES = 60_000;

/** One line, appended with one write: hooks of one agent may run side by side. It must never fail the agent that calls it. */
const PROGRAM = `#!/bin/sh
umask 077
f=$1
{ tr -d '\\n\\r' | head -c ${MAX_LINE_BYTES}; echo; } > "$f.$$" 2>/dev/null && cat "$f.$$" >> "$f" 2>/dev/null
rm -f "$f.$$"
exit 0
`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Writes both; answers with what an agent can be given of them: the path of the settings file, or all of it in a table. */
export async function installHooks(folder: string, hooks: Hooks): Promise<{ settings: string; table: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const program = join(folder, "hook.sh");
  const settings = join(folder, "settings.json");
  await writeFile(program, PROGRAM, { mode: 0o700 });
  const command = `/bin/sh ${quoted(program)} ${quoted(join(folder, SAID))}`;
  await writeFile(`${settings}.new`, hookSettings(hooks, command), { mode: 0o600 });
  await rename(`${settings}.new`, settings);
  return { settings, table: hookTable(hooks, command, sha256) };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Once the session is over: what the agent said holds prompts as they were, secrets and all, and nobody needs it any more. */
export const removeHooks = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** Tells what the hooks say from now on. */
export const followHooks = (folder: string, tell: (value: unknown) => void): (() => void) =>
  followLines(folder, SAID, tell);

/**
 * Tells every line of a file in the folder from now on, of those that are wanted; what is there already was said to an earlier daemon.
 */
export function followLines(
  folder: string,
  file: string,
  tell: (value: unknown) => void,
  wanted?: (line: string) => boolean,
): () => void {
  const lines = eventLines(join(folder, file), wanted);
  let stopped = false;
  let watcher: FSWatcher | undefined;
  let reading = lines.read(() => {}).then(() => {});
  /** A reading that has not begun yet finds this too. */
  let due = false;
  const look = (): void => {
    if (due) return;
    due = true;
    reading = reading
      .then(() => {
        due = false;
        return lines.read((value) => !stopped && tell(value));
      })
      .then(
        () => {},
        () => {},
      );
  };
  void reading.then(() => {
    if (stopped) return;
    try {
      watcher = watch(folder, look);
      watcher.on("error", () => {}); // the folder is gone: so is the session
      look();
    } catch {
      // Without its folder an agent tells nothing so; its screen still speaks.
    }
  });
  return () => {
    stopped = true;
    watcher?.close();
  };
}
