/**
 * Template: a named, versioned workflow. Loaded from `templates/*.yaml`.
 *
 * Phases form a graph by `needs`. A phase runs as soon as everything it needs is accepted; a role does one phase at a time.
 * `repeat` makes a loop: its body is every phase between `from` and the repeating phase. Until the loop is satisfied,
 * no phase outside the body sees anything of it.
 */
import { z } from "zod";
import { CommandList } from "./model-agent.ts";
import { Duration, Reference, Slug, Version } from "./names.ts";

const ArtifactPath = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.json$/, "a plain file name that ends in .json");

const Argv = z.array(z.string().min(1).max(4_000)).min(1).max(100);

export const Role = z.strictObject({
  requires: z
    .array(Slug)
    .default([])
    .describe("Capabilities that a persona must have to take this role; any persona can when there are none"),
  diverseFrom: Slug.optional().describe("Another role whose model family this one must not share"),
  diversity: z
    .enum(["require", "warn"])
    .default("warn")
    .describe("What happens when no persona of another family is there"),
});
export type Role = z.infer<typeof Role>;

export const Repeat = z.strictObject({
  until: Reference.describe("The loop ends when the artifact satisfies this schema too"),
  from: Slug.describe("Where the loop goes back to"),
  max: z.int().min(1).max(100).default(5).describe("Rounds in all, the first one included"),
});

export const Phase = z
  .strictObject({
    id: Slug.describe("Its name, unique in the template"),
    title: z.string().max(100).optional().describe("What it is for people"),
    role: Slug.optional().describe("Who does it; or give `run`"),
    run: Argv.optional().describe("A command to run instead of an agent: program and arguments, no shell"),
    talk: z
      .literal(true)
      .optional()
      .describe(
        "A person talks with the role for as long as they like; the artifact is the record of that, made by devflow",
      ),
    needs: z.array(Slug).default([]).describe("Phases whose accepted artifacts this one reads"),
    produces: z.strictObject({
      schema: Reference.describe("The JSON Schema that the artifact must satisfy"),
      path: ArtifactPath.optional().describe("File name of the artifact; <phase>.json otherwise"),
    }),
    instructions: z.string().max(20_000).default("").describe("What the agent is told to do, after its persona's own"),
    commands: CommandList.optional().describe(
      "What a model agent may start here, of what its persona allows; all of that when left out",
    ),
    repairs: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe("How often an invalid artifact is sent back with the validator's errors"),
    approval: z
      .enum(["before", "after"])
      .optional()
      .describe("A person must agree before the phase starts, or before its artifact counts"),
    timeout: Duration.default("60m").describe(
      "An attempt fails when it takes longer: 90s, 30m, 2h; waiting for a person or a usage limit is not counted",
    ),
    repeat: Repeat.optional().describe("Makes a loop that ends with this phase"),
  })
  .refine((phase) => (phase.role === undefined) !== (phase.run === undefined), {
    message: "give either a role or a command to run",
    path: ["role"],
  })
  .refine(({ talk, role, repeat, approval }) => !talk || (role !== undefined && !repeat && !approval), {
    message: "a talk has a role, and neither repeat nor approval",
    path: ["talk"],
  });
export type Phase = z.infer<typeof Phase>;

export const Template = z
  .strictObject({
    name: Slug.describe("How `devflow run` refers to it"),
    version: Version,
    description: z.string().max(500).describe("One sentence for people"),
    roles: z.record(Slug, Role).default({}).describe("Role → what it asks for; phases name them"),
    phases: z.array(Phase).min(1).max(100).describe("The steps; `needs` decides what comes after what"),
  })
  .describe("A workflow of phases");
export type Template = z.infer<typeof Template>;

export const artifactName = (phase: Phase): string => phase.produces.path ?? `${phase.id}.json`;

export const phaseOf = (template: Template, id: string): Phase | undefined => template.phases.find((p) => p.id === id);

/** A run that is only talked in works beside others: nothing of it waits to be merged, and its branch is its own. */
export const isTalk = ({ phases }: Template): boolean => phases.every(({ talk }) => talk === true);

/** Every phase that `id` needs, directly or through others. */
export function ancestors(template: Template, id: string): Set<string> {
  const found = new Set<string>();
  const visit = (at: string): void => {
    for (const need of phaseOf(template, at)?.needs ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(id);
  return found;
}

/** The phases that run again when `phase` is not satisfied: everything from its `repeat.from` to itself, in template order. */
export function loopBody(template: Template, phase: Phase): string[] {
  const from = phase.repeat?.from;
  if (from === undefined) return [];
  const before = ancestors(template, phase.id);
  return template.phases
    .map(({ id }) => id)
    .filter((id) => id === phase.id || (before.has(id) && (id === from || ancestors(template, id).has(from))));
}
