/**
 * A run as it stands, in lines: head, phases, sessions, and what it waits for. `run` draws it again and again,
 * `runs show` once, `watch` beside others.
 */
import { isLive, needsPerson } from "../domain/session.ts";
import type { PhaseView, RunView, SessionView } from "../domain/view.ts";
import { phrase, say, told } from "../messages/say.ts";
import { shortId } from "./show/ids.ts";
import { phaseMark, phaseTone, runTone, runWord, sessionTone, sessionWord } from "./show/marks.ts";
import { duration } from "./show/times.ts";
import { type Paper, type Tone, toned } from "./style.ts";
import { columnsOf, cut, oneLine, padded } from "./table.ts";
import { cell, padStart, wrap } from "./text-width.ts";
import { waitsOf } from "./waiting.ts";

/** Beyond this the end of a line is too far from its start to be read together. */
const WIDEST = 110;
const TIME_WIDTH = 7;
/** Narrower than this, how it goes matters more than who does it. */
const ROOM_FOR_WHO = 64;
const NAME_WIDTH = { most: 24, least: 8 };

export function progress(run: RunView, given: Paper): string[] {
  const paper = { ...given, columns: Math.min(given.columns, WIDEST) };
  return [...head(run, paper), "", ...phases(run, paper), ...sessions(run, paper), ...waits(run, paper)];
}

/** `spec-and-review@1  7K2MQX  running  2m 14s`, and the goal under it. */
function head(run: RunView, { columns, style, now }: Paper): string[] {
  const took = duration((run.endedAt ?? now) - run.startedAt);
  const fixed = `  ${shortId(run.id)}  ${runWord(run.status)}  ${took}`;
  const template = cut(run.template, Math.max(8, columns - columnsOf(fixed)));
  const status = toned(style, runTone(run.status), runWord(run.status));
  const title = `${style.bold(template)}  ${shortId(run.id)}  ${status}  ${style.dim(took)}`;
  return [title, style.dim(cut(oneLine(run.goal), columns))];
}

function phases(run: RunView, paper: Paper): string[] {
  const names = widths(run.phases.map(({ id }) => id));
  const whos = paper.columns < ROOM_FOR_WHO ? 0 : widths(run.phases.map(whoOf));
  return run.phases.map((phase) => {
    const time = padStart(phaseTime(phase, run.endedAt ?? paper.now), TIME_WIDTH);
    const room = paper.columns - (4 + names + 2 + whos + (whos === 0 ? 0 : 2) + 2 + TIME_WIDTH);
    const said = stateOf(phase, run);
    const text = Number.isFinite(room) ? cell(said, room) : said;
    const quiet = phase.status === "pending" || phase.status === "skipped";
    const name = cell(phase.id, names);
    return line(
      "  ",
      phaseMark(phase.status, paper),
      " ",
      quiet ? paper.style.dim(name) : name,
      "  ",
      paper.style.dim(whos === 0 ? "" : `${cell(whoOf(phase), whos)}  `),
      toned(paper.style, phase.status === "accepted" ? "dim" : phaseTone(phase.status), text),
      "  ",
      paper.style.dim(time),
    );
  });
}

const line = (...parts: readonly string[]): string => parts.join("").trimEnd();

const widths = (texts: readonly string[]): number =>
  Math.min(NAME_WIDTH.most, Math.max(NAME_WIDTH.least, ...texts.map((text) => columnsOf(text))));

const whoOf = ({ persona, command, role }: PhaseView): string =>
  oneLine(command ? `$ ${command.join(" ")}` : (persona ?? role ?? ""));

/** How long the phase has taken over all its attempts. */
function phaseTime({ attempts }: PhaseView, now: number): string {
  if (attempts.length === 0) return "";
  return duration(attempts.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? now) - startedAt), 0));
}

