/** Screens that a person has labelled, against what devflow says of them: what is right, and what must never happen. */
import type { Standing } from "./evidence.ts";

const waits = ({ state }: Standing): boolean => state === "awaiting_input";
const opens = ({ state, dialog }: Standing): boolean =>
  dialog !== undefined && (state === "booting" || state === "awaiting_input");

/** What may be said of a screen with this label. */
const RIGHT: Readonly<Record<string, (said: Standing) => boolean>> = {
  starting: ({ state }) => state === "booting" || state === "unknown",
  trust_dialog: opens,
  update_prompt: opens,
  modal_other: (said) => opens(said) || waits(said),
  login_required: ({ state }) => state === "login_required",
  ready: ({ state, composer, failed }) => state === "ready" && composer === "empty" && failed === undefined,
  typing: (said) => waits(said) && said.composer === "draft",
  working: ({ state }) => state === "working",
  retrying: ({ state }) => state === "working" || state === "rate_limited",
  permission: ({ state }) => state === "awaiting_permission",
  error: ({ state, failed }) => failed !== undefined && ["ready", "login_required", "rate_limited"].includes(state),
  exited: ({ state }) => state === "exited",
};

/** The words that labels are made of. */
export const LABELS = Object.keys(RIGHT);

/** Idle, with an empty composer: the only labels at which a prompt may be typed. */
const TAKES_A_PROMPT = ["ready", "error"];

export type Compared = "right" | "wrong" | "false ready";

/** `false ready`: the screen was not ready, and was called so. This is the one that sends a prompt into nowhere. */
export function compared(label: string, said: Standing | undefined): Compared {
  if (said?.state === "ready" && !TAKES_A_PROMPT.includes(label)) return "false ready";
  return said && RIGHT[label]?.(said) ? "right" : "wrong";
}
