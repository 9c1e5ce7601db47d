/** The agreement of the first run: what a person was told, and when they agreed to it. */
import { jsonOf } from "./json-text.ts";

/** Raised when what is told changes: everybody is asked again then. */
export const CONSENT_VERSION = 1;

export interface Consent {
  version: number;
  /** Milliseconds since 1970. */
  at: number;
  by: string;
  /** Asked: somebody read it and said yes; accepted: by --accept, on a server. */
  how: "asked" | "accepted";
}

/** As it was written down; nothing else counts. Without zod: the thin client has none. */
export function consentIn(text: string): Consent | undefined {
  const { version, at, by, how }: Partial<Record<keyof Consent, unknown>> = Object(jsonOf(text));
  if (typeof version !== "number" || typeof at !== "number" || typeof by !== "string") return undefined;
  return how === "asked" || how === "accepted" ? { version, at, by, how } : undefined;
}

/** Missing: never given. Outdated: what was told has changed since. */
export type ConsentState =
  | { kind: "given"; consent: Consent }
  | { kind: "outdated"; consent: Consent }
  | { kind: "missing" };

export function consentState(consent: Consent | undefined): ConsentState {
  if (!consent) return { kind: "missing" };
  return { kind: consent.version >= CONSENT_VERSION ? "given" : "outdated", consent };
}
