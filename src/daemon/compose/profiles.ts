/** The agents' profiles as the daemon asks for them: by name, for the version that is installed here. */
import { programOf } from "../../adapters/agents/installed.ts";
import { programVersion } from "../../adapters/agents/version.ts";
import { agentProfiles, type ProfileFile } from "../../adapters/definitions/agent-profiles.ts";
import { type AgentProfile, forVersion } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import { PACKAGE_ROOT, type Surroundings } from "./surroundings.ts";

export interface Profiles {
  all(): Promise<readonly ProfileFile[]>;
  /** As it is for the version that is installed now. Throws `Failure` `persona.unknown_agent`. */
  profileOf(name: string): Promise<AgentProfile>;
  /** The path of its program. Throws `Failure` `persona.agent_not_installed`. */
  program(profile: AgentProfile): Promise<string>;
}

export function profiles({ places, env }: Pick<Surroundings, "places" | "env">): Profiles {
  const all = agentProfiles({ shipped: PACKAGE_ROOT, user: places.config });

  async function known(name: string): Promise<ProfileFile> {
    const here = await all();
    const found = here.find(({ value }) => value.name === name);
    if (found) return found;
    throw new Failure("persona.unknown_agent", {
      where: name,
      agent: name,
      agents: here.map(({ value }) => value.name).join(", "),
    });
  }

  return {
    all,
    async profileOf(name) {
      const { value, source } = await known(name);
      // The program is asked only where it matters.
      if (value.variants.length === 0) return value;
      const found = await programOf(value, source, env);
      return forVersion(value, found && (await programVersion(found, value, env)));
    },
    async program({ name, binary, install }) {
      const { value, source } = await known(name);
      const found = await programOf(value, source, env);
      if (found) return found;
      throw new Failure("persona.agent_not_installed", { persona: name, command: binary.command, install });
    },
  };
}
