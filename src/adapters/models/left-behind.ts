/**
 * What a closed session leaves in its folder: what a person may read of it, without any secret that devflow knows; its process
 * knew of its own key alone. What only a process could go on from, the conversation as the model has it, goes.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as others } from "node:timers/promises";
import type { Redact } from "../../domain/redact.ts";
import { writeWhole } from "../system/whole-file.ts";
import { SESSION_FILES } from "./session-protocol.ts";

/** After so much at once others have their turn: a transcript may have megabytes. */
const AT_ONCE_CHARACTERS = 256 * 1024;

export async function leaveBehind(folder: string, redact: Redact): Promise<void> {
  const { checkpoint, journal, transcript, tools } = SESSION_FILES;
  for (const name of [checkpoint, `${checkpoint}-wal`, `${checkpoint}-shm`, tools])
    await rm(join(folder, name), { recursive: true, force: true });
  for (const name of [journal, transcript]) await clean(join(folder, name), redact);
}

async function clean(file: string, redact: Redact): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from + AT_ONCE_CHARACTERS);
    const to = end < 0 ? text.length : end + 1;
    parts.push(redact(text.slice(from, to)));
    from = to;
    await others();
  }
  const cleaned = parts.join("");
  if (cleaned !== text) await writeWhole(file, cleaned);
}
