/** The agents' profiles as the daemon asks for them: by name, for the version that is installed here. */
import { programOf } from "../../adapters/agents/installed.ts";
import { programVersion } from "../../adapters/agents/version.ts";
import { type AllProfiles, everyProfile, type ProfileFile } from "../../adapters/definitions/agent-profiles.ts";
import { type AgentProfile, forVersion, unsupportedBy } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import { KNOWN, PACKAGE_ROOT, type Surroundings } from "./surroundings.ts";

export interface Profiles {
  all(): Promise<AllProfiles>;
  /** Every agent that somebody may name, those that cannot be used now among them. */
  names(): Promise<readonly string[]>;
  /** As it is for the version that is installed now. Throws `Failure` `persona.unknown_agent`. */
  profileOf(name: string): Promise<AgentProfile>;
  /** What is odd about the version of it that is installed now. */
  remark(name: string): Promise<string | undefined>;
  /** The path of its program. Throws `Failure` `persona.agent_not_installed`. */
  program(profile: AgentProfile): Promise<string>;
}

export function profiles({ places, env }: Pick<Surroundings, "places" | "env">): Profiles {
  const all = everyProfile({ shipped: PACKAGE_ROOT, user: places.config, known: KNOWN });
  const last = new Map<string, ProfileFile>();

  /** A profile that somebody is just breaking stays what it was for sessions that live: their runs must not end by it. */
  async function known(name: string): Promise<ProfileFile> {
    const { good, broken } = await all();
    const wrong = broken.find((one) => one.name === name);
    const found = good.find(({ value }) => value.name === name) ?? (wrong && last.get(name));
    if (found) last.set(name, found);
    if (found) return found;
    if (wrong) throw wrong.error;
    throw new Failure("persona.unknown_agent", {
      where: name,
      agent: name,
      agents: good.map(({ value }) => value.name).join(", "),
    });
  }

  async function version({ value, source }: ProfileFile): Promise<string | undefined> {
    const found = await programOf(value, source, env);
    return found && programVersion(found, value, env);
  }

  return {
    all,
    names: async () => {
      const { good, broken } = await all();
      return [...good.map(({ value }) => value.name), ...broken.map(({ name }) => name)];
    },
    remark: async (name) => {
      const file = await known(name);
      const { title } = file.value;
      const here = file.value.versions === undefined ? undefined : await version(file);
      const versions = unsupportedBy(file.value, here);
      return versions === undefined
        ? undefined
        : `${title} ${here} is none of the versions that its profile is made for (${versions}): it may look different`;
    },
    async profileOf(name) {
      const file = await known(name);
      // The program is asked only where it matters.
      return file.value.variants.length === 0 ? file.value : forVersion(file.value, await version(file));
    },
    async program({ name, binary, install }) {
      const { value, source } = await known(name);
      const found = await programOf(value, source, env);
      if (found) return found;
      throw new Failure("persona.agent_not_installed", { persona: name, command: binary.command, install });
    },
  };
}
