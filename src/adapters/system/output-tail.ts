/** The end of a stream as text: never more than so many bytes, never a broken character at its beginning. */
import type { Readable } from "node:stream";

export interface Tail {
  text(): string;
  truncated(): boolean;
}

export function tailOf(stream: Readable, limit: number): Tail {
  let kept: Buffer[] = [];
  let size = 0;
  let more = false;
  stream.on("data", (chunk: Buffer) => {
    kept.push(chunk);
    size += chunk.length;
    if (size <= 2 * limit) return; // joined now and then only, so that a flood costs one copy a byte
    kept = [Buffer.from(lastBytes(Buffer.concat(kept), limit))];
    size = limit;
    more = true;
  });
  stream.on("error", () => undefined); // what was read counts
  const end = () => {
    // Bytes that are no UTF-8 become replacement characters of three bytes: the limit holds for the text.
    const text = Buffer.from(wholeCharacters(lastBytes(Buffer.concat(kept), limit), more || size > limit), "utf8");
    return {
      text: wholeCharacters(lastBytes(text, limit), text.length > limit),
      cut: more || size > limit || text.length > limit,
    };
  };
  return { text: () => end().text, truncated: () => end().cut };
}

const lastBytes = (bytes: Buffer, limit: number): Buffer => bytes.subarray(Math.max(0, bytes.length - limit));

/** A cut may fall into a character: what is left of it (at most three continuation bytes) goes. */
function wholeCharacters(bytes: Buffer, cut: boolean): string {
  let start = 0;
  while (cut && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString("utf8");
}
