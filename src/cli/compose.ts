/** The one place of the client that knows adapters: for the commands that read definitions and profiles without a daemon. */
import { randomUUID } from "node:crypto";
import { readdirSync, realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { programOf, seemsLoggedIn } from "../adapters/agents/installed.ts";
import { replay } from "../adapters/agents/replay.ts";
import { programVersion } from "../adapters/agents/version.ts";
import { schemaCheck } from "../adapters/artifacts/schema-check.ts";
import { everyProfile, profileIn } from "../adapters/definitions/agent-profiles.ts";
import { readConfig } from "../adapters/definitions/config.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import { knownFiles } from "../adapters/definitions/known.ts";
import { inside } from "../adapters/models/tools/inside.ts";
import { bytesOf, textOf as textIn } from "../adapters/models/tools/read-file.ts";
import { worktreeAt } from "../adapters/models/tools/worktree.ts";
import { checkKey } from "../adapters/secrets/check-key.ts";
import { keyring } from "../adapters/secrets/keyring.ts";
import { secretsFileIn, secretsHere } from "../adapters/secrets/secrets-here.ts";
import { freeBytes, rightsOf, said, setMode } from "../adapters/system/machine.ts";
import { emulator } from "../adapters/terminals/screen.ts";
import { readCast } from "../domain/cast.ts";
import type { Config } from "../domain/config.ts";
import { consentState } from "../domain/consent.ts";
import { Failure } from "../domain/failure.ts";
import { type KeyChange, keyFact } from "../domain/key-change.ts";
import { auditAnchor, lockFile, type Places } from "../domain/places.ts";
import { providersOf } from "../domain/provider.ts";
import { SecretName } from "../domain/secret.ts";
import { systemProblem } from "../domain/system-problem.ts";
import type { Refusal } from "../domain/tool-refusal.ts";
import type { Definitions } from "../ports/definitions.ts";
import { checkPlaces, placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";
import { VERSION } from "../protocol/version.ts";
import type { AgentShelf, KeyChest, KeyWaits, Quote } from "./compose/offers.ts";
import { readConsent } from "./consent-file.ts";
import type { Ground } from "./doctor/ground.ts";

const KNOWN = knownFiles(join(installedAt(), "dist/known.json"));

export function composeAgents(env: NodeJS.ProcessEnv, askMs?: number): AgentShelf {
  return {
    list: everyProfile({ shipped: installedAt(), user: placesHere(env).config, known: KNOWN }),
    read: profileIn,
    async installed(profile, source) {
      const [program, loggedIn] = await Promise.all([programOf(profile, source, env), seemsLoggedIn(profile, env)]);
      const version = program && (await programVersion(program, profile, env, askMs));
      return {
        ...(program && { program }),
        ...(version && { version }),
        ...(profile.login && { loggedIn }),
      };
    },
    cast: async (file) => readCast(file, await textOf(file)),
    replay: (cast, profile, at) =>
      replay(cast, profile, { emulator, ...(at === undefined ? {} : { exit: { at, exit: {} } }) }),
  };
}

const textOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((error: unknown) => {
    throw new Failure("cast.invalid", { where: file, problem: systemProblem(error) });
  });

/** Somebody who is asked to open the keyring types a password first. */
const PATIENT_MS = 90_000;
/** A person waits for it. */
const CHECK_MS = 10_000;

export async function composeKeys(
  env: NodeJS.ProcessEnv,
  { patient, limitMs, checkMs = CHECK_MS }: KeyWaits,
): Promise<KeyChest> {
  const { config: directory } = placesHere(env);
  const config = await readConfig(join(directory, "devflow.yaml"));
  const providers = providersOf(config.providers);
  const profiles = await everyProfile({ shipped: installedAt(), user: directory, known: KNOWN })();
  const ofAgents = profiles.good.flatMap(({ value }) => value.login?.env ?? []);
  const ofProviders = Object.values(providers).flatMap(({ key }) => key ?? []);
  return {
    providers,
    secrets: secretsHere({
      env,
      config: config.secrets,
      directory,
      program: join(installedAt(), "dist/keyring.mjs"),
      names: [...new Set([...ofProviders, ...ofAgents])].filter((name) => SecretName.safeParse(name).success),
      learn: () => {}, // nothing of it is written here
      now: Date.now,
      ...(patient && { limitMs: PATIENT_MS }),
      ...(limitMs !== undefined && { limitMs }),
    }),
    check: (provider, key) => checkKey(provider, key, { fetch, timeoutMs: checkMs }),
    record: (change) => recordAlone(placesHere(env), change),
  };
}

/** The record has one writer at a time: whoever holds the daemon's lock. */
async function recordAlone(places: Places, change: KeyChange): Promise<boolean> {
  const [{ takeInstanceLock }, { auditLog }] = await Promise.all([
    import("../adapters/system/instance-lock.ts"),
    import("../adapters/audit/audit-log.ts"),
  ]);
  try {
    const lock = takeInstanceLock(lockFile(places));
    if (!lock) return false;
    try {
      const audit = auditLog({ directory: places.data, anchor: auditAnchor(places), onProblem: () => {} });
      audit.append([keyFact(change, Date.now())]);
      audit.close();
      return true;
    } finally {
      lock.release();
    }
  } catch {
    return false; // the key is kept: a full disk must not say otherwise
  }
}

/** Larger files are to be named, and read by the agent. */
const MOST_QUOTED_BYTES = 100_000;
const MOST_LISTED = 200;

/** Reads in a repository and nowhere else: no `..`, no link and no path leads out of it, or to git's own files. */
export function composeQuotes(root: string): (path: string) => Quote {
  const worktree = worktreeAt(root, realpathSync(root));
  return (path) => {
    const found = inside(worktree, path, {}, (place): Quote | Uint8Array | Refusal => {
      if (!place.stats?.isDirectory()) return bytesOf(place, path, MOST_QUOTED_BYTES);
      const names = readdirSync(place.path, { withFileTypes: true })
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        .filter((name) => name !== ".git/" && name !== ".git")
        .sort();
      const more = names.length - MOST_LISTED;
      const shown = more > 0 ? [...names.slice(0, MOST_LISTED), `[and ${more} more]`] : names;
      return { ok: true, kind: "folder", text: shown.join("\n") };
    });
    if (found instanceof Uint8Array) {
      const text = textIn(found, path);
      return typeof text === "string" ? { ok: true, kind: "file", text } : { ok: false, problem: text.reason };
    }
    return "code" in found ? { ok: false, problem: found.reason } : found;
  };
}

/** Nothing that is asked may hold up the others for longer. */
const ASK_MS = 2_000;
const PROBE = "PROBE_KEY";

/** Everything that devflow doctor asks of this machine. */
export async function composeGround(env: NodeJS.ProcessEnv, running: Ground["running"]): Promise<Ground> {
  const places = placesHere(env);
  const root = installedAt();
  const configFile = join(places.config, "devflow.yaml");
  let settings: Promise<Config> | undefined;
  const config = (): Promise<Config> => {
    settings ??= readConfig(configFile);
    return settings;
  };
  let chest: Promise<KeyChest> | undefined;
  const shelves = composeDefinitions(env);
  return {
    env,
    uid: process.getuid?.() ?? 0,
    version: VERSION,
    node: process.versions.node,
    sqliteAsksAtItsEnd: async () => (await import("../adapters/system/native-package.ts")).sqliteAsksAtItsEnd(),
    places,
    config,
    said: (program, args) => said(program, args, { env, timeoutMs: ASK_MS }),
    agents: async () => composeAgents(env, ASK_MS),
    definitions: async () => shelves,
    keys: () => {
      chest ??= composeKeys(env, { limitMs: ASK_MS, checkMs: ASK_MS });
      return chest;
    },
    keyring: async () => {
      if (!(await config()).secrets.keyring) return { trouble: "off", said: "" };
      const program = join(root, "dist/keyring.mjs");
      const store = keyring({ env, platform: process.platform, program, limitMs: ASK_MS / 2 });
      return (await store.set(PROBE, { value: randomUUID() })) ?? (await store.delete(PROBE));
    },
    secretsFile: secretsFileIn(places.config),
    database: async () => (await import("../adapters/storage/look.ts")).lookAtDatabase(join(places.data, "devflow.db")),
    freeBytes,
    rightsOf,
    setMode,
    checkPlaces: () => checkPlaces(places),
    running,
    consent: async () => consentState(await readConsent(places.state)),
    shippedPrices: async () => PricesDay.parse(JSON.parse(await readFile(join(root, "data/prices.json"), "utf8"))).at,
    installedAt: async () => (await stat(join(root, "package.json"))).mtimeMs,
    now: Date.now,
  };
}

const PricesDay = z.object({ at: z.string() });

/** The settings alone. */
export const composeConfig = (env: NodeJS.ProcessEnv): Promise<Config> =>
  readConfig(join(placesHere(env).config, "devflow.yaml"));

export function composeDefinitions(env: NodeJS.ProcessEnv): Definitions {
  const shipped = installedAt();
  const user = placesHere(env).config;
  const profiles = everyProfile({ shipped, user, known: KNOWN });
  return definitions({
    shipped,
    user,
    known: KNOWN,
    lint: schemaCheck().lint,
    agents: async () => {
      const { good, broken } = await profiles();
      return [...good.map(({ value }) => value.name), ...broken.map(({ name }) => name)];
    },
  });
}
