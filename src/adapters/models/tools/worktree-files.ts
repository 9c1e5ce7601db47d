/** The files of a worktree for whoever asks for them by path (`src/ports/worktree-files.ts`): the same way in as the tools have. */
import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { partsOf } from "../../../domain/tool-path.ts";
import type { WorktreeFiles } from "../../../ports/worktree-files.ts";
import { argumentPlace } from "./argument-place.ts";
import { inside } from "./inside.ts";
import { bytesOf, MOST_FILE_BYTES, textOf } from "./read-file.ts";
import { worktreeAt } from "./worktree.ts";
import { writeFile, writingRefused } from "./write-file.ts";

export function worktreeFiles(root: string): WorktreeFiles {
  const real = realpathSync(root);
  const worktree = worktreeAt(root, real);
  return {
    read: (path, { line = 1, limit }) => {
      const bytes = inside(worktree, path, {}, (place) => bytesOf(place, path, MOST_FILE_BYTES));
      if (!(bytes instanceof Uint8Array)) return bytes;
      const text = textOf(bytes, path);
      if (typeof text !== "string") return text;
      if (line <= 1 && limit === undefined) return { ok: true, text };
      const from = Math.max(0, line - 1);
      const lines = text.split("\n").slice(from, limit === undefined ? undefined : from + limit);
      return { ok: true, text: lines.join("\n") };
    },
    write: (path, content, artifact) => {
      const parts = artifact === undefined ? undefined : partsOf(artifact, worktree.names);
      const writing = {
        worktree,
        artifact: parts?.ok ? parts.parts : undefined,
        args: { path, content },
        key: randomBytes(8).toString("hex"),
      };
      const done = writingRefused(writing) ?? writeFile(writing);
      return done.ok ? { ok: true } : done;
    },
    placeOf: (path) => argumentPlace(real, real, path),
  };
}