function stateOf(phase: PhaseView, run: RunView): string {
  const last = phase.attempts.at(-1);
  switch (phase.status) {
    case "pending": {
      const open = phase.needs.filter((need) => run.phases.find(({ id }) => id === need)?.status !== "accepted");
      return open.length > 0 ? say("phase.after", { phases: open.join(", ") }) : say("phase.next");
    }
    case "running":
      return [phase.command ? say("phase.command") : working(phase, run), again(phase)].filter(Boolean).join(", ");
    case "repairing": {
      const refused = last?.refused.at(-1)?.violations ?? [];
      const [first] = refused;
      const problem = first ? `${first.at} ${phrase(first.problem)}`.trim() : "";
      return oneLine(say("phase.repairing", { count: refused.length, problem }));
    }
    case "skipped":
      return say(last ? "phase.stopped" : "phase.skipped");
    case "failed":
      return oneLine(last?.failure ? told(last.failure).message : say("phase.failed"));
    case "accepted":
      return [acceptedAs(phase), again(phase)].filter(Boolean).join(", ");
    default:
      return [say(`phase.${phase.status}`), again(phase)].filter(Boolean).join(", ");
  }
}

function working(phase: PhaseView, run: RunView): string {
  const prompt = phase.attempts.at(-1)?.prompts.at(-1);
  const session = run.sessions.findLast(({ role, closedAt }) => role === phase.role && closedAt === undefined);
  if (session?.held !== undefined) return oneLine(say("phase.held", { reason: session.held }));
  if (!prompt) return say("phase.starting");
  if (prompt.deliveredAt === undefined) return say("phase.delivering");
  if (session && needsPerson(session.state)) return sessionWord(session.state);
  if (session?.state === "ready") return say("phase.idle");
  if (prompt.purpose === "nudge") return say("phase.nudged");
  return prompt.purpose === "repair" ? say("phase.mending") : say("phase.working");
}

function acceptedAs({ attempts, command }: PhaseView): string {
  const last = attempts.at(-1);
  if (command && typeof last?.exitCode === "number") return say("phase.exited", { code: last.exitCode });
  return say("phase.accepted");
}

/** Said only when it is not the first time. */
function again({ attempts }: PhaseView): string {
  const last = attempts.at(-1);
  if (!last || last.attempt === 1) return "";
  return last.round > 1 ? say("phase.round", { round: last.round }) : say("phase.attempt", { attempt: last.attempt });
}

function sessions(run: RunView, paper: Paper): string[] {
  const open = run.sessions.filter(({ state, closedAt }) => closedAt === undefined && isLive(state));
  if (open.length === 0) return [];
  const roles = widths(open.map(({ role }) => role));
  const states = Math.max(...open.map(({ state }) => columnsOf(sessionWord(state))));
  return ["", ...open.map((session) => sessionLine(session, roles, states, paper))];
}

function sessionLine(session: SessionView, roles: number, states: number, { columns, style, now }: Paper): string {
  const { state, since, id, role, host } = session;
  const tried = Object.entries(session.recoveries)
    .map(([counter, times]) => say("session.recovery", { counter, times }))
    .join(", ");
  const how = host === "process" ? "" : `devflow attach ${shortId(id)}`;
  const rest = [how, tried].filter((part) => part !== "").join("  ");
  const room = Math.max(0, columns - (4 + roles + 2 + states + 2 + TIME_WIDTH + 2));
  return line(
    "    ",
    cell(role, roles),
    "  ",
    toned(style, sessionTone(state), padded(sessionWord(state), states)),
    "  ",
    style.dim(padStart(duration(now - since), TIME_WIDTH)),
    "  ",
    style.dim(cut(rest, room)),
  );
}

function waits(run: RunView, { columns, style }: Paper): string[] {
  const tone: Tone = "yellow";
  return waitsOf(run).flatMap(({ what, detail, commands }) => [
    "",
    ...wrap(oneLine(what), columns - 4).map((part, n) => `  ${toned(style, tone, `${n === 0 ? "?" : " "} ${part}`)}`),
    ...(detail === "" ? [] : wrap(oneLine(detail), columns - 4).map((part) => `    ${style.dim(part)}`)),
    ...commands.map((command) => `    ${cut(command, columns - 4)}`),
  ]);
}
