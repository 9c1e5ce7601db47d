/** What is said beside the data: how to come back to a run, and what it waits for. */
import type { RunView } from "../../domain/view.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { cut, oneLine, padded } from "../table.ts";
import { wrapWords } from "../text-width.ts";
import { waitsOf } from "../waiting.ts";
import { shortId } from "./ids.ts";

export function comeBackLines(run: string, { style, columns }: Paper): string[] {
  const id = shortId(run);
  const ways: [string, string][] = [
    [`devflow runs show ${id}`, say("back.show")],
    ["devflow watch", say("back.watch")],
    [`devflow runs wait ${id}`, say("back.wait")],
    ["devflow attach SESSION", say("back.attach")],
  ];
  const indent = Math.max(...ways.map(([command]) => command.length));
  return ways.map(([command, text]) => `  ${padded(command, indent)}  ${style.dim(cut(text, columns - indent - 4))}`);
}

export const waitLines = (view: RunView, { style, columns }: Paper): string[] =>
  waitsOf(view).flatMap(({ what, detail, commands }) => [
    ...wrapWords(oneLine(what), columns - 2).map((line, n) => style.yellow(`${n === 0 ? "?" : " "} ${line}`)),
    ...(detail === "" ? [] : wrapWords(oneLine(detail), columns - 2).map((line) => `  ${style.dim(line)}`)),
    ...commands.map((command) => `  ${command}`),
  ]);
