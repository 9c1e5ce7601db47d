/** Tells the ways apart in which a keyring can be missing. The library gives each the same code: only its words differ. */
import type { KeyringTrouble } from "../../domain/secret.ts";

// biome-ignore format: read by column
const WORDS: readonly (readonly [RegExp, KeyringTrouble])[] = [
  [/not provided by any \.service files|ServiceUnknown/i,                                           "no_provider"],
  [/no result found|NoSuchObject|no such (?:secret )?collection/i,                                  "no_collection"],
  [/prompt was dismissed|locked|IsLocked|User interaction is not allowed/i,                         "locked"],
  [/autolaunch|failed to connect|connection (?:refused|reset)|NoServer|zbus error|No such file/i,   "no_bus"],
];

export const troubleOf = (said: string): KeyringTrouble => WORDS.find(([words]) => words.test(said))?.[1] ?? "other";
