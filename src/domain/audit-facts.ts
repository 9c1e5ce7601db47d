/** What of a run's events goes into the audit record: who did what, with names, sizes and hashes; never contents. */
import type { AuditFact, AuditKind } from "./audit.ts";
import type { RunEvent, RunStarted, StoredEvent } from "./event.ts";
import { referenceOf } from "./names.ts";

type About = AuditFact["about"];
interface Told {
  kind: AuditKind;
  what: string;
  by?: string;
  about: About;
}

/** The lines of one event, in their order; none for what nobody would ask about. `started` is the run's beginning. */
export function auditFacts({ at, run, cursor, event }: StoredEvent, started: RunStarted | undefined): AuditFact[] {
  return told(event, started).map(({ about, ...rest }) => ({ at, run, cursor, ...rest, about: present(about) }));
}

function told(event: RunEvent, started: RunStarted | undefined): Told[] {
  switch (event.type) {
    case "run.started": {
      const { repo, base, baseCommit, template, templateHash, bindings } = event;
      const personas = Object.entries(bindings).map(([role, { persona }]) => `${role}=${referenceOf(persona)}`);
      return one("run", "started", { repo, base, baseCommit, template: referenceOf(template), templateHash, personas });
    }
    case "run.completed":
      return one("run", "completed", {});
    case "run.failed":
      return one("run", "failed", { code: event.failure.code, message: event.failure.message });
    case "run.interrupted":
      return one("run", "interrupted", { cause: event.cause });
    case "run.resumed":
      return one("run", "resumed", { cause: event.cause }, event.by);
    case "run.cancelled":
      return one("person", "cancelled the run", { comment: event.comment }, event.by);
    case "run.deleted":
      return one("person", "deleted the run", { wip: event.wip }, event.by);
    case "report.written":
      return one("run", "reported", { file: event.json, sha256: event.sha256 });
    case "session.opening":
      return opening(event, started);
    case "session.opened":
      return one("session", "opened", { session: event.session, host: event.host, pid: event.pid });
    case "session.changed": {
      const { session, from, to, cause } = event;
      const login = to === "login_required" || from === "login_required";
      return one(login ? "login" : "session", to, { session, from, cause });
    }
    case "session.recovery": {
      const { session, counter, used, phase, cause } = event;
      return one("session", "recovery", { session, counter, used, phase, cause });
    }
    case "session.closed":
      return one("session", "closed", { session: event.session, cause: event.cause });
    case "session.told": {
      const { session, what, by, sha256, bytes } = event;
      return one("person", what, { session, sha256, bytes }, by);
    }
    case "prompt.sending": {
      const { session, phase, attempt, number, purpose, sha256, bytes } = event;
      return one("prompt", "sending", { session, phase, attempt, number, purpose, sha256, bytes });
    }
    case "prompt.delivered":
      return one("prompt", "delivered", { session: event.session, phase: event.phase, attempt: event.attempt });
    case "turn.asked": {
      const { phase, number, sha256, bytes } = event;
      return one("person", "said", { phase, number, sha256, bytes }, event.by);
    }
    case "turn.undone":
      return one("person", "undid a turn", { phase: event.phase, number: event.number, files: event.files }, event.by);
    case "talk.ended":
      return one("person", "ended the talk", { phase: event.phase }, event.by);
    case "role.bound": {
      const { role, persona, hash } = event;
      return one(
        "person",
        "chose a persona",
        { role, persona: referenceOf(persona), model: persona.model, hash },
        event.by,
      );
    }
    case "artifact.checked": {
      const { phase, attempt, artifact } = event;
      return one("artifact", "kept", { phase, attempt, sha256: artifact.sha256 });
    }
    case "command.starting":
      return one("command", "starting", { phase: event.phase, attempt: event.attempt, argv: event.argv });
    case "command.finished": {
      const { phase, attempt, exitCode, durationMs } = event;
      return one("command", "finished", { phase, attempt, exitCode, durationMs });
    }
    case "tool.calling": {
      const { session, agent, tool, about, call, argsSha256, argsBytes } = event;
      return one("tool", "calling", { session, agent, tool, about, call, argsSha256, argsBytes });
    }
    case "tool.called": {
      const { session, agent, tool, call, ok, refused, resultSha256, resultBytes } = event;
      return one("tool", ok ? "done" : "refused", { session, agent, tool, call, refused, resultSha256, resultBytes });
    }
    case "approval.requested":
      return one("approval", "requested", { phase: event.phase, when: event.when, sha256: event.sha256 });
    case "approval.answered": {
      const { phase, when, answer, by, comment } = event;
      return one("approval", answer, { phase, when, comment }, by);
    }
    case "escalation.raised": {
      const { escalation, severity, failure, phase, session } = event;
      return one("escalation", "raised", { escalation, severity, code: failure.code, phase, session });
    }
    case "escalation.settled":
      return one("escalation", "settled", { escalation: event.escalation, answer: event.answer }, event.by);
    case "budget.crossed": {
      const { scope, name, limitUsd, wouldUsd, policy, session, phase } = event;
      return one("budget", policy, { scope, name, limitUsd, wouldUsd, session, phase });
    }
    case "budget.set":
      return one("budget", "set", { usd: event.usd, policy: event.policy }, event.by);
    default:
      return [];
  }
}

/** A session, and the variables that it is given: their names. */
function opening(event: Extract<RunEvent, { type: "session.opening" }>, started: RunStarted | undefined): Told[] {
  const { session, role, persona, adapter, agent } = event;
  const names = started?.bindings[role]?.persona.env ?? [];
  return [
    ...one("session", "opening", { session, role, persona, adapter, agent }),
    ...names.flatMap((name) => one("secret", "given", { name, session, persona })),
  ];
}

const one = (kind: AuditKind, what: string, about: Maybe, by?: string): Told[] => [
  { kind, what, ...(by !== undefined && { by }), about: about as About },
];

type Maybe = Readonly<Record<string, About[string] | undefined>>;

const present = (about: Maybe): About =>
  Object.fromEntries(Object.entries(about).filter((entry): entry is [string, About[string]] => entry[1] !== undefined));
