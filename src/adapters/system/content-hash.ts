/** The hashes of things: of a value over its canonical JSON (RFC 8785), of bytes as they are. */
import { hash } from "node:crypto";
import canonicalizeModule from "canonicalize";

// Its types describe an ES module, but it is CommonJS: the default import is the function itself.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** SHA-256 over the canonical JSON of `value`: the order of keys and the file's layout do not matter. */
export const contentHash = (value: unknown): string => sha256Hex(canonicalJson(value));

export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("only a JSON value has a content hash");
  return text;
}

/** Text is hashed as UTF-8. */
export const sha256Hex = (data: Uint8Array | string): string => hash("sha256", data);
