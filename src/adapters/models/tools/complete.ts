/** `complete`: taken once the artifact is there and is JSON; whether it satisfies its schema is for devflow to say. */
import { MAX_ARTIFACT_BYTES } from "../../../domain/artifact.ts";
import type { CompleteArgs, ToolAnswer } from "../../../domain/tool.ts";
import { refusal, shown } from "../../../domain/tool-refusal.ts";
import { inside } from "./inside.ts";
import { bytesOf, textOf } from "./read-file.ts";
import type { Worktree } from "./worktree.ts";

export function complete(
  worktree: Worktree,
  artifact: readonly string[] | undefined,
  { summary }: CompleteArgs,
): ToolAnswer {
  const done: ToolAnswer = { ok: true, text: summary };
  if (artifact === undefined) return done;
  const path = artifact.join("/");
  const bytes = inside(worktree, path, {}, (place) => bytesOf(place, path, MAX_ARTIFACT_BYTES));
  if (!(bytes instanceof Uint8Array))
    return bytes.code === "path.not_found" ? refusal("artifact.missing", { path: shown(path) }) : bytes;
  const text = textOf(bytes, path);
  if (typeof text !== "string") return text;
  try {
    JSON.parse(text);
    return done;
  } catch (error) {
    const problem = shown(error instanceof Error ? error.message : String(error));
    return refusal("artifact.not_json", { path: shown(path), problem });
  }
}
