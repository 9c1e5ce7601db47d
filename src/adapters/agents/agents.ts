/** Which adapter drives which persona, and what stands in the way of one. */
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import type { AdapterKind, Persona } from "../../domain/persona.ts";
import type { AgentAdapter, Agents } from "../../ports/agent.ts";
import { type Environment, programOf, seemsLoggedIn } from "./installed.ts";

/** A profile with the file that it was read from: relative programs are found from there. */
export interface KnownProfile {
  value: AgentProfile;
  source: string;
}

export interface AgentsOptions {
  adapters: Partial<Record<AdapterKind, AgentAdapter>>;
  profiles(): Promise<readonly KnownProfile[]>;
  env: Environment;
}

export function agents({ adapters, profiles, env }: AgentsOptions): Agents {
  return {
    for: ({ adapter, name }) => {
      const found = adapters[adapter];
      if (found) return found;
      throw new Failure("persona.unknown_adapter", {
        where: name,
        adapter,
        adapters: Object.keys(adapters).join(", "),
      });
    },
    obstacle: async (persona, byName) => {
      const adapter = adapters[persona.adapter];
      const where = referenceOf(persona);
      if (!adapter) {
        const known = Object.keys(adapters).join(", ");
        return new Failure("persona.unknown_adapter", { where, adapter: persona.adapter, adapters: known });
      }
      return persona.adapter === "fake" ? undefined : missing(persona, byName, await profiles(), env);
    },
  };
}

async function missing(
  persona: Persona,
  byName: boolean,
  profiles: readonly KnownProfile[],
  env: Environment,
): Promise<Failure | undefined> {
  const where = referenceOf(persona);
  const profile = profiles.find(({ value }) => value.name === persona.agent);
  if (!profile) {
    const known = profiles.map(({ value }) => value.name).join(", ");
    return new Failure("persona.unknown_agent", { where, agent: persona.agent ?? "(none)", agents: known });
  }
  const { binary, install } = profile.value;
  if (!(await programOf(profile.value, profile.source, env))) {
    return new Failure("persona.agent_not_installed", { persona: where, command: binary.command, install });
  }
  if (!byName && !(await seemsLoggedIn(profile.value, env))) {
    return new Failure("persona.not_logged_in", { persona: where, command: binary.command });
  }
  return undefined;
}
