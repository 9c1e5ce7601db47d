/** What a model agent says and does, as text for people: its prompt, what the model says, tools and how they ended, costs. */
import type { EventOf } from "../../domain/event.ts";
import { cleanText } from "../../domain/text.ts";
import { say } from "../../messages/say.ts";
import type { Paper, Tone } from "../style.ts";
import { toned } from "../style.ts";
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
      return ["", style.bold(`── ${who}${say("transcript.prompt")} ──`), ...indented(text, paper, "", "dim"), ""];
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
      const all = text.split("\n");
      const head = all.slice(0, RESULT_LINES).map((one) => `    ${style.dim(cut(one, paper.columns - 4))}`);
      const more = all.length - RESULT_LINES;
      const rest = more > 0 ? [`    ${style.dim(say("transcript.more", { count: more }))}`] : [];
      return [`  ${who}${mark} ${line.tool ?? ""}`, ...(text === "" ? [] : head), ...rest];
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

const indented = (text: string, { style, columns }: Paper, before: string, tone?: Tone): string[] =>
  text
    .split("\n")
    .flatMap((line) => wrap(line.replaceAll("\t", "  "), columns - before.length))
    .map((line) => `${before}${toned(style, tone, line)}`);
