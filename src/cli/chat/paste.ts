/**
 * Bracketed paste: what is pasted is one piece of what is typed, whatever lines it has. A line end in it is shown as `⏎`, and
 * is a line end again in what is sent.
 */
import { cleanText } from "../../domain/text.ts";

const BEGIN = "\u001b[200~";
const END = "\u001b[201~";
export const PASTE_ON = "\u001b[?2004h";
export const PASTE_OFF = "\u001b[?2004l";

const LINE_END = "⏎";

export interface PasteFilter {
  /** What is left to be understood as keys. */
  feed(text: string): string;
}

export function pasteFilter(): PasteFilter {
  let kept = "";
  let pasting = false;
  return {
    feed(text) {
      let rest = kept + text;
      let out = "";
      kept = "";
      for (;;) {
        const marker = pasting ? END : BEGIN;
        const at = rest.indexOf(marker);
        if (at === -1) break;
        const before = rest.slice(0, at);
        out += pasting ? asOneLine(before) : before;
        rest = rest.slice(at + marker.length);
        pasting = !pasting;
      }
      // A marker may be cut in two; a paste is waited for whole.
      const held = pasting ? rest.length : begunMarker(rest);
      kept = rest.slice(rest.length - held);
      return out + rest.slice(0, rest.length - held);
    },
  };
}

function begunMarker(text: string): number {
  for (let length = Math.min(BEGIN.length - 1, text.length); length > 0; length--)
    if (BEGIN.startsWith(text.slice(-length))) return length;
  return 0;
}

/** A tab would complete, and a line end would send. */
const asOneLine = (text: string): string =>
  cleanText(text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").replaceAll("\t", "    ")).text.replaceAll("\n", LINE_END);

export const withLineEnds = (typed: string): string => typed.replaceAll(LINE_END, "\n");
