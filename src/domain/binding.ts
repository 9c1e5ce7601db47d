/**
 * Binding: which persona takes which role in one run. Pure; what is installed is told by the caller.
 *
 * B1. What a person binds by hand wins; it must be able to do the role and be installed.
 * B2. Otherwise the best installed persona: fewest capabilities beyond what the role asks for, a terminal before a one-shot
 *     command before the Agent Client Protocol before a model behind an API, then by name. Scripted personas (fake, paper) only when no other can do it, and only when the caller allows them at all.
 * B3. `diverseFrom` is looked at across all roles together: the best choice of one role may be given up for another's.
 */
import { Failure } from "./failure.ts";
import { referenceOf } from "./names.ts";
import type { AdapterKind, Persona } from "./persona.ts";
import type { Role, Template } from "./template.ts";

export interface Candidate {
  persona: Persona;
  /** Why it cannot be used now; undefined when it can. */
  obstacle: Error | undefined;
}

export interface Binding {
  persona: Persona;
  why: string;
}

interface Option {
  persona: Persona;
  byHand: boolean;
  /** How many installed personas could have been taken. */
  among: number;
}

/** `overrides` maps a role to `name@version`, as in the candidates. */
export function bind(
  template: Template,
  candidates: readonly Candidate[],
  overrides: Readonly<Record<string, string>>,
  { allowPaper = false }: { allowPaper?: boolean } = {},
): { bindings: Record<string, Binding>; warnings: string[] } | Failure {
  for (const role of Object.keys(overrides)) {
    if (!(role in template.roles))
      return new Failure("binding.unknown_role", {
        template: referenceOf(template),
        role,
        roles: Object.keys(template.roles).join(", "),
      });
  }
  const options = new Map<string, Option[]>();
  for (const [name, role] of Object.entries(template.roles)) {
    const override = overrides[name];
    const found =
      override === undefined
        ? automatic(name, role, candidates, allowPaper)
        : byHand(name, role, candidates.find(({ persona }) => referenceOf(persona) === override) ?? override);
    if (found instanceof Failure) return found;
    options.set(name, found);
  }
  return describe(template, choose(template, options));
}

const lacking = (role: Role, persona: Persona): string[] =>
  role.requires.filter((capability) => !persona.capabilities.includes(capability));

function byHand(name: string, role: Role, candidate: Candidate | string): Option[] | Failure {
  if (typeof candidate === "string") return new Failure("definition.not_found", { kind: "persona", name: candidate });
  const { persona, obstacle } = candidate;
  const missing = lacking(role, persona);
  if (missing.length > 0)
    return new Failure("binding.not_capable", {
      persona: referenceOf(persona),
      role: name,
      missing: missing.join(", "),
    });
  if (obstacle) return obstacle instanceof Failure ? obstacle : new Failure("internal", { problem: obstacle.message });
  return [{ persona, byHand: true, among: 1 }];
}

function automatic(
  name: string,
  role: Role,
  candidates: readonly Candidate[],
  allowPaper: boolean,
): Option[] | Failure {
  const capable = candidates.filter(({ persona }) => lacking(role, persona).length === 0);
  const installed = capable.filter(({ obstacle }) => !obstacle);
  const genuine = installed.filter(({ persona }) => !scripted(persona));
  const usable = genuine.length === 0 && allowPaper ? installed : genuine;
  if (usable.length === 0) {
    const real = capable.filter(({ persona }) => !scripted(persona)).map(({ persona }) => referenceOf(persona));
    return new Failure("binding.no_candidate", {
      role: name,
      capabilities: role.requires.join(", ") || "nothing in particular",
      candidates: real.join(", ") || "(no persona can do it)",
    });
  }
  return usable
    .map(({ persona }) => ({ persona, byHand: false, among: usable.length }))
    .sort((a, b) => preference(role, a.persona, b.persona));
}

const scripted = ({ adapter, agent }: Persona): boolean => adapter === "fake" || agent === "paper";

const ADAPTER_ORDER: readonly AdapterKind[] = ["terminal", "headless", "acp", "agent", "fake"];

