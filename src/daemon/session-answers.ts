/** What the daemon answers about sessions: what the log knows of them, joined with what is alive. */
import { Failure } from "../domain/failure.ts";
import { type RunId, SessionId } from "../domain/ids.ts";
import type { KnownSecrets } from "../domain/known-secrets.ts";
import type { Asked } from "../domain/permission.ts";
import { RECOVERY } from "../domain/recovery.ts";
import type { Redact } from "../domain/redact.ts";
import { viewOf } from "../domain/run-view.ts";
import { isLive } from "../domain/session.ts";
import { scrubbedRows } from "../domain/terminal-scrub.ts";
import { cleanText, utf8Bytes } from "../domain/text.ts";
import type { RunView, SessionView } from "../domain/view.ts";
import type { Engine } from "../engine/engine.ts";
import type { AgentSession } from "../ports/agent.ts";
import type { Ids } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Workspaces } from "../ports/workspace.ts";
import type { SessionNow } from "../protocol/session-methods.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export interface SessionAnswersDeps {
  engine: Engine;
  log: EventLog;
  workspaces: Workspaces;
  ids: Ids;
  digest: (text: string) => string;
  /** The secrets that must not be shown or kept, and what takes them out. */
  secrets: KnownSecrets;
  redact: Redact;
  /** What is odd about an agent's program, as it is installed now. */
  remark(agent: string): Promise<string | undefined>;
  /** The recording of a session, if there is one: its file and its size in bytes. */
  recording(session: string): Promise<{ file: string; bytes: number } | undefined>;
}

type SessionAnswers = Pick<
  EngineApi,
  "sessions" | "session" | "send" | "interrupt" | "hold" | "letGo" | "restart" | "kill" | "recording"
>;

/** How far back `--all` and a session that has ended are looked for, in runs. */
const RECENT_RUNS = 50;

/** A message to an agent that is busy or held is given up after this; the sender is told and can send it again. */
const SEND_LIMIT_MS = 15_000;

interface Found {
  run: RunId;
  view: SessionView;
}

