/** A refusal on its way out of whatever was under way, and what the system says turned into one. */
import { systemProblem } from "../../../domain/system-problem.ts";
import { type Refusal, refusal, shown } from "../../../domain/tool-refusal.ts";
import { errorCode } from "../../system/whole-file.ts";

export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(why: Refusal) {
    super(why.reason);
    this.refusal = why;
  }
}

export function refuse(...reason: Parameters<typeof refusal>): never {
  throw new Refused(refusal(...reason));
}

/** It was looked at right before: something else has taken it away, or put something in its place. */
const RACED = ["ENOENT", "ENOTDIR", "ELOOP", "EEXIST", "EISDIR", "ENXIO", "EINVAL", "ENOTEMPTY"];

/** The refusal that `error` stands for; what is neither a refusal nor the system's is thrown again. */
export function refusalOf(error: unknown, asked: string): Refusal {
  if (error instanceof Refused) return error.refusal;
  const path = shown(asked);
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (RACED.includes(code)) return refusal("path.changed", { path });
  if (code === "ENAMETOOLONG") return refusal("path.too_long", { path, bytes: Buffer.byteLength(asked) });
  return refusal("path.denied", { path, problem: systemProblem(error) });
}
