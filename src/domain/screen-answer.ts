/**
 * An answer on a screen: the rows between what was asked and the composer. All that a terminal shows is what fits it, so a long
 * answer is its end.
 */

/** Enough of a line to be known again, and less than any agent breaks a line at. */
const KNOWN_BY = 24;

/** What an agent draws around and below its composer, and lines that only say that it is at work. */
const DECORATION = /^[\s\u2500-\u259f|>›❯*✻✶·⏺●◦-]*$/u;

export function answerOnScreen(rows: readonly string[], asked: string, isComposer: (row: string) => boolean): string {
  const lines = asked
    .split("\n")
    .map(tight)
    .filter((line) => line !== "");
  const last = lines.at(-1)?.slice(-KNOWN_BY) ?? "";
  const from = last === "" ? -1 : rows.findLastIndex((row) => tight(row).includes(last));
  const after = rows.slice(from + 1);
  const composer = after.findLastIndex(isComposer);
  const answer = composer === -1 ? after : after.slice(0, composer);
  while (answer.length > 0 && DECORATION.test(answer[0] ?? "")) answer.shift();
  while (answer.length > 0 && DECORATION.test(answer.at(-1) ?? "")) answer.pop();
  return answer.map((row) => row.trimEnd()).join("\n");
}

const tight = (text: string): string => text.replace(/\s+/g, "");
