/**
 * The engine: every run that is not over, driven. What the daemon asks of it, in the words of the domain.
 */
import type { Limit } from "../domain/budget.ts";
import { answersTo, type EscalationAnswer } from "../domain/escalation.ts";
import type { RunEvent } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import { EscalationId, type RunId, SessionId } from "../domain/ids.ts";
import { didYouMean } from "../domain/nearest.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { PermissionAnswer } from "../domain/permission.ts";
import { type Escalation, type RunState, statusOf } from "../domain/run-state.ts";
import { isLive } from "../domain/session.ts";
import type { AgentSession } from "../ports/agent.ts";
import type { Journal } from "../ports/journal.ts";
import { type DeleteDeps, deleteRun } from "./delete-run.ts";
import { type PerformDeps, performer } from "./perform.ts";
import { type Drive, drive } from "./run-loop.ts";
import { begin, type Plan, plan, type StartDeps, type StartRequest } from "./start.ts";
import { type Talks, talks } from "./talks.ts";

export interface EngineDeps extends PerformDeps, StartDeps, DeleteDeps {
  journal: Journal;
  /** Whether runs that a stopped daemon left go on by themselves. */
  resume: "auto" | "manual";
  /** Told when a person has changed what runs may do: whoever waits for that looks again. */
  moved?: () => void;
}

export interface Engine {
  /** What people do in runs that are talks. */
  readonly talks: Talks;
  plan(request: StartRequest): Promise<Plan>;
  start(request: StartRequest): Promise<{ run: RunId; created: boolean; warnings: readonly string[] }>;
  approve(
    run: RunId,
    answer: "approve" | "reject",
    phase: string | undefined,
    by: string,
    comment: string | undefined,
  ): Promise<string>;
  /** `from`: this phase and all that need it are done again, on purpose. */
  resume(run: RunId, by: string, from?: string): Promise<void>;
  cancel(run: RunId, by: string, comment: string | undefined): Promise<void>;
  /** Removes all that is kept of a run that has ended, but its events and its branch; gives the ref that holds uncommitted work. */
  delete(run: RunId, by: string): Promise<{ wip: string | undefined }>;
  /** The living agent of a session, taken over first when the daemon has restarted since. */
  session(run: RunId, session: SessionId): Promise<AgentSession | undefined>;
  /** Writes down what a person does to a session, before it is done; ends the agent when that is what they do. */
  tell(run: RunId, session: SessionId, told: Told): Promise<void>;
  state(run: RunId): RunState;
  /** Something that concerns a run and happened beside its steps; resolves once what follows is in its log. */
  learn(run: RunId, outcome: Outcome): Promise<readonly RunEvent[]>;
  setBudget(run: RunId, budget: Limit, by: string): Promise<void>;
  /** What a person has typed, which has to be one of the words that the escalation takes. */
  answer(run: RunId, escalation: EscalationId, typed: string, by: string): Promise<EscalationAnswer>;
  pause(paused: boolean): void;
  readonly paused: boolean;
  sessions(): number;
  /** What runs wait for that is no part of them (room on the disk, a tmux that answers), each once. */
  hindrances(): readonly Failure[];
  /** Takes up every run that is not over. */
  recover(): Promise<void>;
  /** Starts nothing more; resolves when what must not be cut short is done. */
  drain(): Promise<void>;
  /** Stops driving; agents in terminals live on. */
  stop(cause: string): Promise<void>;
}

/** What a person does to a session. */
export type Told = Pick<Extract<Outcome, { kind: "told" }>, "what" | "by" | "sha256" | "bytes">;

/** Whoever answers an agent's question waits so long, in milliseconds, to hear what became of it; it is given in any case. */
const ANSWERED_MS = 10_000;

const NOT_TAKEN_UP = "a run could not be taken up";

