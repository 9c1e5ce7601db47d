/**
 * Answering a permission dialog in a terminal: pressed once, and only while what stands there is the question that was answered.
 *
 * G1. The keys have a key of their own: what this terminal has taken is never pressed again (T3).
 * G2. The screen is read right before they are pressed; another text, or none, and nothing is pressed.
 * G3. The receipt is that the question does not stand there any more.
 */
import type { Judgement } from "../../domain/evidence.ts";
import type { PermissionAnswer, Permitted } from "../../domain/permission.ts";
import { askedIn } from "./asked.ts";
import { type DeliveryDeps, lookUntil } from "./delivery.ts";

/** A dialog that is being drawn anew stands whole again within this, in milliseconds. */
const REDRAWN_MS = 1_000;
/** How long an agent may take to close a dialog that was answered, in milliseconds. */
const TAKEN_MS = 5_000;

export interface Answer {
  key: string;
  answer: PermissionAnswer;
  digest: string;
}

/** `undefined`: not now, since a person is at its keys. */
export async function givePermission(
  { key, answer, digest }: Answer,
  deps: DeliveryDeps,
  signal: AbortSignal,
): Promise<Permitted | undefined> {
  const { terminal, observer } = deps;
  const stands = ({ permission }: Judgement): boolean => askedIn(permission)?.digest === digest;
  const pressed = (await terminal.taken([key])).includes(key);
  if (!pressed) {
    const seen = await lookUntil(deps, REDRAWN_MS, signal, stands);
    if (signal.aborted) return undefined;
    if (!seen) return (await observer.look()).permission ? "changed" : "gone";
    const [first, ...more] = seen.permission?.keys[answer] ?? [];
    if (first === undefined) return "unanswered";
    if (await terminal.busyWithPerson()) return undefined;
    if (!stands(await observer.look())) return undefined; // G2: looked at anew
    if ((await terminal.press(key, first, ...more)) === "gone") return "gone";
  }
  const over = await lookUntil(deps, TAKEN_MS, signal, (judgement) => !stands(judgement));
  if (signal.aborted) return undefined;
  return over || terminal.exit ? "answered" : "unanswered";
}
