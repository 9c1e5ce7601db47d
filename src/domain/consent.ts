/** The agreement of the first run: what a person was told, and when they agreed to it. */
import { z } from "zod";

/** Raised when what is told changes: everybody is asked again then. */
export const CONSENT_VERSION = 1;

export const Consent = z.strictObject({
  version: z.int().positive(),
  at: z.int().nonnegative().describe("Milliseconds since 1970"),
  by: z.string().max(200),
  how: z
    .enum(["asked", "accepted"])
    .describe("Asked: somebody read it and said yes; accepted: by --accept, on a server"),
});
export type Consent = z.infer<typeof Consent>;

/** Missing: never given. Outdated: what was told has changed since. */
export type ConsentState =
  | { kind: "given"; consent: Consent }
  | { kind: "outdated"; consent: Consent }
  | { kind: "missing" };

export function consentState(consent: Consent | undefined): ConsentState {
  if (!consent) return { kind: "missing" };
  return { kind: consent.version >= CONSENT_VERSION ? "given" : "outdated", consent };
}
