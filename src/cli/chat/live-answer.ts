/**
 * What an agent says, shown while it says it: whole blocks of Markdown, since half a list or a table looks like neither.
 *
 * V1. Nothing is shown twice: at the end of a turn its answer is shown only as far as it was not heard.
 * V2. What was heard is what an agent has said on its way; its answer counts. Where the two are not the same (pieces were lost), the
 *     answer is shown whole.
 * V3. The last block of what is said comes when something else is done, or the turn is over: who sees an answer's end can speak.
 */
import type { Notices } from "../../protocol/event-methods.ts";

type Saying = Omit<Notices["session.saying"], "subscription">;

export interface LiveAnswer {
  /** The blocks that are whole by now. */
  hear(saying: Saying): string[];
  /** What is left of what was said, before something else is shown. */
  pause(): string[];
  /** What of the turn's answer is still to be shown; without one, of what was said. Then the next turn begins. */
  end(answer: string | undefined): string[];
}

export function liveAnswer(): LiveAnswer {
  /** Messages of this turn that have ended, as they were said. */
  let said: string[] = [];
  let over = new Set<string>();
  let now: { id: string; text: string; shown: number } | undefined;

  /** What is not shown yet, up to there. */
  function upTo(end: number): string[] {
    if (!now) return [];
    const block = now.text.slice(now.shown, end);
    now.shown = end;
    return block.trim() === "" ? [] : [block];
  }

  function finish(): string[] {
    if (!now) return [];
    const rest = upTo(now.text.length);
    said.push(now.text);
    over.add(now.id);
    now = undefined;
    return rest;
  }

  return {
    hear({ session, message, text }) {
      const id = `${session} ${message}`;
      // A daemon that was started again tells of a turn from its beginning.
      if (over.has(id)) return [];
      const before = now && now.id !== id ? finish() : [];
      now ??= { id, text: "", shown: 0 };
      now.text += text;
      return [...before, ...upTo(now.shown + wholeBlocks(now.text.slice(now.shown)))];
    },
    pause: finish,
    end(answer) {
      const rest = finish();
      const heard = [said.at(-1) ?? "", said.join(" ")].map(plain);
      said = [];
      over = new Set();
      return answer === undefined || heard.includes(plain(answer)) ? rest : [answer];
    },
  };
}

/** Secrets keep their length where text is shown as it comes, and are one word where it is kept. */
const plain = (text: string): string =>
  text
    .replace(/\[redacted\]\**/g, "[redacted]")
    .replace(/\s+/g, " ")
    .trim();

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** How many characters are of blocks that nothing can be added to: an empty line, and then a line that is not indented. */
function wholeBlocks(text: string): number {
  let end = 0;
  let fence = "";
  let at = 0;
  let emptyBefore = false;
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const begun = index === lines.length - 1;
    if (fence === "" && emptyBefore && /^\S/.test(line)) end = at;
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && !begun) {
      if (fence === "") fence = mark;
      else if (mark.startsWith(fence)) fence = "";
    }
    emptyBefore = line.trim() === "";
    at += line.length + 1;
  }
  return end;
}
