/** Everything that the engine gets, for one life of the daemon: the outside, seen through the faults of that life. */
import { Failure } from "../src/domain/failure.ts";
import type { RunId } from "../src/domain/ids.ts";
import type { Engine, EngineDeps } from "../src/engine/engine.ts";
import { livingSessions, type Sessions } from "../src/engine/sessions.ts";
import type { StepContext } from "../src/engine/step.ts";
import type { Agents } from "../src/ports/agent.ts";
import type { ArtifactStore } from "../src/ports/artifacts.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Commands } from "../src/ports/commands.ts";
import type { EventLog } from "../src/ports/event-log.ts";
import type { Journal } from "../src/ports/journal.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { Reports } from "../src/ports/reports.ts";
import type { Workspaces } from "../src/ports/workspace.ts";
import { agentsOf, digest } from "../test/support/fakes.ts";
import type { Effects } from "./effects.ts";
import { agentsOfLife } from "./hearing.ts";
import type { Life } from "./life.ts";
import type { Outside } from "./outside.ts";
import { type Purse, purse } from "./purse.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface Ports extends EngineDeps {
  /** The runs as the engine has them in its memory, as far as they were heard of. */
  contexts: Map<RunId, StepContext>;
  /** The sessions of this life over other agents. */
  sessionsWith(agents: Agents): Pick<EngineDeps, "agents" | "sessions">;
  money: Purse | undefined;
  /** Appends that have not been answered. */
  appending(): number;
}

export interface PortsOptions {
  outside: Outside;
  life: Life;
  effects: Effects;
  journal: Journal;
  /** The ledger broken on purpose. */
  spoilt(ledger: Ledger): Ledger;
  /** The engine that gets all this, once it is made. */
  engine(): Engine;
  resume: EngineDeps["resume"];
}

export function ports({ outside, life, effects, journal, spoilt, engine, resume }: PortsOptions): Ports {
  const { dice, clock } = outside;
  const { log, appending } = logOf(outside, life, effects);
  const ids = { next: outside.nextId };
  const contexts = new Map<RunId, StepContext>();
  const livingClock: Clock = {
    now: () => clock.now() + outside.skew,
    steady: () => clock.now(),
    sleep: async (ms, signal) => {
      if (life.alive) await clock.sleep(ms, signal);
      if (!life.alive) await life.never();
    },
  };
  const money =
    outside.money &&
    purse({
      ...{ outside, money: outside.money, ledger: spoilt(outside.money.ledger), life, log, ids, journal, engine },
      clock: livingClock,
    });
  const sessionsWith: Ports["sessionsWith"] = (agents) => ({
    agents,
    sessions: overheard(livingSessions({ agents, ids, ...(money && { metering: money.metering }) }), contexts),
  });
  let thrown = 0;
  return {
    log,
    appending,
    contexts,
    clock: livingClock,
    ids,
    ...money?.deps,
    money,
    journal,
    ...sessionsWith(agentsOf(agentsOfLife(outside, life, effects))),
    sessionsWith,
    artifacts: artifactsOf(outside, life),
    workspaces: workspacesOf(outside, life, effects),
    commands: commandsOf(outside, life, effects),
    leavings: {
      remove: (run) =>
        life.call("remove", async () => {
          outside.deleting.add(run);
          outside.reports.written.delete(run);
        }),
    },
    reports: reportsOf(outside, life, effects),
    definitions: outside.definitions,
    random: () => {
      thrown += 1;
      return dice.of(`random ${thrown}`);
    },
    digest,
    allowPaper: true,
    resume,
  };
}

const overheard = (sessions: Sessions, contexts: Map<RunId, StepContext>): Sessions => ({
  ...sessions,
  open(context, ...more) {
    contexts.set(context.run, context);
    return sessions.open(context, ...more);
  },
  get(context, session) {
    contexts.set(context.run, context);
    return sessions.get(context, session);
  },
});

/** How long the disk takes to keep an artifact: what follows is made ready meanwhile. */
const FLUSH_MS = 1;

const APPEND_FAULTS = { "the disk is full": 0.004, "another process has written": 0.004 };

function logOf(outside: Outside, life: Life, effects: Effects): { log: EventLog; appending(): number } {
  const { log, faults, disk } = outside;
  let open = 0;
  const append: EventLog["append"] = async (run, expected, events, options) => {
    open += 1;
    const written = await life
      .call("append", async () => {
        const fault = faults.at("log", APPEND_FAULTS);
        if (fault?.kind === "the disk is full") disk.fill(fault.size * 10 * MINUTE);
        disk.room();
        if (fault?.kind === "another process has written" && expected > 0 && !effects.over(run))
          await outside.intrude(run, { type: "budget.set", usd: "1", policy: "block", by: "another process" });
        return log.append(run, expected, events, options);
      })
      .finally(() => {
        open -= 1;
      });
    return written;
  };
  return { log: { ...log, append }, appending: () => open };
}

