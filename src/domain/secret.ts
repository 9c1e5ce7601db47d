/** Keys that devflow is trusted with: how they are named, kept and shown. A value is only ever shown by its end. */
import { z } from "zod";
import { jsonOf } from "./json-text.ts";
import { SECRET_NAME } from "./secret-names.ts";

/** Secrets go by the name of the variable that would have them. */
export const SecretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of a variable, not the key itself")
  // By its name devflow keeps its value out of whatever it writes.
  .regex(SECRET_NAME, "the variable's name must end in KEY, TOKEN or SECRET");

/** Where a key can be, the first that has it wins. */
export const SECRET_SOURCES = ["environment", "keyring", "file"] as const;
export type SecretSource = (typeof SECRET_SOURCES)[number];

/** Why the keyring of this system cannot be used. */
export const KEYRING_TROUBLES = [
  "off", // by the settings
  "no_bus", // no session of a desktop, and so nobody to ask
  "no_provider", // a bus, but no keyring program on it
  "no_collection", // a keyring program that has never been given a keyring
  "locked", // a keyring that nobody has opened
  "silent", // it has not answered in time: perhaps it asks somebody to open it
  "no_library", // this installation cannot talk to keyrings
  "other",
] as const;
export type KeyringTrouble = (typeof KEYRING_TROUBLES)[number];

/** A secret as a store holds it. */
export interface StoredSecret {
  value: string;
  /** Milliseconds since 1970; unknown for one that somebody else has put there. */
  storedAt?: number;
}

/** A secret as it may be shown. */
export interface SecretView {
  name: string;
  source: SecretSource;
  /** Its last characters, where it is long enough to have some to spare. */
  end?: string;
  storedAt?: number;
  /** Where another of the same name comes first. */
  hiddenBy?: SecretSource;
}

const SHOWN_CHARS = 4;
/** So many others stay unknown: the end of a shorter one would tell too much of it. */
const LEAST_UNKNOWN_CHARS = 12;

export const endOf = (value: string): string | undefined =>
  value.length >= SHOWN_CHARS + LEAST_UNKNOWN_CHARS ? value.slice(-SHOWN_CHARS) : undefined;

const Kept = z.strictObject({ value: z.string().min(1), storedAt: z.int().nonnegative().optional() });
export const KeptSecrets = z.record(SecretName, Kept);

/** As a keyring keeps it: the value with its age. */
export const packed = ({ value, storedAt }: StoredSecret): string => JSON.stringify({ value, storedAt });

/** What a keyring has, ours or what somebody put there with another program. */
export function unpacked(text: string): StoredSecret {
  const { data } = Kept.safeParse(jsonOf(text));
  if (!data) return { value: text };
  return { value: data.value, ...(data.storedAt !== undefined && { storedAt: data.storedAt }) };
}

/** No key is this long; a file that was taken for one may be. */
const MOST_CHARS = 16_384;

/** A key as it was typed, pasted or read: without what surrounds it; or what is wrong with it. */
export function typedSecret(text: string): { value: string } | { problem: "empty" | "broken" | "long" } {
  const value = text.trim();
  if (value === "") return { problem: "empty" };
  if (value.length > MOST_CHARS) return { problem: "long" };
  // In a header or a variable, a space or a line end would end it, or worse begin something else.
  return /^[\u0021-\u007e]+$/.test(value) ? { value } : { problem: "broken" };
}
