/** The one place of the daemon that knows adapters: it puts the real parts together. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acpAgents } from "../adapters/acp/acp-agents.ts";
import { agents } from "../adapters/agents/agents.ts";
import { headlessAgents } from "../adapters/agents/headless-agent.ts";
import { loggedInSince, programOf } from "../adapters/agents/installed.ts";
import { sessionEnv } from "../adapters/agents/session-env.ts";
import { terminalAgents } from "../adapters/agents/terminal-agent.ts";
import { programVersion } from "../adapters/agents/version.ts";
import { artifactStore } from "../adapters/artifacts/artifact-store.ts";
import { auditLog } from "../adapters/audit/audit-log.ts";
import { localCommands } from "../adapters/commands/local-commands.ts";
import { agentProfiles } from "../adapters/definitions/agent-profiles.ts";
import { readConfig } from "../adapters/definitions/config.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import { answersAt } from "../adapters/models/answers.ts";
import { modelCatalogue } from "../adapters/models/catalogue.ts";
import { generationRecords } from "../adapters/models/generation-record.ts";
import { modelAgents } from "../adapters/models/model-agents.ts";
import { shippedPrices } from "../adapters/models/shipped-prices.ts";
import { worktreeFiles } from "../adapters/models/tools/worktree-files.ts";
import { leavings } from "../adapters/reports/leavings.ts";
import { reportFiles } from "../adapters/reports/report-files.ts";
import { secretsHere } from "../adapters/secrets/secrets-here.ts";
import { backup } from "../adapters/storage/backup.ts";
import { openDatabase } from "../adapters/storage/open.ts";
import { priceStore } from "../adapters/storage/price-store.ts";
import { eventLogOver } from "../adapters/storage/sqlite-event-log.ts";
import { sqliteLedger } from "../adapters/storage/sqlite-ledger.ts";
import { usageMarks } from "../adapters/storage/usage-marks.ts";
import { systemClock } from "../adapters/system/clock.ts";
import { sha256Hex } from "../adapters/system/content-hash.ts";
import { systemIds } from "../adapters/system/ids.ts";
import { instanceHolder, takeInstanceLock } from "../adapters/system/instance-lock.ts";
import { markedProcesses } from "../adapters/system/marked-processes.ts";
import { pinoJournal } from "../adapters/system/pino-journal.ts";
import { endProcesses } from "../adapters/system/processes.ts";
import { strayFiles } from "../adapters/system/stray-files.ts";
import { chooseHost } from "../adapters/terminals/choose-host.ts";
import { straySockets } from "../adapters/terminals/stray-sockets.ts";
import { gitWorkspaces } from "../adapters/workspace/git-workspaces.ts";
import { halfRemoved, worktreeRuns } from "../adapters/workspace/leftovers.ts";
import { type AgentProfile, forVersion } from "../domain/agent-profile.ts";
import { limitsOf } from "../domain/config.ts";
import { Failure } from "../domain/failure.ts";
import { knownSecrets } from "../domain/known-secrets.ts";
import { milliseconds } from "../domain/names.ts";
import { apiOf } from "../domain/persona.ts";
import type { Places } from "../domain/places.ts";
import { ownPrice } from "../domain/price-rows.ts";
import { providersOf } from "../domain/provider.ts";
import { redactor } from "../domain/redact.ts";
import { secretsIn } from "../domain/secret-names.ts";
import { outputScrubber } from "../domain/terminal-scrub.ts";
import { accounts } from "../engine/accounts.ts";
import { engine } from "../engine/engine.ts";
import { keepFresh } from "../engine/keep-fresh.ts";
import { scrubbedLog } from "../engine/scrubbed-log.ts";
import { livingSessions } from "../engine/sessions.ts";
import { spending } from "../engine/spending.ts";
import type { Clock } from "../ports/clock.ts";
import { installedAt } from "../protocol/installation.ts";
import { VERSION } from "../protocol/version.ts";
import { auditAnswers } from "./audit-answers.ts";
import { keepAuditTrail } from "./audit-trail.ts";
import { budgetAnswers } from "./budget-answers.ts";
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

/** Everything that this process writes goes through one redactor; whoever comes to know of a secret adds it here. */
const secrets = knownSecrets();
const redact = redactor(secrets);

const PACKAGE_ROOT = installedAt();

