/** Persona: a named, versioned worker. Loaded from `personas/*.yaml`. */
import { z } from "zod";
import { ModelAgent } from "./model-agent.ts";
import { Slug, Version } from "./names.ts";
import { Permissions } from "./permission.ts";

export const AdapterKind = z.enum(["terminal", "headless", "acp", "agent", "fake"]);
export type AdapterKind = z.infer<typeof AdapterKind>;

export const Persona = z
  .strictObject({
    name: Slug.describe("How templates and --bind refer to it"),
    version: Version,
    description: z.string().max(500).describe("One sentence for people"),
    capabilities: z.array(Slug).min(1).describe("What it can do: a role asks for these"),
    adapter: AdapterKind.describe(
      "terminal: its TUI in a pane; headless: its one-shot command; acp: the Agent Client Protocol, without a terminal; agent: a model behind an API, with devflow's own tools; fake: scripted, in process",
    ),
    agent: Slug.optional().describe("Which agents/*.yaml drives it; required by terminal, headless and acp"),
    model: z
      .string()
      .max(200)
      .optional()
      .describe("The model the agent is told to use; the agent's own default otherwise"),
    family: Slug.describe("The model family, for diverseFrom: openai, anthropic, google, …"),
    api: ModelAgent.optional().describe(
      "For adapter agent: where its model is, what it may do, and where it has to stop. Of it, commands count for adapter acp too: what it may start without being asked about",
    ),
    instructions: z.string().max(20_000).default("").describe("Put before every prompt of this persona"),
    args: z.array(z.string().max(2_000)).max(50).default([]).describe("Further arguments for the agent's command line"),
    env: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
      .max(50)
      .default([])
      .describe(
        "Names of the variables that its session gets from the daemon's environment, and of keys that are kept elsewhere; nothing else is passed on",
      ),
    permissions: Permissions.optional().describe(
      "How its agent's permission dialogs are answered; a person is asked about each when left out",
    ),
  })
  .describe("Who does the work in a role");
export type Persona = z.infer<typeof Persona>;

/** How a persona that is a model works, where it says nothing of it too. */
export const apiOf = ({ api }: Pick<Persona, "api">): ModelAgent => api ?? ModelAgent.parse({});
