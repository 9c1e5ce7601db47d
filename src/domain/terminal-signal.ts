/**
 * What a program tells its terminal beside the screen and the title: progress (OSC 9;4), notices (OSC 9, 99, 777), prompt marks (OSC 133),
 * the bell.
 */

/** A: a prompt begins; B: it ends, and what is typed follows; C: what was typed is being done; D: that is over. */
export type PromptMark = "A" | "B" | "C" | "D";

export type TerminalSignal =
  /** It asks for a person's eyes: it waits, or it has finished; the words may say which. */
  | { kind: "notice"; said: string }
  /** The bar that terminals draw in their tab. */
  | { kind: "progress"; busy: boolean }
  | { kind: "mark"; mark: PromptMark };

/** The states of OSC 9;4: 1 a value, 3 no value known. 0 takes the bar away; 2 (an error) and 4 (paused) are no work. */
const BUSY = ["1", "3"];

/** What one event says; `undefined` for what is no signal: queries, the other commands that terminals put under OSC 9. */
export function terminalSignal(
  event: { type: "bell" } | { type: "osc"; code: number; text: string },
): TerminalSignal | undefined {
  if (event.type === "bell") return { kind: "notice", said: "it rang the bell" };
  const { code, text } = event;
  if (code === 9) {
    const progress = /^4;(\d)(?:;|$)/.exec(text);
    if (progress) return { kind: "progress", busy: BUSY.includes(progress[1] ?? "") };
    return /^\d+(?:;|$)/.test(text) ? undefined : notice(text);
  }
  if (code === 133) {
    const mark = /^([ABCD])(?:;|$)/.exec(text)?.[1];
    return mark === undefined ? undefined : { kind: "mark", mark: mark as PromptMark };
  }
  if (code === 777) return text.startsWith("notify;") ? notice(text.split(";").slice(1).join(": ")) : undefined;
  if (code === 99) {
    const [about = "", ...rest] = text.split(";");
    const payload = about.split(":").find((pair) => pair.startsWith("p="));
    return payload === undefined || payload === "p=title" || payload === "p=body" ? notice(rest.join(";")) : undefined;
  }
  return undefined;
}

const notice = (said: string): TerminalSignal | undefined =>
  said.trim() === "" ? undefined : { kind: "notice", said };
