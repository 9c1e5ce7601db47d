/** Sessions as a table, and one session with what its state rests on. */
import { phrase, say } from "../../messages/say.ts";
import type { Result } from "../../protocol/methods.ts";
import type { SessionNow } from "../../protocol/session-methods.ts";
import type { Paper } from "../style.ts";
import { toned } from "../style.ts";
import { cut, oneLine, padded } from "../table.ts";
import { wrap } from "../text-width.ts";
import { factLines } from "./facts.ts";
import { shortId } from "./ids.ts";
import { sessionTone, sessionWord, toneOfSessionWord } from "./marks.ts";
import { rowsTable } from "./rows.ts";
import { clock, duration } from "./times.ts";

/** Narrower than this, why a session is in its state says more than where it lives. */
const ROOM_FOR_HOST = 100;

export function sessionsTable(sessions: readonly SessionNow[], paper: Paper): string[] {
  if (sessions.length === 0) return [say("sessions.none")];
  return rowsTable(
    sessions,
    [
      { title: say("table.session"), paint: () => "bold", text: ({ id }) => shortId(id) },
      { title: say("table.state"), paint: toneOfSessionWord, text: ({ state }) => sessionWord(state) },
      { title: say("table.for"), align: "right", text: ({ since }) => duration(paper.now - since) },
      { title: say("table.role"), text: ({ role }) => role },
      { title: say("table.persona"), shrink: true, text: ({ persona }) => persona },
      { title: say("table.host"), needs: ROOM_FOR_HOST, text: ({ host }) => host ?? "" },
      { title: say("table.run"), text: ({ run }) => shortId(run) },
      { title: say("table.why"), shrink: true, paint: () => "dim", text: ({ held, cause }) => phrase(held ?? cause) },
    ],
    paper,
  );
}

export function sessionDetails(shown: Result<"session.show">, paper: Paper): string[] {
  const { session, screen } = shown;
  const tried = Object.entries(session.recoveries).map(([counter, times]) => `${counter} ${times}`);
  const facts: [string, string][] = [
    [say("fact.session"), session.id],
    [say("fact.run"), session.run],
    [say("fact.agent"), [session.agent, session.adapter, session.host].filter(Boolean).join(", ")],
    [say("fact.pid"), session.pid === undefined ? "" : String(session.pid)],
    [say("fact.recoveries"), tried.join(", ")],
    [say("fact.recording"), session.recording ?? ""],
    [say("fact.attach"), session.attach ? `devflow attach ${shortId(session.id)}` : ""],
  ];
  return [
    ...explanationLines(shown, paper),
    "",
    ...factLines(facts, paper),
    ...(screen ? screenLines(screen, paper) : []),
  ];
}

/** The state in words, and the evidence it rests on. */
export function explanationLines({ session, explanation }: Result<"session.show">, paper: Paper): string[] {
  const { style, columns, now } = paper;
  const state = toned(style, sessionTone(session.state), sessionWord(session.state));
  const since = style.dim(duration((session.closedAt ?? now) - session.since));
  const sources = Math.max(0, ...session.evidence.map(({ source }) => source.length));
  const { persona, role, cause } = session;
  const is = session.state.replaceAll("_", " ");
  const explained = explanation.map((line) =>
    line === `${persona} as ${role} is ${is}: ${cause}`
      ? say("explain.state", { persona, role, state: is, cause })
      : phrase(line),
  );
  return [
    `${style.bold(session.role)}  ${session.persona}  ${shortId(session.id)}  ${state}  ${since}`,
    ...explained.flatMap((line) => wrap(oneLine(line), columns - 2).map((part) => `  ${part}`)),
    ...(session.evidence.length > 0 ? ["", style.bold(say("sessions.evidence"))] : []),
    ...session.evidence.map(
      ({ source, said, at }) =>
        `  ${style.dim(clock(at))}  ${padded(source, sources)}  ${cut(oneLine(phrase(said)), columns - 14 - sources)}`,
    ),
  ];
}

/** Only what has something on it: an empty lower half says nothing. */
function screenLines(screen: readonly string[], { style, columns }: Paper): string[] {
  const last = screen.findLastIndex((line) => line.trim() !== "");
  const rule = style.dim("│");
  return [
    "",
    style.bold(say("sessions.screen")),
    ...screen.slice(0, last + 1).map((line) => `  ${rule} ${cut(printable(line), columns - 4)}`.trimEnd()),
  ];
}

/** Spaces are kept here: a screen is laid out with them. */
const printable = (line: string): string => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
