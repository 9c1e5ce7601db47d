/** An event as a sentence, for `runs events`, for progress without a terminal, and for the history in `watch`. */
import type { RunEvent, StoredEvent } from "../../domain/event.ts";
import { referenceOf } from "../../domain/names.ts";
import { planStand } from "../../domain/plan.ts";
import { phrase, say, told } from "../../messages/say.ts";
import { type Paper, type Tone, toned } from "../style.ts";
import { cut, oneLine } from "../table.ts";
import { shortId } from "./ids.ts";
import { sessionWord } from "./marks.ts";
import { clock, duration } from "./times.ts";

interface Told {
  text: string;
  tone?: Tone;
  /** Only in the full log: too small for somebody who wants to know how it goes. */
  minor?: true;
}

export function eventLine({ at, event }: StoredEvent, { style, columns }: Paper): string {
  const { text, tone, minor } = tell(event);
  const shown = cut(oneLine(text), Math.max(10, columns - 10));
  return `${style.dim(clock(at))}  ${toned(style, tone ?? (minor ? "dim" : undefined), shown)}`;
}

export const isMajor = (event: RunEvent): boolean => !tell(event).minor;

function tell(event: RunEvent): Told {
  switch (event.type) {
    case "run.started":
      return {
        text: say("event.run.started", { template: referenceOf(event.template), base: event.base }),
        tone: "bold",
      };
    case "workspace.ready":
      return { text: say("event.workspace.ready", { branch: event.branch, path: event.path }) };
    case "phase.started":
      return {
        text: [say(`event.phase.started.${event.cause}`, about(event)), event.comment].filter(Boolean).join(": "),
      };
    case "phase.accepted":
      return { text: say("event.phase.accepted", about(event)), tone: "green" };
    case "phase.failed":
      return {
        text: say("event.phase.failed", { ...about(event), problem: told(event.failure).message }),
        tone: "red",
      };
    case "phase.looped":
      return {
        text: say("event.phase.looped", { phase: event.phase, to: event.to, round: event.round }),
        tone: "yellow",
      };
    case "artifact.refused": {
      const [first] = event.violations;
      const problem = first ? `${first.at} ${phrase(first.problem)}`.trim() : "";
      const more = event.violations.length > 1 ? say("event.more", { count: event.violations.length - 1 }) : "";
      return { text: say("event.artifact.refused", { ...about(event), problem: `${problem}${more}` }), tone: "yellow" };
    }
    case "artifact.checked":
      return {
        text: say("event.artifact.checked", { ...about(event), sha: event.artifact.sha256.slice(0, 12) }),
        minor: true,
      };
    case "command.starting":
      return { text: say("event.command.starting", { ...about(event), command: event.argv.join(" ") }) };
    case "command.finished": {
      const code = event.exitCode ?? say("event.no_exit_code");
      return { text: say("event.command.finished", { ...about(event), code, took: duration(event.durationMs) }) };
    }
    case "approval.requested":
      return { text: say(`event.approval.requested.${event.when}`, { phase: event.phase }), tone: "yellow" };
    case "approval.answered": {
      const said = say(`event.approval.${event.answer}`, { phase: event.phase, by: event.by });
      return {
        text: event.comment ? `${said}: ${event.comment}` : said,
        tone: event.answer === "approve" ? "green" : "yellow",
      };
    }
    case "escalation.raised":
      return { text: say("event.escalation.raised", { problem: told(event.failure).message }), tone: "yellow" };
    case "escalation.settled":
      return { text: say("event.escalation.settled", { answer: event.answer, by: event.by }) };
    case "permission.answering": {
      const { answer, by, cause, text } = event;
      const what = text.replaceAll("\n", " · ");
      const session = shortId(event.session);
      return { text: say(`event.permission.${answer}`, { session, by, cause, what }), tone: "yellow" };
    }
    case "permission.answered":
      return { text: say(`event.permission.${event.result}`, { session: shortId(event.session) }), minor: true };
    case "run.interrupted":
      return { text: say("event.run.interrupted", { cause: event.cause }), tone: "yellow" };
    case "run.resumed":
      return { text: say("event.run.resumed", { by: event.by, cause: event.cause }) };
    case "run.completed":
      return { text: say("event.run.completed"), tone: "green" };
    case "run.failed":
      return { text: say("event.run.failed", { problem: told(event.failure).message }), tone: "red" };
    case "run.deleted":
      return { text: say("event.run.deleted", { by: event.by }) };
    case "run.cancelled": {
      const said = say("event.run.cancelled", { by: event.by });
      return { text: event.comment ? `${said}: ${event.comment}` : said };
    }
    case "report.written":
      return { text: say("event.report.written", { path: event.markdown }), minor: true };
    case "usage.reported": {
      const { session, inputTokens: input, outputTokens: output } = event;
      return { text: say("event.usage.reported", { session: shortId(session), input, output }), minor: true };
    }
    case "model.called": {
      const { model, usage, problem } = event;
      const session = shortId(event.session);
      if (problem !== undefined)
        return { text: say("event.model.failed", { session, model, problem }), tone: "yellow" };
      const [input, output] = [usage?.inputTokens ?? "?", usage?.outputTokens ?? "?"];
      return {
        text: say("event.model.called", { session, model, input, output, cost: usage?.costUsd ?? "?" }),
        minor: true,
      };
    }
    case "tool.calling":
      return {
        text: say("event.tool.calling", { session: shortId(event.session), tool: event.tool, about: event.about }),
      };
    case "tool.called": {
      const { tool, ok, refused = "" } = event;
      if (ok) return { text: say("event.tool.called", { session: shortId(event.session), tool }), minor: true };
      return { text: say("event.tool.refused", { session: shortId(event.session), tool, refused }), tone: "yellow" };
    }
    case "plan.told": {
      const { done, count, now } = planStand(event);
      const doing = now === "" ? "" : `: ${now}`;
      return { text: say("event.plan.told", { session: shortId(event.session), done, count, doing }) };
    }
    case "budget.crossed": {
      const { scope, name, limitUsd, wouldUsd, policy } = event;
      return { text: say(`event.budget.${policy}`, { scope, name, limit: limitUsd, would: wouldUsd }), tone: "yellow" };
    }
    case "budget.set":
      return { text: say("event.budget.set", { usd: event.usd, policy: event.policy, by: event.by }) };
    case "turn.asked":
      return { text: say("event.turn.asked", { turn: event.number, by: event.by, bytes: event.bytes }) };
    case "turn.ended": {
      const { number: turn, how, failure } = event;
      const tone = how === "answered" ? {} : { tone: "yellow" as const };
      return { text: say(`event.turn.${how}`, { turn, problem: failure ? told(failure).message : "" }), ...tone };
    }
    case "turn.undone":
      return { text: say("event.turn.undone", { turn: event.number, by: event.by, files: event.files }) };
    case "talk.ended":
      return { text: say("event.talk.ended", { by: event.by }) };
    case "role.bound":
      return { text: say("event.role.bound", { role: event.role, persona: referenceOf(event.persona), by: event.by }) };
    default:
      return tellSession(event);
  }
}

