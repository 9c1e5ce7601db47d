/** Escalations: what waits for a person, and the words that answer it. */
import { say, told } from "../../messages/say.ts";
import type { EscalationNow } from "../../protocol/escalation-methods.ts";
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
import { wrapWords } from "../text-width.ts";
import { factLines } from "./facts.ts";
import { shortId } from "./ids.ts";
import { rowsTable } from "./rows.ts";
import { ago, moment } from "./times.ts";

export function escalationsTable(escalations: readonly EscalationNow[], paper: Paper): string[] {
  if (escalations.length === 0) return [say("escalations.none")];
  return rowsTable(
    escalations,
    [
      { title: say("table.escalation"), paint: () => "bold", text: ({ id }) => shortId(id) },
      { title: say("table.run"), text: ({ run }) => shortId(run) },
      { title: say("table.at"), text: ({ phase }) => phase ?? "" },
      { title: say("table.what"), shrink: true, text: ({ failure }) => told(failure).message },
      { title: say("table.since"), text: ({ raisedAt }) => ago(raisedAt, paper.now) },
      { title: say("table.answer"), text: answerOf },
    ],
    paper,
  );
}

const answerOf = ({ answer, answers }: EscalationNow): string => answer ?? answers.join(" | ");

export function escalationDetails(escalation: EscalationNow, paper: Paper): string[] {
  const { style, columns } = paper;
  const { id, run, template, phase = "", session, failure, raisedAt, answer = "", answers } = escalation;
  const facts: [string, string][] = [
    [say("fact.escalation"), id],
    [say("fact.run"), `${run} ${template}`],
    [say("fact.phase"), phase],
    [say("fact.session"), session ?? ""],
    [say("fact.raised"), moment(raisedAt)],
    [say("fact.answer"), answer],
  ];
  const { message, hint } = told(failure);
  return [
    ...wrapWords(oneLine(message), columns - 2).map((line, n) => style.yellow(`${n === 0 ? "?" : " "} ${line}`)),
    ...(answers.length > 0 || hint === ""
      ? []
      : wrapWords(oneLine(hint), columns - 2).map((line) => `  ${style.dim(line)}`)),
    ...answers.flatMap((word) => answerLines(word, escalation, paper)),
    ...questionLines(failure, paper),
    "",
    ...factLines(facts, paper),
  ];
}

const COMMAND_COLUMNS = 41;

/** The command, and what it does: beside it, or under it where there is no room. */
function answerLines(
  word: EscalationNow["answers"][number],
  { id, failure }: EscalationNow,
  { style, columns }: Paper,
): string[] {
  const command = `devflow escalations answer ${shortId(id)} ${word}`;
  const means = meaning(word, failure);
  if (COMMAND_COLUMNS + 4 + columnsOf(means) <= columns)
    return [`  ${padded(command, COMMAND_COLUMNS)}  ${style.dim(means)}`];
  return [`  ${command}`, ...wrapWords(means, columns - 4).map((line) => `    ${style.dim(line)}`)];
}

const meaning = (word: EscalationNow["answers"][number], { code, details }: EscalationNow["failure"]): string =>
  word === "allow" && code === "session.awaits_permission"
    ? say("answer.allow.permission")
    : say(`answer.${word}`, { extended: details.extended ?? "" });

/** What an agent asks, as it stands in its dialog. */
function questionLines({ details }: EscalationNow["failure"], { style, columns }: Paper): string[] {
  const { text = "", options = "" } = details;
  if (text === "") return [];
  const rows = String(text).split("\n");
  const offered = String(options).split("\n").map(oneLine).join(", ");
  return [
    "",
    style.bold(say("escalation.asks")),
    ...rows.flatMap((row) => wrapWords(oneLine(row), columns - 4).map((line) => `  ${style.dim("│")} ${line}`)),
    ...(options === ""
      ? []
      : wrapWords(say("escalation.options", { options: offered }), columns - 2).map((line) => `  ${style.dim(line)}`)),
  ];
}