/** B2 as a sort order. */
function preference({ requires }: Role, a: Persona, b: Persona): number {
  const surplus = ({ capabilities }: Persona): number => new Set(capabilities).size - new Set(requires).size;
  return (
    surplus(a) - surplus(b) ||
    ADAPTER_ORDER.indexOf(a.adapter) - ADAPTER_ORDER.indexOf(b.adapter) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : b.version - a.version)
  );
}

type Choice = ReadonlyMap<string, Option>;

/** Pairs of roles that should not share a model family. */
const pairs = (template: Template): { role: string; other: string; required: boolean }[] =>
  Object.entries(template.roles).flatMap(([role, { diverseFrom, diversity }]) =>
    diverseFrom === undefined || !(diverseFrom in template.roles)
      ? []
      : [{ role, other: diverseFrom, required: diversity === "require" }],
  );

/**
 * The best choice of all roles together: fewest clashes that were forbidden, then fewest that were unwanted, then the best ranks.
 * A role with n pairs can be crowded out of at most n families, so its best n + 1 families are all that can matter.
 */
function choose(template: Template, options: ReadonlyMap<string, readonly Option[]>): Choice {
  const all = pairs(template);
  const roles = [...options].map(([role, found]) => {
    const count = all.filter((pair) => pair.role === role || pair.other === role).length;
    const families = [...new Map(found.toReversed().map((option) => [option.persona.family, option])).values()];
    return {
      role,
      found: families.sort((a, b) => found.indexOf(a) - found.indexOf(b)).slice(0, count + 1),
      ranks: found,
    };
  });
  let best: { cost: readonly number[]; choice: Choice } | undefined;
  const search = (at: number, choice: Choice, ranks: number): void => {
    const cost = [...clashes(all, choice), ranks];
    if (best && !less(cost, best.cost)) return; // further roles only add to it
    const next = roles[at];
    if (!next) {
      best = { cost, choice };
      return;
    }
    for (const option of next.found)
      search(at + 1, new Map([...choice, [next.role, option]]), ranks + next.ranks.indexOf(option));
  };
  search(0, new Map(), 0);
  return best?.choice ?? new Map();
}

const clash = (choice: Choice, { role, other }: { role: string; other: string }): boolean => {
  const [a, b] = [choice.get(role), choice.get(other)];
  return a !== undefined && b !== undefined && a.persona.family === b.persona.family;
};

function clashes(all: ReturnType<typeof pairs>, choice: Choice): [forbidden: number, unwanted: number] {
  const bad = all.filter((pair) => clash(choice, pair));
  const forbidden = bad.filter((pair) => pair.required).length;
  return [forbidden, bad.length - forbidden];
}

const less = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
};

function describe(
  template: Template,
  choice: Choice,
): { bindings: Record<string, Binding>; warnings: string[] } | Failure {
  const warnings: string[] = [];
  for (const pair of pairs(template).filter((each) => clash(choice, each))) {
    const { role, other, required } = pair;
    const family = choice.get(role)?.persona.family ?? "";
    // Somebody who binds both has seen both.
    const bothByHand = choice.get(role)?.byHand && choice.get(other)?.byHand;
    if (required && !bothByHand) return new Failure("binding.not_diverse", { role, other });
    warnings.push(
      bothByHand
        ? `${role} and ${other} are both bound to the model family ${family}; the template wants them to differ`
        : `${role} shares the model family ${family} with ${other}: no other choice of installed personas keeps them apart`,
    );
  }
  const bindings = [...choice].map(([role, { persona, byHand, among }]) => {
    const can = template.roles[role]?.requires.join(", ") ?? "";
    const other = template.roles[role]?.diverseFrom;
    const apart = other !== undefined && choice.get(other)?.persona.family !== persona.family;
    const best = among === 1 ? `the only installed persona that can ${can}` : `the best of ${among} that can ${can}`;
    const why = byHand ? "bound by hand" : `${best}${apart ? `, of another model family than ${other}` : ""}`;
    return [role, { persona, why }] as const;
  });
  return { bindings: Object.fromEntries(bindings), warnings };
}
