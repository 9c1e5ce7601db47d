/**
 * Model agents: personas that are a model behind an API. Each session is a process of its own, with devflow's tools, that
 * works in the run's worktree; everything that is known of it stands in its folder, and outlives process and daemon.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { SessionId } from "../../domain/ids.ts";
import { systemText } from "../../domain/model-prompt.ts";
import { referenceOf } from "../../domain/names.ts";
import { apiOf } from "../../domain/persona.ts";
import type { Price } from "../../domain/price.ts";
import { accountOf, type Provider } from "../../domain/provider.ts";
import type { Redact } from "../../domain/redact.ts";
import type { AgentAdapter, AgentSession, AgentSpec, Say } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { Spending } from "../../ports/spending.ts";
import { childEnv } from "./child-env.ts";
import type { ChildProgram } from "./child-link.ts";
import { CLOSED, isThere, modelSession } from "./model-session.ts";
import { Start } from "./session-protocol.ts";

export interface ModelAgentsOptions {
  clock: Clock;
  /** The daemon's environment: a session gets only what its persona names. */
  env: Readonly<Record<string, string | undefined>>;
  /** A folder of this devflow home; each session has a folder in it, kept when it is closed. */
  stateDirectory: string;
  program: ChildProgram;
  providers: Readonly<Record<string, Provider>>;
  /** A secret by its name, where there is one. */
  secretOf(name: string): Promise<string | undefined>;
  /** What is known of a model. */
  known(model: string): Pick<Price, "contextTokens" | "maxOutputTokens"> | undefined;
  spending: Spending;
  endProcesses: EndProcesses;
  trouble(session: string, problem: string): void;
  /** Takes secrets out of what is kept of a session once it is closed. */
  redact?: Redact;
  /** What is said in talks, while it is said. */
  say?: Say;
  /** The process of a session is given the key of this name. */
  handed?(name: string, spec: AgentSpec): void;
  /** How patient sessions are with their provider; as the protocol has it when left out. */
  patience?: Partial<Start["patience"]>;
  restarts?: number;
}

/** A process that reads a long conversation on a loaded machine. */
const START_MS = 60_000;

/** A crash that comes back this often in a row comes from what the session holds. */
const RESTARTS = 3;

export function modelAgents(options: ModelAgentsOptions): AgentAdapter {
  const { stateDirectory } = options;
  const living = new Map<SessionId, Promise<AgentSession>>();

  /** One object a session: two would each have a process. */
  function enter(spec: AgentSpec): Promise<AgentSession> {
    const before = living.get(spec.session);
    if (before) return before;
    const arrival = build(spec);
    living.set(spec.session, arrival);
    arrival.catch(() => living.delete(spec.session));
    return arrival;
  }

  async function build(spec: AgentSpec): Promise<AgentSession> {
    const { provider, key } = await accessOf(spec, options);
    const { clock, env, program, spending, endProcesses, restarts = RESTARTS } = options;
    if (provider.key !== undefined) options.handed?.(provider.key, spec);
    return modelSession({
      spec,
      start: startOf(spec, provider, join(stateDirectory, spec.session), options),
      free: provider.free,
      env: childEnv(spec, env),
      ...(key !== undefined && { key }),
      program,
      spending,
      clock,
      endProcesses,
      startMs: START_MS,
      restarts,
      trouble: (problem) => options.trouble(spec.session, problem),
      ...(options.redact && { redact: options.redact }),
      say: (saying) => options.say?.(spec, saying),
      gone: () => living.delete(spec.session),
    });
  }

  return {
    async open(spec) {
      await accessOf(spec, options); // throws before anything is made
      const folder = join(stateDirectory, spec.session);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await rm(join(folder, CLOSED), { force: true });
      return enter(spec);
    },
    async adopt(spec) {
      const folder = join(stateDirectory, spec.session);
      const open = (await isThere(folder)) && !(await isThere(join(folder, CLOSED)));
      return open ? enter(spec) : undefined;
    },
  };
}

/** Where a persona's model is, and what opens it. Throws `Failure` when something is missing. */
async function accessOf(
  { persona }: AgentSpec,
  { providers, secretOf }: Pick<ModelAgentsOptions, "providers" | "secretOf">,
): Promise<{ provider: Provider; key: string | undefined }> {
  const where = referenceOf(persona);
  const name = apiOf(persona).provider;
  const provider = providers[name];
  if (!provider) {
    const known = Object.keys(providers).join(", ");
    throw new Failure("persona.unknown_provider", { persona: where, provider: name, providers: known });
  }
  if (persona.model === undefined) throw new Failure("persona.no_model", { persona: where });
  const key = provider.key === undefined ? undefined : await secretOf(provider.key);
  if (provider.key !== undefined && !key)
    throw new Failure("persona.no_key", { persona: where, provider: name, variable: provider.key });
  return { provider, key };
}

/** The context that is supposed where nobody knows better. */
const CONTEXT_TOKENS = 128_000;

function startOf(spec: AgentSpec, provider: Provider, folder: string, options: ModelAgentsOptions): Start {
  const { session, run, role, persona, cwd, talks = false } = spec;
  const { tools, commands, limits } = apiOf(persona);
  const model = persona.model ?? "";
  const { contextTokens, maxOutputTokens } = options.known(model) ?? {};
  return Start.parse({
    t: "start",
    session,
    run,
    role,
    persona: referenceOf(persona),
    cwd,
    folder,
    baseUrl: provider.baseUrl,
    account: accountOf(provider),
    model,
    headers: provider.headers,
    system: systemText({ persona, role, tools, talks }),
    tools: [...new Set([...tools, "complete"])],
    commands,
    limits,
    contextTokens: limits.contextTokens ?? contextTokens ?? CONTEXT_TOKENS,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(options.patience && { patience: options.patience }),
  });
}
