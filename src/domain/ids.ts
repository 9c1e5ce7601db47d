/** The names of things. Every id is a ULID: 26 characters that sort by the time they were made. */
import { z } from "zod";

const ulid = () => z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, "an id has 26 characters (a ULID)");

export const RunId = ulid().brand<"RunId">();
export type RunId = z.infer<typeof RunId>;

export const SessionId = ulid().brand<"SessionId">();
export type SessionId = z.infer<typeof SessionId>;

export const EscalationId = ulid().brand<"EscalationId">();
export type EscalationId = z.infer<typeof EscalationId>;

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** So many of a ULID's digits are the time that it was made. */
const TIME_DIGITS = 10;

/** When the id was made, in milliseconds since 1970. */
export const madeAt = (id: RunId | SessionId | EscalationId): number =>
  [...id.slice(0, TIME_DIGITS)].reduce((time, digit) => time * DIGITS.length + DIGITS.indexOf(digit), 0);

/** SHA-256 in lower-case hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, "a digest is 64 hex digits");
export type Digest = z.infer<typeof Digest>;
