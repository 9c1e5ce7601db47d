/** Puts the real parts together. With what is in `compose/`, the one place of the daemon that knows adapters. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { artifactStore } from "../adapters/artifacts/artifact-store.ts";
import { localCommands } from "../adapters/commands/local-commands.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import { leavings } from "../adapters/reports/leavings.ts";
import { reportFiles } from "../adapters/reports/report-files.ts";
import { backup } from "../adapters/storage/backup.ts";
import { openDatabase } from "../adapters/storage/open.ts";
import { eventLogOver } from "../adapters/storage/sqlite-event-log.ts";
import { usageMarks } from "../adapters/storage/usage-marks.ts";
import { sha256Hex } from "../adapters/system/content-hash.ts";
import { pinoJournal } from "../adapters/system/pino-journal.ts";
import { endProcesses } from "../adapters/system/processes.ts";
import { chooseHost } from "../adapters/terminals/choose-host.ts";
import { gitWorkspaces } from "../adapters/workspace/git-workspaces.ts";
import type { RunId } from "../domain/ids.ts";
import { languageFor } from "../domain/language.ts";
import { milliseconds } from "../domain/names.ts";
import { apiOf, type Persona } from "../domain/persona.ts";
import { outputScrubber } from "../domain/terminal-scrub.ts";
import { accounts } from "../engine/accounts.ts";
import { engine } from "../engine/engine.ts";
import { keepRuns } from "../engine/keep-runs.ts";
import { scrubbedLog } from "../engine/scrubbed-log.ts";
import { livingSessions } from "../engine/sessions.ts";
import { notificationLanguage, reportLanguage } from "../messages/say.ts";
import { auditAnswers } from "./audit-answers.ts";
import { keepAuditTrail } from "./audit-trail.ts";
import { budgetAnswers } from "./budget-answers.ts";
import { everyAgent, leftBySession, recordingOf } from "./compose/agents.ts";
import { leftHere } from "./compose/left-here.ts";
import { money } from "./compose/money.ts";
import { notifications } from "./compose/notifications.ts";
import { profiles } from "./compose/profiles.ts";
import { record } from "./compose/record.ts";
import { KNOWN, knowSecretsOf, PACKAGE_ROOT, redact, secrets, surroundings } from "./compose/surroundings.ts";
import { costEstimate } from "./cost-estimate.ts";
import { escalationAnswers } from "./escalation-answers.ts";
import { leftovers } from "./leftovers.ts";
import { collectWhenIdle } from "./memory.ts";
import type { ComposedDaemon, ComposeOptions, DaemonParts } from "./parts.ts";
import { priceAnswers } from "./price-answers.ts";
import { problemsNow } from "./problems.ts";
import { runAnswers } from "./run-answers.ts";
import { sessionAnswers } from "./session-answers.ts";
import { spendingAnswers } from "./spending-answers.ts";
import { keepSwept, sweep } from "./sweep.ts";
import { talkAnswers } from "./talk-answers.ts";
import { voices } from "./voices.ts";

async function composeDaemon(options: ComposeOptions): Promise<ComposedDaemon> {
  const here = await surroundings(options);
  const { places, env, journal, clock, ids, config, providers, keys } = here;
  const file = join(places.data, "devflow.db");
  const database = openDatabase(file);
  const log = scrubbedLog(eventLogOver(database, file), redact);
  const { audit, notes } = record(here);
  let takenUp: () => void = () => {};
  /** Runs are told nothing before they are taken up: what they were when the daemon went away is theirs to say first. */
  const tellable = new Promise<void>((resolve) => {
    takenUp = resolve;
  });
  const { ledger, prices, spends, keepPrices } = await money({
    ...here,
    database,
    file,
    notes,
    runs: {
      state: (run) => running.state(run),
      learn: async (run, outcome) => {
        await tellable;
        return running.learn(run, outcome);
      },
    },
  });
  const host = await chooseHost({
    wanted: config.host,
    tmux: { directory: join(places.runtime, "t"), stateDirectory: join(places.state, "tmux") },
    pty: {
      directory: join(places.runtime, "p"),
      stateDirectory: join(places.state, "pty"),
      holder: [process.execPath, join(PACKAGE_ROOT, "dist/pty-holder.mjs")],
    },
    endProcesses,
    scrub: () => outputScrubber(secrets, redact),
    onProblem: (problem) => journal.warn("terminals", { problem }),
  });
  const known = profiles(here);
  const artifacts = artifactStore({ directory: join(places.data, "artifacts"), clock });
  const shelves = definitions({
    shipped: PACKAGE_ROOT,
    user: places.config,
    lint: artifacts.lint,
    agents: known.names,
    known: KNOWN,
  });
  const language = languageFor(env, () => config.language);
  const workspaces = gitWorkspaces({ worktrees: join(places.data, "worktrees") });
  const heard = voices(() => outputScrubber(secrets, redact));
  const who = everyAgent({ ...here, host, prices, spends, notes, profiles: known, say: heard.say });
  const shared = accounts({ clock, random: Math.random });
  const sessions = livingSessions({
    agents: who,
    ids,
    accounts: shared,
    metering: {
      report: spends.report,
      gone: (session) => {
        void spends
          .settleLeft((of) => of === session)
          .catch((error: unknown) => journal.error("calls could not be settled", { session, error: String(error) }));
      },
    },
  });
  const commands = localCommands({ env, endProcesses });
  const running = engine({
    log,
    clock,
    ids,
    journal,
    sessions,
    agents: who,
    artifacts,
    workspaces,
    commands,
    reports: reportFiles({ directory: join(places.data, "runs"), redact, language: await reportLanguage(language) }),
    leavings: leavings({
      ofRuns: [join(places.data, "runs")],
      ofSession: (session) => leftBySession(places, session),
    }),
    definitions: shelves,
    random: Math.random,
    digest: sha256Hex,
    allowPaper: config.paper || env.DEVFLOW_PAPER_AGENT === "1",
    resume: config.resume,
    budget: config.budget,
    moved: spends.reconsider,
    affords: spends,
    redact,
    accounts: shared,
  });

  const keepMs = config.runs.keep === "never" ? undefined : milliseconds(config.runs.keep);
  const remove = (run: RunId) => running.delete(run, "devflow");
  const free = (persona: Persona) => providers[apiOf(persona).provider]?.free ?? false;
  const said = await notificationLanguage(language);
  const notifier = notifications({ ...here, log, database, file, notes, language: said });
  const left = leftovers({
    ...{ log, host, endProcesses, ledger, workspaces, learn: running.learn, settleLeft: spends.settleLeft },
    ...leftHere(places, clock.now()),
  });
  const closed = new AbortController();
  let trail: Promise<unknown> = Promise.resolve();
  return {
    log,
    voices: heard,
    engine: {
      status: async () => {
        const active = log.runs({ limit: 1_000, active: true });
        const waiting = active.filter(({ status }) => status === "waiting").length;
        return {
          host: host.kind,
          paused: running.paused,
          runs: { running: active.length - waiting, waiting },
          sessions: running.sessions(),
          problems: problemsNow(running.hindrances(), host.problem?.()),
        };
      },
      pause: async () => running.pause(true),
      unpause: async () => running.pause(false),
      keysChanged: async ({ change }) => {
        keys.forget();
        if (change) notes.keyChanged(change);
        return { ok: true };
      },
      notifyTest: notifier.notifyTest,
      backup: async ({ file: target }) => {
        const { bytes } = await backup(target, { database, data: places.data, folders: ["artifacts", "runs"] });
        return { file: target, bytes };
      },
      ...runAnswers({
        engine: running,
        log,
        workspaces,
        readText: (path) => readFile(path, "utf8").catch(() => undefined),
        estimate: costEstimate({
          prices,
          ledger,
          log,
          clock,
          free,
        }),
      }),
      ...talkAnswers({ engine: running, log, ids, redact }),
      ...priceAnswers({ prices, ledger, definitions: shelves, free }),
      ...spendingAnswers({ ledger, log, marks: usageMarks(database, file), clock }),
      ...budgetAnswers({
        engine: running,
        ledger,
        log,
        definitions: shelves,
        clock,
        policy: config.budget.policy,
        reconsider: spends.reconsider,
        notes,
      }),
      ...escalationAnswers({ engine: running, log }),
      ...auditAnswers({ audit, log }),
      ...sessionAnswers({
        engine: running,
        log,
        workspaces,
        ids,
        digest: sha256Hex,
        secrets,
        redact,
        remark: (agent) => known.remark(agent).catch(() => undefined),
        recording: async (session) => {
          const file = recordingOf(places, session);
          const found = await stat(file).catch(() => undefined);
          return found && { file, bytes: found.size };
        },
      }),
    },
    start: async () => {
      trail = Promise.all([
        keepAuditTrail({ log, audit, clock, journal }, closed.signal),
        notifier.begin(closed.signal),
        keepMs === undefined ? undefined : keepRuns({ log, clock, journal, keepMs, remove }, closed.signal),
      ]);
      void collectWhenIdle(log, running.sessions, closed.signal).catch((error: unknown) =>
        journal.warn("memory is not given back any more", { error: String(error) }),
      );
      keepPrices(closed.signal);
      await sweep(left, journal);
      // Before anybody can ask for a call again: what a killed daemon left open counts from the start.
      void spends
        .settleLeft(() => true)
        .catch((error: unknown) => journal.error("calls could not be settled", { error: String(error) }));
      await running.recover();
      takenUp();
      void keepSwept(left, { clock, journal }, closed.signal);
    },
    drain: async (ms) => {
      const drained = new AbortController();
      await Promise.race([running.drain(), clock.sleep(ms, drained.signal)]);
      drained.abort();
    },
    close: async () => {
      await running.stop("the daemon was stopped");
      await commands.idle();
      closed.abort();
      await trail;
      audit.close();
      await host.release();
      log.close();
    },
  };
}

export const parts: DaemonParts = {
  composeDaemon,
  openJournal: ({ file, env, echo }) => {
    knowSecretsOf(env);
    return pinoJournal({ file, redact, ...(echo && { echo }) });
  },
};
