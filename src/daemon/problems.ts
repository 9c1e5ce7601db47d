/** What stands in the way of the daemon now, as its status tells it: each problem once. */
import { type Failure, failureRecord } from "../domain/failure.ts";
import type { Result } from "../protocol/methods.ts";

export function problemsNow(
  hindrances: readonly Failure[],
  terminals: Failure | undefined,
): Result<"daemon.status">["problems"] {
  const all = terminals ? [terminals, ...hindrances.filter(({ code }) => code !== terminals.code)] : hindrances;
  return all.map((failure) => {
    const { code, message, hint } = failureRecord(failure);
    return { code, message, hint };
  });
}
