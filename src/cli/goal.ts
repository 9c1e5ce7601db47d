/** The goal of a run, from where it was given: as text, as `@FILE`, or as `-` for stdin. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../domain/failure.ts";
import { systemProblem } from "../domain/system-problem.ts";
import { utf8Bytes } from "../domain/text.ts";
import { say } from "../messages/say.ts";
import { MAX_REQUEST_BYTES } from "../protocol/frame.ts";
import { MAX_GOAL_BYTES } from "../protocol/run-methods.ts";
import type { Terminal } from "./terminal.ts";

/** How much is read before it is refused: a device or a program on stdin may have no end. */
interface Limit {
  bytes: number;
  exceeded: Failure;
}

const limited = (bytes: number, code: "goal.too_large" | "protocol.too_large"): Limit => ({
  bytes,
  exceeded: new Failure(code, { bytes: say("typed.more_than", { bytes }), limit: bytes }),
});

export async function readText(
  given: string,
  cwd: string,
  { stdin }: Pick<Terminal, "stdin">,
  limit = limited(MAX_REQUEST_BYTES, "protocol.too_large"),
): Promise<string> {
  if (given === "-") return decoded(await upTo(limit, stdin()), say("typed.stdin"));
  if (!given.startsWith("@")) return given;
  const path = resolve(cwd, given.slice(1));
  const bytes = await upTo(limit, createReadStream(path)).catch((cause: unknown) => {
    if (cause instanceof Failure) throw cause;
    throw new Failure("input.unreadable", { path, problem: systemProblem(cause) }, { cause });
  });
  return decoded(bytes, path);
}

async function upTo({ bytes, exceeded }: Limit, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > bytes) throw exceeded;
    read.push(chunk);
  }
  return Buffer.concat(read);
}

/** Text with a byte in it that is not UTF-8 would reach the agent altered: it is refused. */
function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure("input.unreadable", { path, problem: "it is not UTF-8 text" }, { cause });
  }
}

export async function readGoal(given: string | undefined, cwd: string, terminal: Terminal): Promise<string> {
  const most = limited(MAX_GOAL_BYTES, "goal.too_large");
  const goal = given === undefined ? "" : await readText(given, cwd, terminal, most);
  if (goal.trim() === "") throw new Failure("goal.empty");
  const bytes = utf8Bytes(goal);
  if (bytes > MAX_GOAL_BYTES) throw new Failure("goal.too_large", { bytes, limit: MAX_GOAL_BYTES });
  return goal;
}
