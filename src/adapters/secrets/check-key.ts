/** Asks a provider whether it takes a key, with a request that costs nothing. */
import type { Provider } from "../../domain/provider.ts";

export type KeyVerdict =
  | { kind: "accepted" }
  | { kind: "refused"; status: number }
  /** It could not be asked, or did not tell. */
  | { kind: "unknown"; problem: string };

export interface CheckKeyOptions {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  timeoutMs: number;
}

/** The first tells of the key itself, where it is known; the list of models is refused without a key by the others. */
const ASKED = ["/key", "/models"];

export async function checkKey(
  { baseUrl, headers }: Pick<Provider, "baseUrl" | "headers">,
  key: string,
  { fetch, timeoutMs }: CheckKeyOptions,
): Promise<KeyVerdict> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    for (const path of ASKED) {
      // A redirect could carry the key elsewhere.
      const init: RequestInit = {
        headers: { ...headers, authorization: `Bearer ${key}` },
        redirect: "manual",
        signal: late,
      };
      const answer = await fetch(`${baseUrl}${path}`, init);
      await answer.body?.cancel();
      const { status, ok } = answer;
      if (ok) return { kind: "accepted" };
      if (status === 401 || status === 403) return { kind: "refused", status };
      if (status !== 404 && status !== 405) return { kind: "unknown", problem: `it answers with HTTP ${status}` };
    }
    return { kind: "unknown", problem: "it does not tell whether a key is good" };
  } catch (error) {
    if (late.aborted) return { kind: "unknown", problem: `it has not answered within ${timeoutMs / 1_000} s` };
    return { kind: "unknown", problem: `it cannot be reached: ${reason(error)}` };
  }
}

/** What Node's fetch says is only "fetch failed": the reason is behind it. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