export function sessionAnswers(deps: SessionAnswersDeps): SessionAnswers {
  const { engine, log } = deps;

  function viewsOf(runs: readonly { id: RunId }[]): RunView[] {
    return runs.map(({ id }) => viewOf(log.read(id))).filter((view) => view !== undefined);
  }

  function find(part: string): Found {
    const wanted = part.toUpperCase();
    const fits = ({ id }: SessionView): boolean => id.startsWith(wanted) || id.endsWith(wanted);
    for (const runs of [log.runs({ limit: RECENT_RUNS, active: true }), log.runs({ limit: RECENT_RUNS })]) {
      const found = viewsOf(runs).flatMap((run) =>
        run.sessions.filter(fits).map((view) => ({ run: run.id as RunId, view })),
      );
      const [only] = found;
      if (found.length > 1) throw new Failure("session.ambiguous", { session: part, count: found.length });
      if (only) return only;
    }
    throw new Failure("session.not_found", { session: part });
  }

  async function living(part: string): Promise<Found & { agent: AgentSession; session: SessionId }> {
    const found = find(part);
    const session = SessionId.parse(found.view.id);
    const agent = isLive(found.view.state) ? await engine.session(found.run, session) : undefined;
    if (!agent) throw new Failure("session.ended", { session, state: found.view.state });
    return { ...found, agent, session };
  }

  const plainly = ({ text, command }: Asked): Pick<Asked, "text" | "command"> => ({
    text: deps.redact(text),
    ...(command !== undefined && { command: deps.redact(command) }),
  });

  async function now({ run, view }: Found): Promise<SessionNow> {
    const agent = isLive(view.state)
      ? await engine.session(run, SessionId.parse(view.id)).catch(() => undefined)
      : undefined;
    const recorded = await deps.recording(view.id);
    // Known before the terminal is taken away, and so before anybody who is attached is put out and asks.
    const attach = agent && howToAttach(agent);
    const asks = agent?.verdict().asks;
    return {
      ...view,
      ...(agent?.pid !== undefined && { pid: agent.pid }),
      ...(attach && { attach }),
      evidence: (agent?.verdict().evidence ?? []).map((one) => ({ ...one, said: deps.redact(one.said) })),
      ...(asks && { asks: { ...asks, ...plainly(asks) } }),
      ...(recorded && { recording: recorded.file }),
    };
  }

  async function told(part: string, by: string, what: "interrupt" | "restart" | "kill"): Promise<{ ok: true }> {
    const { run, session, agent } = await living(part);
    await engine.tell(run, session, { what, by });
    if (what === "interrupt") await agent.interrupt(`interrupt/${deps.ids.next()}`);
    return { ok: true };
  }

  async function paused(part: string, by: string, pause: boolean): Promise<{ ok: true }> {
    const { run, session, agent, view } = await living(part);
    if (!agent.pause) throw new Failure("session.cannot_pause", { session, adapter: view.adapter });
    await engine.tell(run, session, { what: pause ? "pause" : "resume", by });
    await agent.pause(pause);
    return { ok: true };
  }

  return {
    sessions: async ({ run, all }) => {
      const rows =
        run === undefined
          ? log.runs({ limit: RECENT_RUNS, ...(all ? {} : { active: true }) })
          : [{ id: findRun(log, run) }];
      const found = viewsOf(rows).flatMap((view) =>
        view.sessions.map((session) => ({ run: view.id as RunId, view: session })),
      );
      const shown = found.filter(({ view }) => all || run !== undefined || isLive(view.state));
      return { sessions: await Promise.all(shown.map(now)) };
    },
    session: async ({ session }) => {
      const found = find(session);
      const shown = await now(found);
      const agent = isLive(found.view.state)
        ? await engine.session(found.run, SessionId.parse(found.view.id))
        : undefined;
      const screen = agent?.terminal && scrubbedRows((await agent.terminal.screen()).rows, deps.secrets, deps.redact);
      const { agent: name, adapter } = found.view;
      const remark = agent && name !== undefined && adapter !== "agent" ? await deps.remark(name) : undefined;
      const explanation = [...explain(shown), ...(remark === undefined ? [] : [remark])];
      return { session: shown, ...(screen && { screen }), explanation };
    },
    send: async ({ session: part, text, by }) => {
      const { run, session, agent } = await living(part);
      const clean = cleanText(text).text;
      const key = `message/${deps.ids.next()}`;
      // What is kept holds no secret; the agent gets the text itself, unless it is so long that it has to read the file.
      const file = await deps.workspaces.write(run, `messages/${key.slice(8)}.md`, deps.redact(clean));
      await engine.tell(run, session, { what: "send", by, sha256: deps.digest(clean), bytes: utf8Bytes(clean) });
      const delivery = agent.say
        ? await agent.say(key, clean)
        : await agent.deliver({ key, text: clean, file }, AbortSignal.timeout(SEND_LIMIT_MS));
      if (delivery.kind === "delivered")
        return { session, delivered: true, detail: delivery.receipt[0]?.said ?? "it was taken" };
      const { kind, reason } = delivery;
      const detail = kind === "held" ? `nothing was typed, since ${reason}` : `${kind}: ${reason}`;
      return { session, delivered: false, detail };
    },
    interrupt: ({ session, by }) => told(session, by, "interrupt"),
    hold: ({ session, by }) => paused(session, by, true),
    letGo: ({ session, by }) => paused(session, by, false),
    restart: ({ session, by }) => told(session, by, "restart"),
    kill: ({ session, by }) => told(session, by, "kill"),
    recording: async ({ session: part }) => {
      const { view } = find(part);
      const recorded = await deps.recording(view.id);
      if (!recorded) throw new Failure("session.not_recorded", { session: view.id });
      return { session: view.id, ...recorded };
    },
  };
}

/** How a person gets at a living agent; not at all when its terminal has ended. */
function howToAttach({ terminal, transcript }: AgentSession): SessionNow["attach"] {
  if (!terminal) return transcript === undefined ? undefined : { transcript };
  if (terminal.exit) return undefined;
  const { attach } = terminal;
  return "argv" in attach ? { argv: [...attach.argv], readOnlyArgv: [...attach.readOnlyArgv] } : attach;
}

/** A session's state in words: what it is, what that rests on, what was tried, what holds it. */
function explain(session: SessionNow): string[] {
  const tried = Object.entries(session.recoveries).map(
    ([counter, times]) => `${counter} was tried ${times} of ${RECOVERY[counter as keyof typeof RECOVERY].limit} times`,
  );
  return [
    `${session.persona} as ${session.role} is ${session.state.replaceAll("_", " ")}: ${session.cause}`,
    ...(session.conversation === undefined
      ? []
      : [`it goes on with the conversation of the session before it, ${session.conversation}`]),
    ...(session.held === undefined
      ? []
      : [`a prompt is held: ${session.held}; it is typed once the composer is empty and nobody is at the keys`]),
    ...(session.asks === undefined
      ? []
      : [`it asks permission for ${session.asks.tool}: ${session.asks.command ?? session.asks.text}`]),
    ...tried,
  ];
}
