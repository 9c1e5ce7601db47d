/** The lines of a file that grows: those that are there, then those to come, until `signal` aborts. It need not be there yet. */
import { open } from "node:fs/promises";

/** People read along: they see no difference below this. */
const LOOK_MS = 200;
const CHUNK_BYTES = 64 * 1024;

/** `atEnd` is called whenever everything that is there has been given. */
export async function* followFile(path: string, signal: AbortSignal, atEnd: () => void): AsyncGenerator<string, void> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let offset = 0;
  /** Bytes and not text: a character may be cut in two. */
  let rest = Buffer.alloc(0);
  while (!signal.aborted) {
    const bytes = await readAt(path, buffer, offset);
    if (bytes === 0) {
      atEnd();
      await pause(LOOK_MS, signal);
      continue;
    }
    offset += bytes;
    rest = Buffer.concat([rest, buffer.subarray(0, bytes)]);
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.subarray(0, end).toString("utf8");
      rest = rest.subarray(end + 1);
      yield line;
    }
  }
}

async function readAt(path: string, buffer: Buffer, offset: number): Promise<number> {
  const file = await open(path).catch(() => undefined);
  if (!file) return 0;
  try {
    return (await file.read(buffer, 0, buffer.length, offset)).bytesRead;
  } finally {
    await file.close();
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
