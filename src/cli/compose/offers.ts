/** What `compose.ts` puts together for the commands: its shapes, and those of the adapters that commands show. */
import type { Moment } from "../../adapters/agents/replay.ts";
import type { AllProfiles } from "../../adapters/definitions/agent-profiles.ts";
import type { KeyVerdict } from "../../adapters/secrets/check-key.ts";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import type { Cast } from "../../domain/cast.ts";
import type { KeyChange } from "../../domain/key-change.ts";
import type { Provider } from "../../domain/provider.ts";
import type { Secrets } from "../../ports/secrets.ts";

export type { Moment } from "../../adapters/agents/replay.ts";
export type { ProfileFile } from "../../adapters/definitions/agent-profiles.ts";
export type { KeyVerdict } from "../../adapters/secrets/check-key.ts";
export type { DatabaseLook } from "../../adapters/storage/look.ts";
export type { Rights, Said } from "../../adapters/system/machine.ts";
export type { AgentProfile } from "../../domain/agent-profile.ts";
export type { Broken, Definition, Definitions, JsonSchema, Shelf } from "../../ports/definitions.ts";
export type { Secrets, StoreTrouble } from "../../ports/secrets.ts";

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

/** Keys, where they are kept, and who takes them. */
export interface KeyChest {
  providers: Readonly<Record<string, Provider>>;
  secrets: Secrets;
  check(provider: Provider, key: string): Promise<KeyVerdict>;
  /** Writes a line of the audit record where no daemon runs that would; false when it could not. */
  record(change: KeyChange): Promise<boolean>;
}

export interface KeyWaits {
  /** Somebody is there to open a keyring. */
  patient?: boolean;
  limitMs?: number;
  checkMs?: number;
}

/** What a person quotes of a repository: a file's text or a folder's listing; or why not. */
export type Quote = { ok: true; kind: "file" | "folder"; text: string } | { ok: false; problem: string };
