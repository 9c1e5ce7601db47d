/** The one place of the client that knows adapters: for the commands that read definitions and profiles without a daemon. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { programOf, seemsLoggedIn } from "../adapters/agents/installed.ts";
import { type Moment, replay } from "../adapters/agents/replay.ts";
import { programVersion } from "../adapters/agents/version.ts";
import { schemaCheck } from "../adapters/artifacts/schema-check.ts";
import { type AllProfiles, agentProfiles, everyProfile, profileIn } from "../adapters/definitions/agent-profiles.ts";
import { readConfig } from "../adapters/definitions/config.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import { checkKey, type KeyVerdict } from "../adapters/secrets/check-key.ts";
import { secretsHere } from "../adapters/secrets/secrets-here.ts";
import { emulator } from "../adapters/terminals/screen.ts";
import type { AgentProfile } from "../domain/agent-profile.ts";
import { type Cast, readCast } from "../domain/cast.ts";
import { Failure } from "../domain/failure.ts";
import { type Provider, providersOf } from "../domain/provider.ts";
import { SecretName } from "../domain/secret.ts";
import { systemProblem } from "../domain/system-problem.ts";
import type { Definitions } from "../ports/definitions.ts";
import type { Secrets } from "../ports/secrets.ts";
import { placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";

export type { Moment } from "../adapters/agents/replay.ts";
export type { ProfileFile } from "../adapters/definitions/agent-profiles.ts";
export type { KeyVerdict } from "../adapters/secrets/check-key.ts";
export type { Broken, Definition, Definitions, JsonSchema, Shelf } from "../ports/definitions.ts";
export type { Secrets, StoreTrouble } from "../ports/secrets.ts";

/** What is here of an agent. */
export interface Installed {
  /** The absolute path of its program. */
  program?: string;
  version?: string;
  /** Absent when nothing that devflow can look at says so. */
  loggedIn?: boolean;
}

/** The agents' profiles, what is installed of them, and what they make of a recording. */
export interface AgentShelf {
  list(): Promise<AllProfiles>;
  read(file: string): Promise<AgentProfile>;
  installed(profile: AgentProfile, source: string): Promise<Installed>;
  cast(file: string): Promise<Cast>;
  replay(cast: Cast, profile: AgentProfile, exitAt: number | undefined): Promise<readonly Moment[]>;
}

export function composeAgents(env: NodeJS.ProcessEnv): AgentShelf {
  return {
    list: everyProfile({ shipped: installedAt(), user: placesHere(env).config }),
    read: profileIn,
    async installed(profile, source) {
      const [program, loggedIn] = await Promise.all([programOf(profile, source, env), seemsLoggedIn(profile, env)]);
      const version = program && (await programVersion(program, profile, env));
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

/** Keys, where they are kept, and who takes them. */
export interface KeyChest {
  providers: Readonly<Record<string, Provider>>;
  secrets: Secrets;
  check(provider: Provider, key: string): Promise<KeyVerdict>;
}

/** Somebody who is asked to open the keyring types a password first. */
const PATIENT_MS = 90_000;
/** A person waits for it. */
const CHECK_MS = 10_000;

export async function composeKeys(env: NodeJS.ProcessEnv, { patient }: { patient: boolean }): Promise<KeyChest> {
  const { config: directory } = placesHere(env);
  const config = await readConfig(join(directory, "devflow.yaml"));
  const providers = providersOf(config.providers);
  const profiles = await everyProfile({ shipped: installedAt(), user: directory })();
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
    }),
    check: (provider, key) => checkKey(provider, key, { fetch, timeoutMs: CHECK_MS }),
  };
}

export function composeDefinitions(env: NodeJS.ProcessEnv): Definitions {
  const shipped = installedAt();
  const user = placesHere(env).config;
  const profiles = agentProfiles({ shipped, user });
  return definitions({
    shipped,
    user,
    lint: schemaCheck().lint,
    agents: async () => (await profiles()).map(({ value }) => value.name),
  });
}