function artifactsOf({ files, disk, faults, clock }: Outside, life: Life): ArtifactStore {
  return {
    look: (expected, good) =>
      life.call("look", async () => {
        const look = await files.look(expected);
        if (look.kind !== "good") return look;
        disk.room();
        if (life.alive) good?.(look.accepted);
        await clock.sleep(FLUSH_MS);
        return look;
      }),
    watch: (path, again) =>
      files.watch(
        path,
        life.hears(() => {
          if (!faults.at("notice", { "is lost": 0.05 })) again();
        }),
      ),
    keep: (text, expected) =>
      life.call("keep", async () => {
        disk.room();
        return files.keep(text, expected);
      }),
    read: (sha256) => life.call("read", () => files.read(sha256)),
    lint: files.lint,
  };
}

function workspacesOf(outside: Outside, life: Life, effects: Effects): Workspaces {
  const { workspaces, worktrees, disk } = outside;
  return {
    ...workspaces,
    inspect: (directory, base) => life.call("inspect", () => workspaces.inspect(directory, base)),
    prepare: (run, repository) => {
      if (life.alive) effects.prepare(run);
      return life.call("prepare", async () => {
        disk.room();
        worktrees.add(run);
        return workspaces.prepare(run, repository);
      });
    },
    check: (run) =>
      life.call("check", async () => {
        if (!worktrees.has(run) && effects.prepared(run))
          throw new Failure("worktree.gone", { run, path: workspaces.pathOf(run) });
        return workspaces.check(run);
      }),
    write: (run, relative, text) =>
      life.call("write", async () => {
        disk.room();
        return workspaces.write(run, relative, text);
      }),
    mark: (run, name) => life.call("mark", () => workspaces.mark(run, name)),
    rewind: (run, from, to) => life.call("rewind", () => workspaces.rewind(run, from, to)),
    unmark: (run) => life.call("unmark", () => workspaces.unmark(run)),
    remove: (run, repository) =>
      life.call("remove", async () => {
        outside.deleting.add(run);
        worktrees.delete(run);
        return workspaces.remove(run, repository);
      }),
    diffStat: (run, repository) => life.call("diff", () => workspaces.diffStat(run, repository)),
  };
}

const COMMAND_FAULTS = { fails: 0.1, "takes long": 0.05, "runs out of time": 0.01, "cannot be started": 0.01 };

function commandsOf({ commands, clock, faults }: Outside, life: Life, effects: Effects): Commands {
  return {
    end: (run, phase) => life.call("stop", async () => commands.end(run, phase)),
    run: (spec, signal) => {
      if (life.alive) effects.command(spec.run, spec.phase);
      return life.call("command", async () => {
        const fault = faults.at("program", COMMAND_FAULTS);
        if (fault?.kind === "cannot be started")
          throw new Failure("command.failed_to_start", { phase: spec.phase, command: spec.argv[0], problem: "no" });
        const command = commands.begin(spec);
        const long = fault?.kind === "takes long" ? fault.size * 20 * MINUTE : 5 * SECOND;
        const durationMs = fault?.kind === "runs out of time" ? spec.timeoutMs : long;
        await clock.sleep(durationMs, signal);
        const ran = command.runs() && !signal.aborted;
        command.end();
        const result = { signal: null, durationMs, stdout: "", stderr: "", truncated: false };
        if (!ran || fault?.kind === "runs out of time")
          return { ...result, exitCode: null, signal: "SIGTERM", timedOut: fault?.kind === "runs out of time" };
        return { ...result, exitCode: fault?.kind === "fails" ? 1 : 0, timedOut: false };
      });
    },
  };
}

function reportsOf({ reports, disk }: Outside, life: Life, effects: Effects): Reports {
  const hearing = effects.hearing();
  return {
    async write(run, json, markdown) {
      const what = effects.endOf(run);
      if (life.alive) {
        effects.report(run);
        if (what !== undefined) hearing.asks(what);
      }
      const written = await life.call("report", async () => {
        disk.room();
        return reports.write(run, json, markdown);
      });
      if (what !== undefined) hearing.heard(what);
      return written;
    },
  };
}
