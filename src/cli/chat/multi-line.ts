/** A message of several lines: a backslash at the end of a line goes on in the next, and so does everything between two fences. */
import { withLineEnds } from "./paste.ts";

export interface MultiLine {
  /** The message, or `undefined`: there is more to come. */
  feed(line: string): string | undefined;
  readonly open: boolean;
  drop(): void;
}

const FENCE = /^\s*(`{3,})/;

export function multiLine(): MultiLine {
  let lines: string[] = [];
  let fence: string | undefined;
  const drop = (): void => {
    lines = [];
    fence = undefined;
  };
  return {
    get open() {
      return lines.length > 0;
    },
    drop,
    feed(typed) {
      const whole = withLineEnds(typed);
      for (const line of whole.split("\n")) {
        const mark = FENCE.exec(line)?.[1];
        if (fence === undefined) fence = mark;
        else if (mark !== undefined && mark.length >= fence.length && line.trim() === mark) fence = undefined;
      }
      const goesOn = fence === undefined && /(^|[^\\])\\$/.test(whole);
      lines.push(goesOn ? whole.slice(0, -1) : whole);
      if (goesOn || fence !== undefined) return undefined;
      const message = lines.join("\n");
      drop();
      return message;
    },
  };
}
