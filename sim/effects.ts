/** What may be done outside, given what the log says at that moment: nothing without its intent, nothing again after its receipt. */
import type { EventOf, RunEvent } from "../src/domain/event.ts";
import { layout } from "../src/domain/prompt.ts";
import type { RunState } from "../src/domain/run-state.ts";
import { isLive } from "../src/domain/session.ts";
import { openTurn } from "../src/domain/talk.ts";
import { artifactName, phaseOf } from "../src/domain/template.ts";
import { digest } from "../test/support/fakes.ts";

/** Told before each effect; each may say that a rule is broken. */
export interface Effects {
  prepare(run: string): void;
  open(run: string, session: string): void;
  /** Text goes into an agent. `file` names the prompt, whatever key it has. */
  type(run: string, session: string, key: string, file: string): void;
  command(run: string, phase: string): void;
  report(run: string): void;
  /** For one life of the daemon: what it has heard the end of it has only to write down, and never asks for again. */
  hearing(): { asks(what: string): void; heard(what: string): void };
  /**
   * Names the end of a run that its report is about: one that is taken up again has another. None while the daemon has not heard of all
   * that is in the log: which end it is about could not be said.
   */
  endOf(run: string): string | undefined;
  /** A call of an agent is refused, with this code. */
  refused(run: string, task: { phase: string; attempt: number } | undefined, code: string): void;
  /** An agent writes a file. */
  written(path: string, text: string): void;
  /** Whether a run has its worktree, by the log. */
  prepared(run: string): boolean;
  /** Whether a run has ended. */
  over(run: string): boolean;
}

export interface EffectsOptions {
  stateOf(run: string): RunState;
  /** Whether something stands in the log that the daemon has not been answered yet. */
  unheard(): boolean;
  breaks(rule: string): void;
}

export function effects({
  stateOf,
  unheard,
  breaks,
}: EffectsOptions): Effects & { see(run: string, event: RunEvent): void } {
  const typed = new Set<string>();
  /** Every artifact that was ever written, as `path sha256`. */
  const written = new Set<string>();
  /** Commands with a receipt, as `run/phase#attempt`. */
  const finished = new Set<string>();
  const resumed = new Map<string, number>();

  function beforeTheEnd(run: string, what: string): RunState {
    const state = stateOf(run);
    // What begins in the moment of the end was decided before it; and a report, in the moment of going on.
    if (state.ended && !unheard()) breaks(`${what} after the run has ended`);
    return state;
  }

  /** A run that its phases bring to an end says what they have failed for, such as a budget; a person's no says that. */
  function failed(run: string, { failure: { code } }: EventOf<"run.failed">): void {
    const phases = Object.values(stateOf(run).phases).filter(({ status }) => status === "failed");
    const causes = phases.flatMap(({ failure }) => failure?.code ?? []);
    if (causes.length > 0 && !causes.includes(code) && code !== "phase.rejected")
      breaks(`a run whose phases fail for ${causes.join(", ")} says ${code}`);
  }

  /** An agent's artifact counts for the attempt whose folder it was written into, and for no other. */
  function made(run: string, { phase, attempt, artifact }: EventOf<"artifact.checked">): void {
    const template = stateOf(run).started?.template;
    const about = template && phaseOf(template, phase);
    if (!about || about.run || about.talk) return; // devflow makes those itself
    const path = `/w/${run}/.devflow/${layout.artifact(phase, attempt, artifactName(about))}`;
    if (!written.has(`${path} ${artifact.sha256}`))
      breaks(`${phase}#${attempt} takes an artifact that was not written for it`);
  }

  return {
    written: (path, text) => void written.add(`${path} ${digest(text)}`),
    see(run, event) {
      if (event.type === "artifact.checked") made(run, event);
      if (event.type === "run.failed") failed(run, event);
      if (event.type === "run.resumed") resumed.set(run, (resumed.get(run) ?? 0) + 1);
      // What was ended with its run is done anew when the run is taken up again.
      if (event.type === "command.finished" && !stateOf(run).ended)
        finished.add(`${run}/${event.phase}#${event.attempt}`);
    },
    hearing() {
      const heard = new Set<string>();
      return {
        heard: (what) => void heard.add(what),
        asks(what) {
          if (heard.has(what)) breaks(`${what} has no receipt: it is done, and is done again`);
        },
      };
    },
    endOf: (run) => (unheard() ? undefined : `the report of ${run}, resumed ${resumed.get(run) ?? 0} times,`),
    refused(run, task, code) {
      const { phases, ended, interrupted } = stateOf(run);
      const { status, talk, attempt } = phases[task?.phase ?? ""] ?? {};
      if (ended || interrupted || !code.startsWith("budget.")) return;
      if (status === "running" && attempt === task?.attempt && (!talk || openTurn(talk)))
        breaks(`a call is refused with ${code}, and its phase is at work still`);
    },
    prepared: (run) => stateOf(run).workspace !== undefined,
    over: (run) => stateOf(run).ended !== undefined,
    prepare(run) {
      if (beforeTheEnd(run, "a worktree is made").workspace) breaks("a worktree is made again after its receipt");
    },
    open(run, session) {
      const known = beforeTheEnd(run, "an agent is started").sessions[session];
      if (!known) breaks("an agent is started without its intent");
      else if (known.opened) breaks("an agent is started again after its receipt");
      else if (!isLive(known.state) && !unheard()) breaks(`an agent is started in a session that is ${known.state}`);
    },
    type(run, session, key, file) {
      const id = `${session} ${file}`;
      if (typed.has(id)) breaks(`a prompt is typed twice: ${file}`);
      typed.add(id);
      const known = Object.values(stateOf(run).phases).flatMap(({ prompts }) => prompts);
      const announced = known.find((prompt) => `${run}/${prompt.key}` === key);
      if (!announced) breaks(`a prompt is typed without its intent: ${key}`);
      else if (announced.delivered) breaks(`a prompt is typed after its receipt: ${key}`);
    },
    command(run, phase) {
      const now = beforeTheEnd(run, "a command is started").phases[phase];
      if (now?.command?.attempt !== now?.attempt) breaks(`the command of ${phase} is started without its intent`);
      if (finished.has(`${run}/${phase}#${now?.attempt}`))
        breaks(`the command of ${phase} is started after its receipt`);
    },
    report(run) {
      const state = stateOf(run);
      if (!state.ended && !unheard()) breaks("a report is written before the end");
      if (state.reported) breaks("a report is written again after its receipt");
    },
  };
}
