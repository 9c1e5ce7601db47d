/** `list_dir`: what is in one folder of the worktree, git's own files aside. */
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import type { ListDirArgs, ToolAnswer } from "../../../domain/tool.ts";
import { nameRefused } from "../../../domain/tool-path.ts";
import { shown } from "../../../domain/tool-refusal.ts";
import { folderOnly, inside, type Place } from "./inside.ts";
import type { Worktree } from "./worktree.ts";

/** More is a folder of data: its names would fill the model's context. */
const MOST_ENTRIES = 500;

export function listDir(worktree: Worktree, { path, offset }: ListDirArgs): ToolAnswer {
  return inside(worktree, path, {}, (place): ToolAnswer => {
    folderOnly(place, path);
    const names = readdirSync(place.path)
      .filter((name) => nameRefused(name, name) === undefined)
      .sort();
    if (names.length === 0) return { ok: true, text: "[the folder is empty]" };
    const some = names.slice(offset - 1, offset - 1 + MOST_ENTRIES);
    const text = some.map((name) => entry(place, name)).join("\n");
    const end = offset - 1 + some.length;
    if (end >= names.length) return { ok: true, text: text === "" ? `[there are only ${names.length} entries]` : text };
    const note = `[entries ${offset} to ${end} of ${names.length}; see more with offset ${end + 1}]`;
    return { ok: true, text: `${text}\n${note}`, cut: true };
  });
}

function entry({ beside }: Place, name: string): string {
  const path = beside(name);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return `${shown(name)}/`;
  if (stats?.isSymbolicLink()) return `${shown(name)} -> ${shown(readlinkSync(path))}`;
  return stats?.isFile() ? `${shown(name)} (${stats.size} bytes)` : `${shown(name)} (no regular file)`;
}
