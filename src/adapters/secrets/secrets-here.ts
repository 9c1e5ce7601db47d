/** The places of secrets on this machine, as the settings have them. */
import { join } from "node:path";
import type { Config } from "../../domain/config.ts";
import type { SecretStore, Secrets } from "../../ports/secrets.ts";
import { type ChainOptions, secretChain } from "./chain.ts";
import { keyring } from "./keyring.ts";
import { secretsFile } from "./secrets-file.ts";

export interface SecretsHereOptions extends Omit<ChainOptions, "stores"> {
  config: Config["secrets"];
  /** Where the file is, when there is one. */
  directory: string;
  /** The program that asks the keyring. */
  program: string;
  /** How long the keyring may take; longer where somebody is there to open it. */
  limitMs?: number;
}

export const secretsFileIn = (directory: string): string => join(directory, "secrets.json");

export function secretsHere({ config, directory, program, limitMs, ...chain }: SecretsHereOptions): Secrets {
  const limit = limitMs === undefined ? {} : { limitMs };
  const stores: SecretStore[] = [
    ...(config.keyring ? [keyring({ env: chain.env, platform: process.platform, program, ...limit })] : []),
    ...(config.file ? [secretsFile(secretsFileIn(directory))] : []),
  ];
  return secretChain({ ...chain, stores });
}
