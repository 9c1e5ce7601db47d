/**
 * The composer: where an agent takes text, found by the cursor, which no answer on the screen can move. An agent that draws a cursor of
 * its own and leaves the terminal's elsewhere has a `frame`: that one is found at the end of the screen, where no answer can stand.
 *
 * `empty`: it takes a prompt. `draft`: something stands in it that was not submitted. `hidden`: there is none.
 */
import { z } from "zod";
import { Pattern, pattern, type ScreenView } from "./screen-rule.ts";

const Common = {
  placeholder: z.array(Pattern).max(20).default([]).describe("What an empty composer may show"),
  collapsed: Pattern.optional().describe("How a large paste is shown in it"),
};

export const Composer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("prompt"),
    first: Pattern.describe("Its first row; group 1 is the text"),
    rest: Pattern.describe("A further row of it; group 1 is the text"),
    ...Common,
  }),
  z.strictObject({
    kind: z.literal("box"),
    row: Pattern.describe("Any row of the box; group 1 is the text"),
    foot: Pattern.describe("The row of the box that ends the text"),
    edge: Pattern.optional().describe(
      "The row below the box, as wide as it is: what stands further right is not in it",
    ),
    ...Common,
  }),
  z.strictObject({
    kind: z.literal("frame"),
    edge: Pattern.describe("The rows above and below the text"),
    first: Pattern.describe("Its first row; group 1 is the text"),
    rest: Pattern.describe("A further row of it; group 1 is the text"),
    below: z
      .int()
      .min(0)
      .max(20)
      .describe("At most so many rows with something on them follow an empty frame: more is a list or a dialog"),
    ...Common,
  }),
]);
export type Composer = z.infer<typeof Composer>;

export type ComposerView = { kind: "empty" } | { kind: "draft"; text: string } | { kind: "hidden" };

const HIDDEN: ComposerView = { kind: "hidden" };

export function composerOf(composer: Composer, screen: ScreenView): ComposerView {
  const lines = linesOf(composer, screen);
  if (lines === undefined) return HIDDEN;
  const text = lines.join("\n").trim();
  const shown = composer.placeholder.some((placeholder) => pattern(placeholder).test(text));
  // A draft that reads like the placeholder is told from it by the cursor, which stands behind what was typed.
  if (text !== "" && !(shown && atStart(composer, screen))) return { kind: "draft", text };
  return composer.kind === "frame" && rowsAfter(composer, screen) > composer.below ? HIDDEN : { kind: "empty" };
}

function linesOf(composer: Composer, screen: ScreenView): string[] | undefined {
  switch (composer.kind) {
    case "prompt":
      return promptLines(composer, screen);
    case "box":
      return boxLines(composer, screen);
    case "frame":
      return frameLines(composer, screen);
  }
}

const capture = (source: string, row: string): string | undefined => {
  const found = pattern(source).exec(row);
  return found ? (found[1] ?? "") : undefined;
};

function promptLines(composer: Extract<Composer, { kind: "prompt" }>, { rows, cursor }: ScreenView) {
  let top = cursor.row;
  while (top >= 0 && capture(composer.first, rows[top] ?? "") === undefined) {
    if (capture(composer.rest, rows[top] ?? "") === undefined) return undefined;
    top -= 1;
  }
  if (top < 0) return undefined;
  const lines = [capture(composer.first, rows[top] ?? "") ?? ""];
  for (let at = top + 1; at < rows.length; at += 1) {
    const text = capture(composer.rest, rows[at] ?? "");
    // Blank rows above the cursor are part of a draft; the first blank row below it ends the composer.
    if (text === undefined || (at > cursor.row && text.trim() === "")) break;
    lines.push(text);
  }
  return lines;
}

function boxLines(composer: Extract<Composer, { kind: "box" }>, { rows, cursor }: ScreenView) {
  const inside = (at: number) => capture(composer.row, rows[at] ?? "") !== undefined;
  if (!inside(cursor.row)) return undefined;
  let top = cursor.row;
  while (top > 0 && inside(top - 1)) top -= 1;
  const below = rows.findIndex((_, at) => at > cursor.row && !inside(at));
  const edge = composer.edge === undefined ? undefined : pattern(composer.edge).exec(rows[below] ?? "")?.[0];
  const lines: string[] = [];
  for (let at = top; at < rows.length && inside(at); at += 1) {
    const row = edge === undefined ? (rows[at] ?? "") : firstColumns(rows[at] ?? "", edge.length);
    if (at > cursor.row && pattern(composer.foot).test(row)) return lines;
    lines.push((capture(composer.row, row) ?? "").trim());
  }
  return undefined;
}

/** The characters that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function firstColumns(row: string, columns: number): string {
  let used = 0;
  let end = 0;
  for (const character of row) {
    used += WIDE.test(character) ? 2 : 1;
    if (used > columns) break;
    end += character.length;
  }
  return row.slice(0, end);
}

type Frame = Extract<Composer, { kind: "frame" }>;

const bottomOf = ({ edge }: Frame, { rows }: ScreenView): number =>
  rows.findLastIndex((row) => pattern(edge).test(row));

const rowsAfter = (composer: Frame, screen: ScreenView): number =>
  screen.rows.slice(bottomOf(composer, screen) + 1).filter((row) => row.trim() !== "").length;

function frameLines(composer: Frame, screen: ScreenView): string[] | undefined {
  const { rows } = screen;
  const edge = pattern(composer.edge);
  const bottom = bottomOf(composer, screen);
  const lines: string[] = [];
  for (let at = bottom - 1; at > 0; at -= 1) {
    const row = rows[at] ?? "";
    const first = capture(composer.first, row);
    if (first !== undefined && edge.test(rows[at - 1] ?? "")) return [first, ...lines];
    const text = capture(composer.rest, row);
    if (text === undefined) return undefined;
    lines.unshift(text);
  }
  return undefined;
}

/** Whether nothing but the composer's own marks stands left of the cursor. */
function atStart(composer: Composer, { rows, cursor }: ScreenView): boolean {
  if (composer.kind === "frame") return true;
  const left = (rows[cursor.row] ?? "").slice(0, cursor.col);
  const text = capture(composer.kind === "prompt" ? composer.first : composer.row, left.padEnd(cursor.col));
  return text !== undefined && text.trim() === "";
}

/** Whether a draft is what devflow itself typed: it is shown collapsed, or is a part of that text. */
export function isOurs(composer: Composer, draft: string, typed: string | undefined): boolean {
  if (typed === undefined) return false;
  if (composer.collapsed !== undefined && pattern(composer.collapsed).test(draft)) return true;
  const plain = (text: string) => text.replace(/\s+/gu, "");
  return plain(draft) !== "" && plain(typed).includes(plain(draft));
}
