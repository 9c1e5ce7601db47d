/** Amounts of money as people type them. */
import { Failure } from "../domain/failure.ts";
import { Usd } from "../domain/money.ts";
import { say } from "../messages/say.ts";

/** `$5`, `5`, `0.25` or `5 USD` as a decimal number, or the usage error that says what is wrong with it. */
export function usdTyped(typed: string, what: string): string {
  const bare = typed
    .trim()
    .replace(/^\$/, "")
    .replace(/\s*usd$/i, "");
  if (Usd.safeParse(bare).success) return bare;
  throw new Failure("usage.invalid", { problem: say("typed.dollars", { what, typed }) });
}