export function engine(deps: EngineDeps): Engine {
  const { log, journal, sessions } = deps;
  const performing = performer(deps);
  const drives = new Map<RunId, Drive>();
  let stopping = false;

  function driving(run: RunId): Drive {
    if (stopping) throw new Failure("daemon.stopping");
    const before = drives.get(run);
    if (before && !before.over) return before;
    const now = drive(run, { log, clock: deps.clock, journal, ...performing, next: () => driving(run) });
    now.pause(here.paused);
    drives.set(run, now);
    void now.finished.then(() => {
      if (drives.get(run) === now) drives.delete(run);
    });
    return now;
  }

  /** A run that a person speaks to, as it stands. */
  function addressed(run: RunId): { drive: Drive; state: RunState } {
    const now = driving(run);
    return { drive: now, state: now.state() };
  }

  /** What a person wants of a run; a `Failure` when the run has no use for it any more. */
  async function asked(run: RunId, outcome: Outcome, refusal: "run.ended" | "run.not_resumable"): Promise<void> {
    const { drive: now, state } = addressed(run);
    if ((await now.tell(outcome)).length === 0) throw new Failure(refusal, { run, state: statusOf(state) });
    deps.moved?.();
  }

  async function resume(run: RunId, by: string, from?: string): Promise<void> {
    if (from !== undefined) mustHavePhase(run, addressed(run).state, from);
    const how = { by, cause: `asked for by ${by}`, retry: true, ...(from !== undefined && { from }) };
    await asked(run, { kind: "resume", ...how }, "run.not_resumable");
  }

  const cancel = (run: RunId, by: string, comment: string | undefined): Promise<void> =>
    asked(run, { kind: "cancel", by, ...(comment !== undefined && { comment }) }, "run.ended");

  /** Looked at first, so that whoever answers learns at once that it is another question by now. */
  async function permit(run: RunId, asking: Escalation, answer: PermissionAnswer, by: string): Promise<void> {
    const { escalation, session, failure } = asking;
    const { drive: now } = addressed(run);
    const agent = session && (await sessions.get(now.context, SessionId.parse(session)));
    const stands = agent ? await agent.asked?.() : undefined;
    const changed = (problem: string) => new Failure("escalation.changed", { escalation, problem });
    if (!stands) throw changed("the agent does not ask any more");
    if (stands.digest !== failure.details.digest) throw changed("the agent asks something else by now");
    const heard = now.hears("permission.answered", ({ permission }) => permission === escalation, ANSWERED_MS);
    const intent = await now.tell({ kind: "permit", escalation, answer, by });
    if (intent.length === 0) throw new Failure("escalation.settled", { escalation });
    const result = (await heard)?.result;
    if (result === "changed" || result === "gone") throw changed("the agent asks something else by now");
    if (result === "unanswered") throw changed("the agent did not take the answer");
  }

  async function answer(run: RunId, escalation: EscalationId, typed: string, by: string): Promise<EscalationAnswer> {
    const asking = addressed(run).state.escalations.find((e) => e.escalation === escalation);
    if (!asking) throw new Failure("escalation.settled", { escalation });
    const words = answersTo(asking);
    const { hint: how } = asking.failure;
    if (words.length === 0) throw new Failure("escalation.answered_elsewhere", { escalation, how });
    const word = words.find((one) => one === typed);
    if (!word) throw new Failure("escalation.no_such_answer", { escalation, answers: words.join(", ") });
    if (word === "retry") await resume(run, by);
    else if (word === "cancel") await cancel(run, by, undefined);
    else if (word === "deny" || asking.severity === "question")
      await permit(run, asking, word === "deny" ? word : "allow", by);
    else await asked(run, { kind: "answer", escalation, answer: word, by }, "run.ended");
    return word;
  }

  /** The drive of a run that a daemon before this one has left; a log that cannot be read is a loss to its run alone. */
  function found(run: RunId): Drive | undefined {
    try {
      return driving(run);
    } catch (error) {
      journal.error(NOT_TAKEN_UP, { run, error: String(error) });
      return undefined;
    }
  }

  async function takeUp(now: Drive): Promise<void> {
    if (now.state().ended) return;
    await now.tell({ kind: "interrupt", cause: "the daemon went away" });
    if (deps.resume === "auto")
      await now.tell({ kind: "resume", by: "devflowd", cause: "the daemon is back", retry: false });
  }

  const here: Engine & { paused: boolean } = {
    talks: talks(addressed, deps),
    plan: (request) => plan(request, deps),
    async start(request) {
      if (stopping) throw new Failure("daemon.stopping");
      const planned = await plan(request, deps);
      const { run, created, warnings } = await begin(planned, deps);
      driving(run);
      return { run, created, warnings };
    },
    async approve(run, answer, phase, by, comment) {
      const { drive: now, state } = addressed(run);
      if (phase !== undefined) mustHavePhase(run, state, phase);
      const outcome: Outcome = { kind: answer, phase, by, ...(comment !== undefined && { comment }) };
      const said = (await now.tell(outcome)).find(({ type }) => type === "approval.answered");
      if (said?.type !== "approval.answered")
        throw new Failure("run.nothing_to_approve", { run, phase: phase ? ` in ${phase}` : "" });
      return said.phase;
    },
    resume,
    cancel,
    answer,
    state: (run) => addressed(run).state,
    learn: (run, outcome) => driving(run).tell(outcome),
    setBudget: (run, { usd, policy }, by) => asked(run, { kind: "budget", usd, policy, by }, "run.ended"),
    delete: (run, by) => deleteRun(run, by, driving(run), deps),
    async session(run, session) {
      const here = sessions.living(session);
      if (here) return here;
      const { state } = addressed(run);
      return isLive(state.sessions[session]?.state ?? "closed")
        ? sessions.get(driving(run).context, session)
        : undefined;
    },
    async tell(run, session, told) {
      const { drive: now, state } = addressed(run);
      const outcome: Outcome = { kind: "told", session, ...told, escalation: EscalationId.parse(deps.ids.next()) };
      const followed = await now.tell(outcome);
      if (followed.length === 0)
        throw new Failure("session.ended", { session, state: state.sessions[session]?.state ?? "unknown" });
      if (told.what === "kill" || told.what === "restart") await sessions.end(now.context, session);
    },
    pause(value) {
      here.paused = value;
      for (const now of drives.values()) now.pause(value);
    },
    paused: false, // a field, for what a getter would cost see `drive`
    sessions: () => sessions.count(),
    hindrances: () => {
      const all = [...drives.values()].flatMap((now) => now.hindrances());
      return [...new Map(all.map((failure) => [failure.message, failure])).values()];
    },
    async recover() {
      const all = log.unfinished().flatMap((run) => found(run) ?? []);
      // Before anybody is told anything, which takes a turn: what their accounts were in is known from the log.
      for (const now of all) deps.accounts?.takeUp(now.state());
      await Promise.all(
        all.map((now) =>
          takeUp(now).catch((error: unknown) => journal.error(NOT_TAKEN_UP, { run: now.run, error: String(error) })),
        ),
      );
    },
    async drain() {
      here.paused = true;
      await Promise.all([...drives.values()].map((now) => now.drain()));
    },
    async stop(cause) {
      const all = [...drives.values()];
      await Promise.all(all.map((now) => now.tell({ kind: "interrupt", cause }).catch(() => [])));
      stopping = true;
      await Promise.all(all.map((now) => now.stop()));
      await sessions.release();
    },
  };
  return here;
}

function mustHavePhase(run: RunId, { phases }: RunState, phase: string): void {
  if (!phases[phase])
    throw new Failure("phase.not_found", { run, phase, suggestion: didYouMean(phase, Object.keys(phases)) });
}
