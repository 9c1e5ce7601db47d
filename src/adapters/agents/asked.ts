/** A permission dialog as the question that it asks: known again by the digest of its text. */
import { createHash } from "node:crypto";
import type { Asked } from "../../domain/permission.ts";
import type { ReadDialog } from "../../domain/permission-dialog.ts";

export function askedIn(read: ReadDialog | undefined): Asked | undefined {
  if (!read) return undefined;
  const { keys: _, ...asked } = read;
  return { ...asked, digest: createHash("sha256").update(read.text).digest("hex") };
}
