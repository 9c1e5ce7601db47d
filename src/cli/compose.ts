/** The one place of the client that knows adapters: for the commands that read definitions and profiles without a daemon. */
import { readFile } from "node:fs/promises";
import { programOf, seemsLoggedIn } from "../adapters/agents/installed.ts";
import { type Moment, replay } from "../adapters/agents/replay.ts";
import { programVersion } from "../adapters/agents/version.ts";
import { schemaCheck } from "../adapters/artifacts/schema-check.ts";
import { type AllProfiles, agentProfiles, everyProfile, profileIn } from "../adapters/definitions/agent-profiles.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import { emulator } from "../adapters/terminals/screen.ts";
import type { AgentProfile } from "../domain/agent-profile.ts";
import { type Cast, readCast } from "../domain/cast.ts";
import { Failure } from "../domain/failure.ts";
import { systemProblem } from "../domain/system-problem.ts";
import type { Definitions } from "../ports/definitions.ts";
import { placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";

export type { Moment } from "../adapters/agents/replay.ts";
export type { ProfileFile } from "../adapters/definitions/agent-profiles.ts";
export type { Broken, Definition, Definitions, JsonSchema, Shelf } from "../ports/definitions.ts";

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
