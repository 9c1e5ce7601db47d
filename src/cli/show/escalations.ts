/** Escalations: what waits for a person, and the words that answer it. */
import { say, told } from "../../messages/say.ts";
import type { EscalationNow } from "../../protocol/escalation-methods.ts";
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
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

export function escalationDetails(escalation: EscalationNow, { style }: Paper): string[] {
  const { id, run, template, phase = "", session, failure, raisedAt, answer = "", answers } = escalation;
  const facts: [string, string][] = [
    [say("fact.escalation"), id],
    [say("fact.run"), `${run} ${template}`],
    [say("fact.phase"), phase],
    [say("fact.session"), session ?? ""],
    [say("fact.raised"), moment(raisedAt)],
    [say("fact.answer"), answer],
  ];
  const shown = facts.filter(([, value]) => value !== "");
  const indent = Math.max(...shown.map(([name]) => columnsOf(name)));
  const { message, hint } = told(failure);
  return [
    style.yellow(`? ${oneLine(message)}`),
    ...(answers.length > 0 || hint === "" ? [] : [`  ${style.dim(oneLine(hint))}`]),
    ...answers.map((word) => {
      const command = padded(`devflow escalations answer ${shortId(id)} ${word}`, COMMAND_COLUMNS);
      return `  ${command}  ${style.dim(meaning(word, failure))}`;
    }),
    ...questionLines(failure, style),
    "",
    ...shown.map(([name, value]) => `  ${style.dim(padded(name, indent))}  ${oneLine(value)}`),
  ];
}

const COMMAND_COLUMNS = 41;

const meaning = (word: EscalationNow["answers"][number], { code, details }: EscalationNow["failure"]): string =>
  word === "allow" && code === "session.awaits_permission"
    ? say("answer.allow.permission")
    : say(`answer.${word}`, { extended: details.extended ?? "" });

/** What an agent asks, as it stands in its dialog. */
function questionLines({ details }: EscalationNow["failure"], style: Paper["style"]): string[] {
  const { text = "", options = "" } = details;
  if (text === "") return [];
  const rows = String(text).split("\n");
  const offered = String(options).split("\n").map(oneLine).join(", ");
  return [
    "",
    style.bold(say("escalation.asks")),
    ...rows.map((row) => `  ${style.dim("│")} ${oneLine(row)}`),
    ...(options === "" ? [] : [`  ${style.dim(say("escalation.options", { options: offered }))}`]),
  ];
}
