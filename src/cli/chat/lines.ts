/** What a talk shows: its prompt, what the agent does, its answers. */
import { answersTo } from "../../domain/escalation.ts";
import type { StoredEvent } from "../../domain/event.ts";
import type { FailureRecord } from "../../domain/failure.ts";
import { planStand } from "../../domain/plan.ts";
import type { RunView } from "../../domain/view.ts";
import { say, told } from "../../messages/say.ts";
import { eventLine, isMajor } from "../show/events.ts";
import { renderMarkdown } from "../show/markdown.ts";
import { dollars } from "../show/money.ts";
import type { Paper } from "../style.ts";
import { columnsOf, cut, oneLine } from "../table.ts";
import { wrap } from "../text-width.ts";
import { SLASH } from "./slash.ts";

/** Four places, as long as that says something: it is looked at again and again. */
export function costShown({ usage, sessions }: Pick<RunView, "usage" | "sessions">, turns: number): string {
  if (usage.costUsd !== undefined) {
    const amount = Number(usage.costUsd);
    const shown = amount > 0 && amount < 0.0001 ? dollars(usage.costUsd) : `$${amount.toFixed(4)}`;
    return usage.uncosted > 0 ? `≥${shown}` : shown;
  }
  // What is not known is never 0; before anything was said nothing was spent.
  return turns > 0 && sessions.length > 0 ? "$?" : "$0";
}

export function promptShown(cost: string, state: "idle" | "busy" | "more", { style }: Paper): string {
  if (state === "more") return style.dim("… ");
  return `${style.bold("devflow")} ${style.dim(cost)} ${state === "busy" ? style.yellow("⋯") : style.cyan("▸")} `;
}

/** Wider lines of prose are hard to read. */
const PROSE = 100;

/** An answer, or a part of it that stands for itself. */
export function answerLines(text: string, { columns, look }: Paper): string[] {
  const width = Math.max(20, Math.min(columns, PROSE) - 2);
  const shown = renderMarkdown(text, { width, color: look.colour });
  return ["", ...shown.split("\n").map((line) => (line === "" ? "" : `  ${line}`)), ""];
}

/** What an event shows in a talk; nothing for what has a line of its own, or is too small. */
export function eventLines(stored: StoredEvent, paper: Paper): string[] {
  const { event } = stored;
  const { style, columns } = paper;
  switch (event.type) {
    case "tool.calling": {
      const who = event.agent === "main" ? "" : `${event.agent} `;
      const room = columns - columnsOf(`  → ${who}${event.tool} `);
      return [
        `  ${style.cyan("→")} ${style.dim(who)}${style.bold(event.tool)} ${style.dim(cut(oneLine(event.about), Math.max(8, room)))}`,
      ];
    }
    case "tool.called":
      return event.ok ? [] : [`    ${style.yellow(cut(`✗ ${oneLine(event.refused ?? "")}`, columns - 4))}`];
    case "plan.told": {
      const { done, count, now } = planStand(event);
      return [`  ${style.cyan("☰")} ${style.dim(cut(`${done}/${count} ${oneLine(now)}`.trimEnd(), columns - 4))}`];
    }
    case "model.called":
      return event.problem === undefined ? [] : [style.yellow(cut(`· ${oneLine(event.problem)}`, columns))];
    case "turn.ended":
      return event.how === "failed" && event.failure ? failureLines(event.failure, paper) : [];
    case "escalation.raised":
      return [
        ...failureLines(event.failure, paper),
        ...(answersTo(event).length > 0 ? [`    ${style.dim(say("chat.approve_how"))}`] : []),
      ];
    default:
      return SHOWN.has(event.type) && isMajor(event) ? [eventLine(stored, paper)] : [];
  }
}

const SHOWN: ReadonlySet<string> = new Set([
  "session.changed",
  "session.recovery",
  "session.troubled",
  "prompt.held",
  "budget.crossed",
  "permission.answering",
  "escalation.settled",
  "run.interrupted",
]);

export function failureLines(failure: FailureRecord, { style, columns }: Paper): string[] {
  const { message, hint } = told(failure);
  return [
    ...wrap(oneLine(message), columns - 2).map((line, n) => style.yellow(n === 0 ? `! ${line}` : `  ${line}`)),
    ...(hint === "" ? [] : wrap(oneLine(hint), columns - 4).map((line) => `    ${style.dim(line)}`)),
  ];
}

export function helpLines({ style, columns }: Paper): string[] {
  const rows = Object.entries(SLASH).map(([name, { takes, text }]) => [`/${name} ${takes}`.trim(), say(text)] as const);
  const wide = Math.max(...rows.map(([name]) => name.length));
  return [
    "",
    ...rows.map(([name, text]) => `  ${style.bold(name.padEnd(wide))}  ${cut(text, Math.max(10, columns - wide - 4))}`),
    ...wrap(say("chat.help.keys"), columns - 2).map((line) => `  ${style.dim(line)}`),
    "",
  ];
}
