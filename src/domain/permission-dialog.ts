/**
 * How an agent's permission dialog is read off its screen: which one it is, what it asks, what can be chosen. Data in `agents/*.yaml`.
 *
 * The text is what a person would read, without frames, marks and padding: moving the selection or resizing the frame asks nothing new.
 */
import { z } from "zod";
import { Slug } from "./names.ts";
import type { Asked, PermissionAnswer } from "./permission.ts";
import { Keys, ProfileKey } from "./profile-key.ts";
import { matches, Pattern, pattern, region, ScreenRule, type ScreenView } from "./screen-rule.ts";

/** Longer dialogs are diffs: their first rows and their options say what they are. */
const MOST_ROWS = 60;
const MOST_COLUMNS = 300;

/** Between two options a long one may be wrapped over so many rows. */
const WRAPPED_ROWS = 2;

const Choice = z
  .strictObject({
    option: Pattern.optional().describe("The words of the option; its number is pressed"),
    keys: Keys.optional().describe("What means it wherever the selection stands"),
  })
  .refine(({ option, keys }) => (option === undefined) !== (keys === undefined), "give one of option and keys");

export const PermissionDialog = z.strictObject({
  id: Slug,
  tool: Slug.describe("How a persona's permissions call it: command, edit, …"),
  when: ScreenRule.describe("The rows that it looks at are the dialog"),
  command: Pattern.optional().describe("Group 1 is the shell command, in a row that is followed by a blank one"),
  allow: Choice.describe("Yes to this one question, never to all that follow"),
  deny: Choice,
});
export type PermissionDialog = z.infer<typeof PermissionDialog>;

export interface ReadDialog extends Omit<Asked, "digest"> {
  /** What to press for each answer; one that the dialog does not offer has none. */
  keys: Partial<Record<PermissionAnswer, readonly ProfileKey[]>>;
}

export function readPermission(dialogs: readonly PermissionDialog[], screen: ScreenView): ReadDialog | undefined {
  const dialog = dialogs.find(({ when }) => matches(when, screen) !== undefined);
  if (!dialog) return undefined;
  const plain = region(dialog.when, screen).map(plainRow);
  const options = optionsIn(plain);
  const end = options.at(-1)?.to ?? plain.length - 1;
  const rows = plain.slice(0, end + 1);
  const text = rows.map(({ text }) => text).filter((row) => row !== "");
  const kept = text.length > MOST_ROWS ? [...text.slice(0, MOST_ROWS / 2), "…", ...text.slice(-MOST_ROWS / 2)] : text;
  const command = commandIn(dialog, rows, screen.cols);
  return {
    dialog: dialog.id,
    tool: dialog.tool,
    ...(command !== undefined && { command }),
    text: kept.join("\n"),
    options: options.map(({ label }) => label),
    keys: { ...keysFor("allow", dialog, options), ...keysFor("deny", dialog, options) },
  };
}

interface PlainRow {
  /** Without frames; what stands between them keeps its place. */
  framed: string;
  text: string;
}

const FRAME = /[\u2500-\u259f]/gu;
/** The selection's mark before an option. */
const MARK = /^\s*[❯›●>▶]\s+(?=\d+\. )/u;

function plainRow(row: string): PlainRow {
  const framed = row.replace(FRAME, " ").trimEnd();
  const text = framed.replace(MARK, "").replace(/\s+/gu, " ").trim();
  return { framed: row.trimEnd(), text: text.slice(0, MOST_COLUMNS) };
}

interface Option {
  number: number;
  label: string;
  to: number;
}

/** The last numbers from 1 on: what a question is about may have numbers of its own. */
function optionsIn(rows: readonly PlainRow[]): Option[] {
  const found = rows.flatMap(({ text }, at) => {
    const [, number, label = ""] = /^(\d{1,2})\. (.+)$/u.exec(text) ?? [];
    return number === undefined ? [] : [{ number: Number(number), label, at }];
  });
  const first = found.findLastIndex(({ number }) => number === 1);
  const options: Option[] = [];
  for (const [nth, { number, label, at }] of found.slice(Math.max(0, first)).entries()) {
    const last = options.at(-1);
    if (number !== nth + 1 || (last && at - last.to > WRAPPED_ROWS + 1)) break;
    options.push({ number, label, to: at });
  }
  return first < 0 ? [] : options;
}

function keysFor(answer: PermissionAnswer, dialog: PermissionDialog, options: readonly Option[]): ReadDialog["keys"] {
  const { option, keys } = dialog[answer];
  if (keys) return { [answer]: keys };
  const chosen = options.find(({ label }) => option !== undefined && pattern(option).test(label));
  const key = ProfileKey.safeParse(String(chosen?.number));
  return key.success ? { [answer]: [key.data] } : {};
}

/** Only a command that is there whole, in one row: what was wrapped or cut cannot be told from what it hides. */
function commandIn({ command }: PermissionDialog, rows: readonly PlainRow[], cols: number | undefined) {
  if (command === undefined) return undefined;
  const found = rows.flatMap(({ framed }, at) => {
    const text = pattern(command).exec(framed)?.[1]?.trim();
    return text ? [{ text, framed, at }] : [];
  });
  const [only] = found;
  if (!only || found.length > 1 || only.text.includes("…") || !hasRoom(only, cols)) return undefined;
  return rows[only.at + 1]?.text === "" ? only.text : undefined;
}

/** Whether blank cells follow the text, before its frame or the edge: nothing was cut off there. */
function hasRoom({ text, framed }: { text: string; framed: string }, cols: number | undefined): boolean {
  const end = framed.lastIndexOf(text) + text.length;
  const after = framed.slice(end);
  if (after !== "") return /^ {2}/.test(after);
  const cells = [...framed].reduce((sum, letter) => sum + ((letter.codePointAt(0) ?? 0) < 0x7f ? 1 : 2), 0);
  return cols === undefined || cells + 2 <= cols;
}
