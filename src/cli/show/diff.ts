/** A unified diff for the eye, and how much it changes in each file. */
import { say } from "../../messages/say.ts";
import type { Paper, Tone } from "../style.ts";
import { toned } from "../style.ts";
import { table } from "../table.ts";
import { countLine } from "./outcome.ts";

export interface FileStat {
  file: string;
  insertions: number;
  deletions: number;
}

/** Everything but tab: a file under review must not drive the terminal it is read in. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export function diffLines(diff: string, { style }: Paper): string[] {
  if (diff === "") return [say("outcome.no_changes")];
  let inHunk = false;
  return diff
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      if (line.startsWith("diff ")) inHunk = false;
      if (line.startsWith("@@")) inHunk = true;
      return toned(style, toneOf(line, inHunk), line.replace(CONTROL, ""));
    });
}

function toneOf(line: string, inHunk: boolean): Tone | undefined {
  if (!inHunk) return "bold";
  if (line.startsWith("@@")) return "cyan";
  return line.startsWith("+") ? "green" : line.startsWith("-") ? "red" : undefined;
}

/** Counted from the diff itself, hunk by hunk: a line of content may begin like a header. */
export function diffStat(diff: string): FileStat[] {
  const files: FileStat[] = [];
  let left = { before: 0, after: 0 };
  for (const line of diff.split("\n")) {
    const file = files.at(-1);
    if (file && (left.before > 0 || left.after > 0)) {
      left = counted(line, file, left);
      continue;
    }
    const named = /^diff --git .*? "?b\/(.*?)"?$/.exec(line);
    if (named) files.push({ file: named[1] ?? "", insertions: 0, deletions: 0 });
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk) left = { before: Number(hunk[1] ?? 1), after: Number(hunk[2] ?? 1) };
  }
  return files;
}

function counted(line: string, file: FileStat, left: { before: number; after: number }): typeof left {
  if (line.startsWith("+")) {
    file.insertions += 1;
    return { ...left, after: left.after - 1 };
  }
  if (line.startsWith("-")) {
    file.deletions += 1;
    return { ...left, before: left.before - 1 };
  }
  return line.startsWith("\\") ? left : { before: left.before - 1, after: left.after - 1 };
}

export function diffStatLines(files: readonly FileStat[], { look, style }: Paper): string[] {
  if (files.length === 0) return [say("outcome.no_changes")];
  const sum = (pick: (file: FileStat) => number) => files.reduce((total, file) => total + pick(file), 0);
  const rows = files.map(({ file, insertions, deletions }) => [file, `+${insertions}`, `-${deletions}`]);
  const total = { files: files.length, insertions: sum((f) => f.insertions), deletions: sum((f) => f.deletions) };
  return [
    ...table(
      [
        { title: say("diff.file"), shrink: true },
        { title: "+", align: "right", paint: () => "green" },
        { title: "-", align: "right", paint: () => "red" },
      ],
      rows,
      look,
    ).split("\n"),
    style.dim(countLine(total)),
  ];
}