async function composeDaemon({ places, env, journal }: ComposeOptions): Promise<ComposedDaemon> {
  const clock = systemClock();
  const ids = systemIds();
  const config = await readConfig(join(places.config, "devflow.yaml"));
  const providers = providersOf(config.providers);
  const keys = secretsHere({
    env,
    config: config.secrets,
    directory: places.config,
    program: join(PACKAGE_ROOT, "dist/keyring.mjs"),
    names: Object.values(providers).flatMap(({ key }) => key ?? []),
    learn: (value) => secrets.add(value),
    now: clock.now,
  });
  const secretOf = (name: string): Promise<string | undefined> => keys.find(name);
  secrets.add(...secretsIn(env, existsSync));
  const file = join(places.data, "devflow.db");
  const database = openDatabase(file);
  const log = scrubbedLog(eventLogOver(database, file), redact);
  const ledger = sqliteLedger(database, file, limitsOf(config.budget));
  const refreshMs = milliseconds(config.prices.refresh);
  const prices = modelCatalogue({
    baseUrl: providers.openrouter.baseUrl,
    fetch,
    clock,
    store: priceStore(database, file),
    shipped: await shippedPrices(join(PACKAGE_ROOT, "data/prices.json")),
    own: Object.entries(config.prices.overrides).map(([model, own]) =>
      ownPrice(model, own, { source: "override", at: clock.now() }),
    ),
    refreshMs,
    offline: config.prices.offline,
  });
  let takenUp: () => void = () => {};
  /** Runs are told nothing before they are taken up: what they were when the daemon went away is theirs to say first. */
  const tellable = new Promise<void>((resolve) => {
    takenUp = resolve;
  });
  const spends = spending({
    ledger,
    prices,
    generationCost: generationRecords({ providers, secretOf, fetch }),
    clock,
    ids,
    journal,
    unknownPrice: config.budget.unknownPrice,
    runs: {
      state: (run) => running.state(run),
      learn: async (run, outcome) => {
        await tellable;
        return running.learn(run, outcome);
      },
    },
  });
  const audit = auditLog({
    directory: places.data,
    anchor: join(places.state, "audit.db"),
    onProblem: (problem) => journal.warn("audit", { problem }),
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
  const profiles = agentProfiles({ shipped: PACKAGE_ROOT, user: places.config });
  const recordings = join(places.data, "recordings");
  const recordingOf = (session: string): string => join(recordings, `${session}.cast`);

  /** As it is for the version that is installed now; the program is asked only where that matters. */
  async function profileOf(name: string): Promise<AgentProfile> {
    const { value, source } = await known(name);
    if (value.variants.length === 0) return value;
    const found = await programOf(value, source, env);
    return forVersion(value, found && (await programVersion(found, value, env)));
  }
  async function known(name: string) {
    const all = await profiles();
    const found = all.find(({ value }) => value.name === name);
    if (found) return found;
    throw new Failure("persona.unknown_agent", {
      where: name,
      agent: name,
      agents: all.map(({ value }) => value.name).join(", "),
    });
  }
  async function program({ name, binary, install }: AgentProfile): Promise<string> {
    const { value, source } = await known(name);
    const found = await programOf(value, source, env);
    if (found) return found;
    throw new Failure("persona.agent_not_installed", { persona: name, command: binary.command, install });
  }

  const artifacts = artifactStore({ directory: join(places.data, "artifacts"), clock });
  const shelves = definitions({
    shipped: PACKAGE_ROOT,
    user: places.config,
    lint: artifacts.lint,
    agents: async () => (await profiles()).map(({ value }) => value.name),
  });
  const workspaces = gitWorkspaces({ worktrees: join(places.data, "worktrees") });
  const who = agents({
    adapters: {
      agent: modelAgents({
        clock,
        env,
        stateDirectory: join(places.state, "models"),
        program: { file: join(PACKAGE_ROOT, "dist/model-agent.mjs") },
        providers,
        secretOf,
        known: prices.of,
        spending: spends,
        endProcesses,
        trouble: (session, problem) => journal.error("a model agent", { session, problem }),
      }),
      acp: acpAgents({
        clock,
        profileOf,
        program,
        environment: (spec, profile) => sessionEnv(spec, profile, env),
        loggedInSince: (profile, at) => loggedInSince(profile, env, at),
        files: worktreeFiles,
        redact: redactor(secretsIn(env)),
        version: VERSION,
        stateDirectory: join(places.state, "acp"),
        endProcesses,
      }),
      headless: headlessAgents({
        clock,
        profileOf,
        program,
        env,
        stateDirectory: join(places.state, "headless"),
        endProcesses,
        redact,
      }),
      terminal: terminalAgents({
        host,
        clock,
        profileOf,
        program,
        env,
        size: config.terminal,
        hooks: (session) => join(places.state, "hooks", session),
        recording: ({ session }) =>
          config.recording.enabled
            ? { file: recordingOf(session), maxBytes: config.recording.maxMb * 1024 * 1024 }
            : undefined,
      }),
    },
    profiles,
    env,
    providers,
    secretOf,
    answers: answersAt,
  });
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
  const running = engine({
    log,
    clock,
    ids,
    journal,
    sessions,
    agents: who,
    artifacts,
    workspaces,
    commands: localCommands({ env, endProcesses }),
    reports: reportFiles({ directory: join(places.data, "runs"), redact }),
    leavings: leavings({
      ofRuns: [join(places.data, "runs")],
      ofSession: (session) => [
        recordingOf(session),
        join(places.state, "headless", session),
        join(places.state, "acp", session),
        join(places.state, "models", session),
        join(places.state, "hooks", session),
      ],
    }),
    definitions: shelves,
    random: Math.random,
    digest: sha256Hex,
    allowPaper: config.paper || env.DEVFLOW_PAPER_AGENT === "1",
    resume: config.resume,
    budget: config.budget,
    moved: spends.reconsider,
    affords: spends.begin,
    accounts: shared,
  });

  const left = leftovers({
    ...{ log, host, endProcesses, ledger, workspaces, learn: running.learn, settleLeft: spends.settleLeft },
    ...leftHere(places, clock),
  });
  const closed = new AbortController();
  let trail = Promise.resolve();
  return {
    log,
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
      keysChanged: async () => {
        keys.forget();
        return { ok: true };
      },
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
          free: (persona) => providers[apiOf(persona).provider]?.free ?? false,
        }),
      }),
      ...priceAnswers({ prices, ledger, definitions: shelves }),
      ...spendingAnswers({ ledger, log, marks: usageMarks(database, file), clock }),
      ...budgetAnswers({
        engine: running,
        ledger,
        log,
        clock,
        policy: config.budget.policy,
        reconsider: spends.reconsider,
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
        recording: async (session) => {
          const file = recordingOf(session);
          const found = await stat(file).catch(() => undefined);
          return found && { file, bytes: found.size };
        },
      }),
    },
    start: async () => {
      trail = keepAuditTrail({ log, audit, clock, journal }, closed.signal);
      void collectWhenIdle(log, running.sessions, closed.signal).catch((error: unknown) =>
        journal.warn("memory is not given back any more", { error: String(error) }),
      );
      // Without a key nobody has a use for prices, and nothing leaves this machine.
      const wanted = async (): Promise<boolean> =>
        !config.prices.offline && Boolean(await secretOf(providers.openrouter.key ?? ""));
      void keepFresh({ prices, clock, journal, wanted, refreshMs, random: Math.random }, closed.signal).catch(
        (error: unknown) => journal.warn("prices are not refreshed any more", { error: String(error) }),
      );
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
      closed.abort();
      await trail;
      audit.close();
      await host.release();
      log.close();
    },
  };
}

