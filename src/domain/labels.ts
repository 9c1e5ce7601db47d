/** Screens that a person has labelled, against what devflow says of them: what is right, and what must never happen. */
import type { Cast } from "./cast.ts";
import type { Standing } from "./evidence.ts";
import { AgentState } from "./session.ts";

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

/** The words that labels are made of: those above, and the names of the states themselves. */
const LABELS: readonly string[] = [...Object.keys(RIGHT), ...AgentState.options.filter((state) => state !== "unknown")];

/** Idle, with an empty composer: the only labels at which a prompt may be typed. */
const TAKES_A_PROMPT = ["ready", "error"];

export type Compared = "right" | "wrong" | "false ready";

/** `false ready`: the screen was not ready, and was called so. This is the one that sends a prompt into nowhere. */
function compared(label: string, said: Standing | undefined): Compared {
  if (said?.state === "ready" && !TAKES_A_PROMPT.includes(label)) return "false ready";
  if (!said) return "wrong";
  return (RIGHT[label]?.(said) ?? said.state === label) ? "right" : "wrong";
}

/** What a person has seen at a moment, in milliseconds from the start. */
export interface Label {
  at: number;
  state: string;
}

/** A state has to stand a moment before it is believed, and what it is read from comes in pieces: so long it may take, in milliseconds. */
const MAY_TAKE_MS = 400;

/** One label against what was said over time. Falsely ready is so at once; what is wrong may still become right in time. */
export function comparedOverTime({ at, state }: Label, said: readonly (Standing & { at: number })[]): Compared {
  const first = compared(
    state,
    said.findLast((one) => one.at <= at),
  );
  if (first !== "wrong") return first;
  const soon = said.filter((one) => one.at > at && one.at <= at + MAY_TAKE_MS);
  return soon.some((one) => compared(state, one) === "right") ? "right" : "wrong";
}

/** The labels that a recording carries itself: markers whose text is one of the words, or begins with it and a colon. */
export const labelsIn = ({ events }: Cast): Label[] =>
  events.flatMap(({ at, kind, data }) => {
    const [state = ""] = data.split(":");
    return kind === "m" && LABELS.includes(state) ? [{ at, state }] : [];
  });

/** A recording does not say that its program has ended: a label may. */
export const exitLabel = (labels: readonly Label[]): Label | undefined =>
  labels.find(({ state }) => state === "exited");
