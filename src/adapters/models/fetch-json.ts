/** Gets one JSON document, within a time and a size; says in words why not. */

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export async function fetchJson(
  url: string,
  {
    fetch,
    timeoutMs,
    maxBytes,
    headers,
  }: { fetch: Fetch; timeoutMs: number; maxBytes: number; headers?: Record<string, string> },
): Promise<unknown> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, { headers: { accept: "application/json", ...headers }, signal: late });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error(`it answers with HTTP ${answer.status}`);
    }
    return parsed(await text(answer, maxBytes));
  } catch (error) {
    if (late.aborted) throw new Error(`it has not answered whole within ${timeoutMs / 1_000} s`, { cause: error });
    throw new Error(reason(error), { cause: error });
  }
}

async function text({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the rest of the answer.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`its answer is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("its answer is not JSON");
  }
}

/** What Node's fetch says is only "fetch failed": the reason is behind it. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause && cause.message === "" ? String(cause.code) : cause.message;
}