/** The names of what is being written: by `writeWhole`, by SQLite's copies of a damaged database, by looks at a worktree. */
const HALF_WRITTEN = /\.[0-9a-f]{12}\.tmp$/;
const HALF_KEPT = /^damaged-.*\.half$/;
const INDEX = /^devflow-index-\w{6}$/;

/** What the sweep finds in this home's own directories. */
function leftHere({ data, state, runtime }: Places, clock: Pick<Clock, "now">) {
  const worktrees = join(data, "worktrees");
  return {
    marked: () => markedProcesses([data, worktrees, state]),
    worktrees: () => worktreeRuns(worktrees),
    strays: {
      "half-removed worktrees": () => halfRemoved(worktrees),
      sockets: () => straySockets(join(runtime, "p"), join(state, "pty")),
      "temporary files": async () => {
        const folders = [data, worktrees, join(data, "artifacts"), join(data, "runs"), state];
        const half = folders.map((folder) => strayFiles(folder, HALF_WRITTEN, clock.now()));
        const kept = strayFiles(data, HALF_KEPT, clock.now());
        const looks = strayFiles(tmpdir(), INDEX, clock.now());
        return (await Promise.all([...half, kept, looks])).flat();
      },
    },
  };
}

export const parts: DaemonParts = {
  composeDaemon,
  openJournal: ({ file, env, echo }) => {
    secrets.add(...secretsIn(env, existsSync));
    return pinoJournal({ file, redact, ...(echo && { echo }) });
  },
  takeInstanceLock,
  instanceHolder,
};
