/**
 * Whether every intent of a run gets its receipt (E2 of events): the worktree, sessions, prompts, commands, answers to permissions,
 * tools and the report. What money was held for is in no log: who has a ledger asks that.
 */
import type { RunEvent } from "../../src/domain/event.ts";
import { isTidy, type RunState, runsCommand } from "../../src/domain/run-state.ts";

export interface Receipts {
  /** What this event breaks, given the run before and after it. */
  see(event: RunEvent, before: RunState, after: RunState): string[];
  /** The intents so far that have neither a receipt nor anything else that has ended them. */
  owed(): string[];
}

interface Intent {
  said: string;
  /** It ends with its session; what it would have told is not there any more. */
  session?: string;
  /** It is over at the latest when its phase has got on. */
  phase?: string;
}

export function receipts(): Receipts {
  const open = new Map<string, Intent>();
  const owed = (about: (intent: Intent) => boolean = () => true): string[] =>
    [...open.values()].filter(about).map(({ said }) => `${said} has no receipt`);
  const over = (about: (intent: Intent) => boolean): void => {
    for (const [key, intent] of open) if (about(intent)) open.delete(key);
  };
  const gone = (session: string): void => over((intent) => intent.session === session);
  /** What agents were told in a phase; its command is told of by its own end alone. */
  const gotOn = (phase: string): void => over((intent) => intent.phase === phase && intent.session !== undefined);

  function pass(event: RunEvent): void {
    switch (event.type) {
      case "run.started":
        open.set("worktree", { said: "the worktree" });
        break;
      case "workspace.ready":
        open.delete("worktree");
        break;
      case "session.opening":
        open.set(event.session, { said: `session ${event.session}`, session: event.session });
        break;
      case "session.opened":
        open.delete(event.session);
        break;
      case "session.changed":
        if (event.to === "lost") gone(event.session);
        break;
      case "session.closed":
        gone(event.session);
        break;
      case "prompt.sending":
        open.set(event.key, { said: event.key, session: event.session, phase: event.phase });
        break;
      case "prompt.delivered":
        open.delete(event.key);
        break;
      case "permission.answering":
        open.set(event.permission, { said: `the answer to ${event.permission}`, session: event.session });
        break;
      case "permission.answered":
        open.delete(event.permission);
        break;
      case "tool.calling":
        open.set(event.call, { said: `the call of ${event.tool}`, session: event.session });
        break;
      case "tool.called":
        open.delete(event.call);
        break;
      case "command.starting":
        open.set(command(event.phase), { said: command(`${event.phase}#${event.attempt}`), phase: event.phase });
        break;
      case "command.finished":
        open.delete(command(event.phase));
        break;
      case "phase.started":
        gotOn(event.phase);
        break;
      case "phase.failed":
      case "artifact.checked":
      case "turn.ended":
      case "talk.ended":
        gotOn(event.phase);
        break;
      case "run.failed":
      case "run.cancelled":
        open.delete("worktree");
        open.set("report", { said: "the report" });
        break;
      case "run.completed":
        open.set("report", { said: "the report" });
        break;
      case "run.resumed":
      case "report.written":
        open.delete("report");
        break;
    }
  }

  return {
    owed: () => owed(),
    see(event, before, after) {
      pass(event);
      const early = goesOn(event, before);
      // A run is not complete while a phase of it waits to hear of something.
      if (event.type === "run.completed") return [...early, ...owed(({ phase }) => phase !== undefined)];
      return isTidy(after) && !isTidy(before) ? [...early, ...owed()] : early;
    },
  };
}

const command = (of: string): string => `the command of ${of}`;

/** What can only follow a receipt, and is there without it. */
function goesOn(event: RunEvent, { phases, sessions, started, workspace }: RunState): string[] {
  switch (event.type) {
    case "phase.started":
      return workspace ? [] : [`${event.phase} begins: the worktree has no receipt`];
    case "prompt.sending":
      return sessions[event.session]?.opened ? [] : [`${event.key} is sent: session ${event.session} has no receipt`];
    case "artifact.checked": {
      const before = phases[event.phase];
      const about = started?.template.phases.find(({ id }) => id === event.phase);
      const what = `${event.phase}#${event.attempt} has a result`;
      if (runsCommand(before)) return [`${what}: ${command(event.phase)} has no receipt`];
      const told = about?.run || about?.talk || before?.prompts.some(({ delivered }) => delivered);
      return told ? [] : [`${what}: no prompt of it has a receipt`];
    }
    default:
      return [];
  }
}
