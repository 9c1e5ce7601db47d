/** What all parts of the daemon stand on: where its files are, what it was told, and which values it must never say. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../adapters/definitions/config.ts";
import { knownFiles } from "../../adapters/definitions/known.ts";
import { secretsHere } from "../../adapters/secrets/secrets-here.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemIds } from "../../adapters/system/ids.ts";
import type { Config } from "../../domain/config.ts";
import { knownSecrets } from "../../domain/known-secrets.ts";
import type { Places } from "../../domain/places.ts";
import { providersOf } from "../../domain/provider.ts";
import { redactor } from "../../domain/redact.ts";
import { secretsIn } from "../../domain/secret-names.ts";
import type { Clock, Ids } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { installedAt } from "../../protocol/installation.ts";
import type { ComposeOptions } from "../parts.ts";

/** Everything that this process writes goes through one redactor; whoever comes to know of a secret adds it here. */
export const secrets = knownSecrets();
export const redact = redactor(secrets);

export const knowSecretsOf = (env: NodeJS.ProcessEnv): void => secrets.add(...secretsIn(env, existsSync));

export const PACKAGE_ROOT = installedAt();
export const KNOWN = knownFiles(join(PACKAGE_ROOT, "dist/known.json"));

export interface Surroundings {
  places: Places;
  env: NodeJS.ProcessEnv;
  journal: Journal;
  clock: Clock;
  ids: Ids;
  config: Config;
  providers: ReturnType<typeof providersOf>;
  keys: Secrets;
  secretOf(name: string): Promise<string | undefined>;
}

export async function surroundings({ places, env, journal }: ComposeOptions): Promise<Surroundings> {
  const clock = systemClock();
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
  knowSecretsOf(env);
  return {
    places,
    env,
    journal,
    clock,
    ids: systemIds(),
    config,
    providers,
    keys,
    secretOf: (name) => keys.find(name),
  };
}
