/** Checks of what people have written and agreed to: settings, agents, personas, templates, schemas, consent. */

import { unsupportedBy } from "../../domain/agent-profile.ts";
import type { MessageKey } from "../../messages/en.ts";
import { phrase, say } from "../../messages/say.ts";
import type { AgentProfile, Broken, Definition, Installed, Shelf } from "../compose/offers.ts";
import { type Check, type Finding, failed } from "./check.ts";

const PAPER = "paper";

export const settingsChecks: Readonly<Record<string, Check>> = {
  config: async ({ config, places }) => {
    await config(); // throws what is wrong with it, and where
    return { level: "ok", said: say("doctor.config.ok", { path: `${places.config}/devflow.yaml` }) };
  },

  consent: async ({ consent }) => {
    const state = await consent();
    if (state.kind === "given") {
      const { at, by } = state.consent;
      return { level: "ok", said: say("doctor.consent.ok", { by, day: new Date(at).toISOString().slice(0, 10) }) };
    }
    return { level: "warn", said: say(`doctor.consent.${state.kind}`), todo: say("doctor.consent.todo") };
  },

  agents: async ({ agents }) => {
    const shelf = await agents();
    const { good, broken } = await shelf.list();
    const real = good.filter(({ value }) => value.name !== PAPER);
    const found = await Promise.all(
      real.map(async ({ value, source }) => ({ profile: value, installed: await shelf.installed(value, source) })),
    );
    const here = found.filter(({ installed }) => installed.program !== undefined);
    const missing = found.filter(({ installed }) => installed.program === undefined).map(({ profile }) => profile.name);
    return [
      ...here.map(agentFinding),
      ...(here.length === 0
        ? [{ level: "warn" as const, said: say("doctor.agents.none"), todo: say("doctor.agents.todo") }]
        : []),
      ...(missing.length > 0 && here.length > 0
        ? [{ level: "ok" as const, said: say("doctor.agents.missing", { names: missing.join(", ") }) }]
        : []),
      ...broken.map(brokenFinding),
    ];
  },

  personas: async ({ definitions }) => shelfFindings((await definitions()).personas, "doctor.personas"),
  templates: async ({ definitions }) => shelfFindings((await definitions()).templates, "doctor.templates"),
  schemas: async ({ definitions }) => shelfFindings((await definitions()).schemas, "doctor.schemas"),
};

function agentFinding({ profile, installed }: { profile: AgentProfile; installed: Installed }): Finding {
  const { name } = profile;
  const version = installed.version ?? say("doctor.agent.version_unknown");
  if (installed.loggedIn === false)
    return {
      level: "warn",
      said: say("doctor.agent.logged_out", { name, version }),
      todo: say("doctor.agent.todo", { name, command: profile.binary.command }),
    };
  const versions = unsupportedBy(profile, installed.version);
  if (versions !== undefined)
    return {
      level: "warn",
      said: say("doctor.agent.unsupported", { name, version, versions }),
      todo: say("doctor.agent.unsupported_todo", { name }),
    };
  return { level: "ok", said: say("doctor.agent.ok", { name, version }) };
}

async function shelfFindings<T>(shelf: Shelf<T>, said: MessageKey): Promise<Finding[]> {
  const { good, broken } = await shelf.list();
  const odd = good.flatMap(({ warnings = [] }: Definition<T>) => warnings);
  return [
    { level: "ok", said: say(said, { count: good.length }) },
    ...odd.map((warning): Finding => ({ level: "warn", said: phrase(warning) })),
    ...broken.map(brokenFinding),
  ];
}

const brokenFinding = ({ error }: Broken): Finding => failed(error);
