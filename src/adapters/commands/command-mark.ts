/** The mark by which a command's processes are found again: the same for the same phase of the same run, in every daemon. */
import { createHash } from "node:crypto";
import { SessionId } from "../../domain/ids.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 26;

/** In the form of a session's id, which processes are marked by; no session has it. */
export function commandMark(run: string, phase: string): SessionId {
  const bytes = createHash("sha256").update(`command\0${run}\0${phase}`).digest().subarray(0, LENGTH);
  // The first digit of an id has three bits only.
  return SessionId.parse(Array.from(bytes, (byte, at) => DIGITS[byte & (at === 0 ? 7 : 31)]).join(""));
}