type SessionEvent = Extract<RunEvent, { type: `session.${string}` | `prompt.${string}` }>;

function tellSession(event: SessionEvent): Told {
  const session = shortId(event.session);
  switch (event.type) {
    case "session.opening":
      return { text: say("event.session.opening", { session, role: event.role, persona: event.persona }) };
    case "session.opened":
      if (event.conversation !== undefined) {
        const { host, conversation } = event;
        return { text: say("event.session.continued", { session, host, conversation: oneLine(conversation) }) };
      }
      return { text: say("event.session.opened", { session, host: event.host }), minor: true };
    case "session.changed": {
      const told = { text: say("event.session.changed", { session, to: sessionWord(event.to), cause: event.cause }) };
      return NOTABLE.has(event.to) ? { ...told, tone: "yellow" } : { ...told, minor: true };
    }
    case "session.recovery": {
      const { counter, used, cause } = event;
      return { text: say("event.session.recovery", { session, counter, used, cause }), tone: "yellow" };
    }
    case "session.troubled": {
      const until = event.until === undefined ? "" : new Date(event.until).toISOString();
      const what = { session, trouble: say(`trouble.${event.kind}`), said: event.said, until };
      return { text: say(until === "" ? "event.session.troubled" : "event.session.parked", what), tone: "yellow" };
    }
    case "session.told":
      return { text: say(`event.session.told.${event.what}`, { session, by: event.by }) };
    case "session.closed":
      return { text: say("event.session.closed", { session, cause: event.cause }), minor: true };
    case "prompt.sending":
      return { text: say(`event.prompt.${event.purpose}`, { ...about(event), session, bytes: event.bytes }) };
    case "prompt.delivered":
      return { text: say("event.prompt.delivered", { ...about(event), session }), minor: true };
    case "prompt.held":
      return { text: say("event.prompt.held", { ...about(event), session, reason: event.reason }), tone: "yellow" };
  }
}

const NOTABLE: ReadonlySet<string> = new Set([
  "awaiting_permission",
  "awaiting_input",
  "login_required",
  "rate_limited",
  "stalled",
  "unresponsive",
  "failed",
  "lost",
]);

const about = ({ phase, attempt }: { phase: string; attempt: number }) => ({ phase, attempt });
