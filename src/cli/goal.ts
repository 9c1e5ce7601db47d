/** The goal of a run, from where it was given: as text, as `@FILE`, or as `-` for stdin. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../domain/failure.ts";
import { utf8Bytes } from "../domain/text.ts";
import { MAX_GOAL_BYTES } from "../protocol/methods.ts";
import type { Terminal } from "./terminal.ts";

export async function readText(given: string, cwd: string, terminal: Pick<Terminal, "readAll">): Promise<string> {
  if (given === "-") return decoded(await terminal.readAll(), "-");
  if (!given.startsWith("@")) return given;
  const path = resolve(cwd, given.slice(1));
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Failure("goal.unreadable", { path, problem: reason(cause) }, { cause });
  });
  return decoded(bytes, path);
}

/** Text with a byte in it that is not UTF-8 would reach the agent altered: it is refused. */
function decoded(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure("goal.unreadable", { path, problem: "it is not UTF-8 text" }, { cause });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission is denied",
};

const reason = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
};

export async function readGoal(given: string | undefined, cwd: string, terminal: Terminal): Promise<string> {
  const goal = given === undefined ? "" : await readText(given, cwd, terminal);
  if (goal.trim() === "") throw new Failure("goal.empty");
  const bytes = utf8Bytes(goal);
  if (bytes > MAX_GOAL_BYTES) throw new Failure("goal.too_large", { bytes, limit: MAX_GOAL_BYTES });
  return goal;
}
