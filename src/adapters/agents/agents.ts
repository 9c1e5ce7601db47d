/** Which adapter drives which persona, and what stands in the way of one. */
import { type AgentProfile, unsupportedBy } from "../../domain/agent-profile.ts";
import { Failure } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import { type AdapterKind, apiOf, type Persona } from "../../domain/persona.ts";
import type { Provider } from "../../domain/provider.ts";
import type { AgentAdapter, Agents } from "../../ports/agent.ts";
import { type Environment, programOf, seemsLoggedIn } from "./installed.ts";
import { programVersion } from "./version.ts";

/** A profile with the file that it was read from: relative programs are found from there. */
export interface KnownProfile {
  value: AgentProfile;
  source: string;
}

export interface KnownProfiles {
  good: readonly KnownProfile[];
  /** Those that cannot be used, and why: only their own agents are refused. */
  broken: readonly { name: string; error: Error }[];
}

export interface AgentsOptions {
  adapters: Partial<Record<AdapterKind, AgentAdapter>>;
  profiles(): Promise<KnownProfiles>;
  /** What becomes of an agent in a version that its profile is not made for. */
  unsupportedVersion?: "warn" | "refuse";
  env: Environment;
  /** Where the models of adapter `agent` are served. */
  providers: Readonly<Record<string, Provider>>;
  /** A secret by its name, where there is one. */
  secretOf(name: string): Promise<string | undefined>;
  /** Whether anybody listens at the address of a provider. */
  answers(url: string): Promise<boolean>;
}

export function agents(options: AgentsOptions): Agents {
  const { adapters } = options;
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
      if (persona.adapter === "fake") return undefined;
      if (persona.adapter === "agent") return unserved(persona, byName, options);
      return missing(persona, byName, options);
    },
    remarks: async (persona) => {
      const profile = (await options.profiles()).good.find(({ value }) => value.name === persona.agent);
      const failure = profile && (await unsupported(persona, profile, options.env));
      return failure ? [failure.message] : [];
    },
  };
}

/** The version that is installed is none that its profile is made for. */
async function unsupported(
  persona: Persona,
  { value: profile, source }: KnownProfile,
  env: Environment,
): Promise<Failure | undefined> {
  const program = profile.versions === undefined ? undefined : await programOf(profile, source, env);
  const version = program && (await programVersion(program, profile, env));
  const versions = unsupportedBy(profile, version);
  if (version === undefined || versions === undefined) return undefined;
  return new Failure("persona.agent_unsupported", {
    ...{ persona: referenceOf(persona), agent: profile.title, version, versions },
  });
}

async function missing(
  persona: Persona,
  byName: boolean,
  { profiles, env, secretOf, unsupportedVersion }: AgentsOptions,
): Promise<Error | undefined> {
  const where = referenceOf(persona);
  const { good, broken } = await profiles();
  const wrong = broken.find(({ name }) => name === persona.agent);
  if (wrong) return wrong.error;
  const profile = good.find(({ value }) => value.name === persona.agent);
  if (!profile) {
    const known = good.map(({ value }) => value.name).join(", ");
    return new Failure("persona.unknown_agent", { where, agent: persona.agent ?? "(none)", agents: known });
  }
  const { binary, install } = profile.value;
  if (!(await programOf(profile.value, profile.source, env))) {
    return new Failure("persona.agent_not_installed", { persona: where, command: binary.command, install });
  }
  const kept = await Promise.all(loginKeys(persona, profile.value).map(secretOf));
  if (!byName && !kept.some(Boolean) && !(await seemsLoggedIn(profile.value, env))) {
    return new Failure("persona.not_logged_in", { persona: where, command: binary.command });
  }
  return unsupportedVersion === "refuse" ? unsupported(persona, profile, env) : undefined;
}

/** The keys that it is given, and that stand for a login of its agent. */
const loginKeys = ({ env }: Persona, { login }: AgentProfile): string[] =>
  env.filter((name) => login?.env.includes(name));

/** Why no model can be called for it. A server of one's own that is down is no obstacle for somebody who names it: it may come up. */
async function unserved(
  persona: Persona,
  byName: boolean,
  { providers, secretOf, answers }: AgentsOptions,
): Promise<Failure | undefined> {
  const where = referenceOf(persona);
  if (persona.model === undefined) return new Failure("persona.no_model", { persona: where });
  const name = apiOf(persona).provider;
  const provider = providers[name];
  if (!provider) {
    const known = Object.keys(providers).join(", ");
    return new Failure("persona.unknown_provider", { persona: where, provider: name, providers: known });
  }
  const { key, baseUrl } = provider;
  if (key !== undefined && !(await secretOf(key))) {
    return new Failure("persona.no_key", { persona: where, provider: name, variable: key });
  }
  if (key !== undefined || byName || (await answers(baseUrl))) return undefined;
  return new Failure("persona.no_server", { persona: where, provider: name, url: baseUrl });
}
