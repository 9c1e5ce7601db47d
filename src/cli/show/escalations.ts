/** Escalations: what waits for a person, and the words that answer it. */
import { say } from "../../messages/say.ts";
import type { EscalationNow } from "../../protocol/methods.ts";
import type { Paper } from "../style.ts";
import { oneLine, padded } from "../table.ts";
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
      { title: say("table.what"), shrink: true, text: ({ failure }) => failure.message },
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
  const indent = Math.max(...shown.map(([name]) => name.length));
  return [
    style.yellow(`? ${oneLine(failure.message)}`),
    ...(answers.length > 0 || failure.hint === "" ? [] : [`  ${style.dim(oneLine(failure.hint))}`]),
    ...answers.map((word) => {
      const command = padded(`devflow escalations answer ${shortId(id)} ${word}`, COMMAND_COLUMNS);
      return `  ${command}  ${style.dim(say(`answer.${word}`, { extended: failure.details.extended ?? "" }))}`;
    }),
    "",
    ...shown.map(([name, value]) => `  ${style.dim(padded(name, indent))}  ${oneLine(value)}`),
  ];
}

const COMMAND_COLUMNS = 41;
