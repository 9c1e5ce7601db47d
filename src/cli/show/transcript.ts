/** What a model agent says and does, as text for people: its prompt, what the model says, tools and how they ended, costs. */
import type { EventOf } from "../../domain/event.ts";
import { cleanText } from "../../domain/text.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { cut, oneLine } from "../table.ts";
import { wrap } from "../text-width.ts";

/** A line of the file that the agent's process writes. */
export interface TranscriptLine {
  at: number;
  agent: string;
  kind: "prompt" | "person" | "model" | "tool" | "result" | "notice";
  tool?: string;
  ok?: boolean;
  text: string;
}

/** A result is a file or the output of a program: its beginning says what it was. */
const RESULT_LINES = 6;
/** A prompt is long, and what follows from it is what one has come to see. */
const PROMPT_LINES = 24;

const KINDS: ReadonlySet<unknown> = new Set(["prompt", "person", "model", "tool", "result", "notice"]);

/** `undefined` for what a later version of devflow may write. */
export function readTranscriptLine(json: string): TranscriptLine | undefined {
  try {
    const line = JSON.parse(json) as Partial<TranscriptLine>;
    const known = typeof line.at === "number" && typeof line.text === "string" && KINDS.has(line.kind);
    return known ? ({ agent: "main", ...line } as TranscriptLine) : undefined;
  } catch {
    return undefined;
  }
}

export function transcriptText(line: TranscriptLine, paper: Paper): string[] {
  const { style } = paper;
  const who = line.agent === "main" ? "" : `${line.agent} `;
  const text = cleanText(line.text).text.trimEnd();
  switch (line.kind) {
    case "prompt":
      return [
        "",
        style.bold(`── ${who}${say("transcript.prompt")} ──`),
        ...head(indented(text, paper, ""), PROMPT_LINES, paper),
        "",
      ];
    case "person":
      return [`${style.bold(style.cyan(say("transcript.person")))} ${text}`];
    case "model":
      return text === "" ? [] : indented(text, paper, who === "" ? "" : `${who}│ `);
    case "tool":
      return [
        `${who}${style.cyan("→")} ${style.bold(line.tool ?? "")} ${style.dim(cut(oneLine(text), paper.columns - 20))}`,
      ];
    case "result": {
      const mark = line.ok === false ? style.red("✗") : style.green("✓");
      const lines = text === "" ? [] : text.split("\n").map((one) => cut(one, paper.columns - 4));
      return [`  ${who}${mark} ${line.tool ?? ""}`, ...head(lines, RESULT_LINES, paper).map((one) => `    ${one}`)];
    }
    case "notice":
      return [style.yellow(`· ${who}${oneLine(text)}`)];
  }
}

/** What a call has cost, under what it has said. */
export function callText({ usage, served, model, problem }: EventOf<"model.called">, { style }: Paper): string {
  if (problem !== undefined) return style.yellow(`· ${oneLine(problem)}`);
  const { inputTokens = "?", outputTokens = "?", costUsd = "?" } = usage ?? {};
  const told = { model: served ?? model, input: inputTokens, output: outputTokens, cost: costUsd };
  return style.dim(`· ${say("transcript.call", told)}`);
}

const indented = (text: string, { columns }: Paper, before: string): string[] =>
  text
    .split("\n")
    .flatMap((line) => wrap(line.replaceAll("\t", "  "), columns - before.length))
    .map((line) => `${before}${line}`);

/** The first lines, dim, and how many there are more. */
function head(lines: readonly string[], most: number, { style }: Paper): string[] {
  const shown = lines.slice(0, most).map((line) => style.dim(line));
  const more = lines.length - most;
  return more > 0 ? [...shown, style.dim(say("transcript.more", { count: more }))] : shown;
}
