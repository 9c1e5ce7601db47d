import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bind, type Candidate } from "../../src/domain/binding.ts";
import { Failure } from "../../src/domain/failure.ts";
import { referenceOf } from "../../src/domain/names.ts";
import type { Persona } from "../../src/domain/persona.ts";
import { Template } from "../../src/domain/template.ts";
import { persona as made } from "../support/made.ts";

const persona = (name: string, capabilities: string[], more: Partial<Persona> = {}): Persona =>
  made(name, { capabilities, adapter: "terminal", agent: "codex", family: "openai", ...more });
const installed = (...personas: Persona[]): Candidate[] =>
  personas.map((each) => ({ persona: each, obstacle: undefined }));
const missing = (each: Persona): Candidate => ({
  persona: each,
  obstacle: new Failure("persona.agent_not_installed", {
    persona: referenceOf(each),
    command: "codex",
    install: "npm i",
  }),
});
const template = (roles: Record<string, unknown>): Template =>
  Template.parse({
    name: "t",
    version: 1,
    description: "",
    roles,
    phases: Object.keys(roles).map((role) => ({ id: role, role, produces: { schema: "note" } })),
  });
const AUTHOR = { author: { requires: ["specify"] } };
const PAIR = { author: { requires: ["write"] }, reviewer: { requires: ["review"], diverseFrom: "author" } };

function bound(result: ReturnType<typeof bind>): Record<string, string> {
  if (result instanceof Failure) throw result;
  return Object.fromEntries(Object.entries(result.bindings).map(([role, { persona: who }]) => [role, who.name]));
}
const failure = (result: ReturnType<typeof bind>): Failure => {
  if (!(result instanceof Failure)) throw new Error("it was bound");
  return result;
};

describe("a role that nobody bound by hand", () => {
  it("goes to the installed persona with the fewest capabilities beyond it", () => {
    const all = [
      ...installed(persona("all", ["specify", "plan", "review"])),
      ...installed(persona("exact", ["specify"])),
    ];
    expect(bound(bind(template(AUTHOR), all, {}))).toEqual({ author: "exact" });
  });

  it("prefers a terminal to a one-shot command, then the name, then the newest version", () => {
    const headless = persona("a-headless", ["specify"], { adapter: "headless" });
    const [b, c] = [persona("b", ["specify"]), persona("c", ["specify"])];
    const newer = persona("b", ["specify"], { version: 2 });
    const result = bind(template(AUTHOR), installed(headless, c, b, newer), {});
    if (result instanceof Failure) throw result;
    expect(result.bindings.author?.persona).toEqual(newer);
    expect(result.bindings.author?.why).toBe("the best of 4 that can specify");
  });

  it("never goes to one that is not installed, and the refusal names those that could do it", () => {
    const result = failure(bind(template(AUTHOR), [missing(persona("far", ["specify"]))], {}));
    expect(result.code).toBe("binding.no_candidate");
    expect(result.message).toBe("no installed persona can be author (it needs specify)");
    expect(result.hint).toContain("far@1");
  });

  it("goes to the paper agent only when that is allowed and no other can do it", () => {
    const paper = persona("a-paper", ["specify"], { agent: "paper", family: "paper" });
    expect(failure(bind(template(AUTHOR), installed(paper), {})).code).toBe("binding.no_candidate");
    expect(bound(bind(template(AUTHOR), installed(paper), {}, { allowPaper: true }))).toEqual({ author: "a-paper" });
    const all = installed(paper, persona("z", ["specify", "more"]));
    expect(bound(bind(template(AUTHOR), all, {}, { allowPaper: true }))).toEqual({ author: "z" });
  });
});

describe("a role that was bound by hand", () => {
  const other = persona("other", ["specify"]);

  it("goes to that persona, also when another fits better", () => {
    const all = installed(persona("wide", ["specify", "x"], { agent: "paper" }), other);
    expect(bound(bind(template(AUTHOR), all, { author: "wide@1" }))).toEqual({ author: "wide" });
  });

  it("is refused when the persona cannot do it, is not installed, or is not there", () => {
    const lame = persona("lame", ["plan"]);
    const all = [...installed(lame), missing(other)];
    expect(failure(bind(template(AUTHOR), all, { author: "lame@1" })).message).toBe(
      "persona lame@1 cannot be author: it lacks specify",
    );
    expect(failure(bind(template(AUTHOR), all, { author: "other@1" })).code).toBe("persona.agent_not_installed");
    expect(failure(bind(template(AUTHOR), all, { author: "none@1" })).code).toBe("definition.not_found");
    expect(failure(bind(template(AUTHOR), all, { authr: "lame@1" })).code).toBe("binding.unknown_role");
  });
});

describe("roles of different model families", () => {
  const openai = (name: string, ...can: string[]): Persona => persona(name, can);
  const google = (name: string, ...can: string[]): Persona => persona(name, can, { family: "google" });

  it("are kept apart even when that costs a role its best choice", () => {
    const all = installed(openai("a", "write"), google("b", "write", "x"), openai("c", "review"));
    const result = bind(template(PAIR), all, {});
    expect(bound(result)).toEqual({ author: "b", reviewer: "c" });
    expect(result).toMatchObject({ warnings: [] });
    expect(result).toMatchObject({
      bindings: {
        reviewer: { why: "the only installed persona that can review, of another model family than author" },
      },
    });
  });

  it("are only warned about by default, and required when the template says so", () => {
    const all = installed(openai("a", "write"), openai("c", "review"));
    expect(bind(template(PAIR), all, {})).toMatchObject({
      warnings: [
        "reviewer shares the model family openai with author: no other choice of installed personas keeps them apart",
      ],
    });
    const strict = template({ ...PAIR, reviewer: { ...PAIR.reviewer, diversity: "require" } });
    expect(failure(bind(strict, all, {})).code).toBe("binding.not_diverse");
    expect(failure(bind(strict, all, { author: "a@1" })).code).toBe("binding.not_diverse");
    expect(bind(strict, all, { author: "a@1", reviewer: "c@1" })).toMatchObject({
      warnings: ["reviewer and author are both bound to the model family openai; the template wants them to differ"],
    });
  });

  it("are found whenever any choice of personas keeps them apart, and then at the best ranks (every choice tried)", () => {
    const families = ["a", "b", "c"] as const;
    const worker = fc.record({
      family: fc.constantFrom(...families),
      can: fc.subarray(["r0", "r1", "r2", "r3"], { minLength: 1 }),
    });
    const partner = fc.option(fc.constantFrom("r0", "r1", "r2", "r3"));
    fc.assert(
      fc.property(
        fc.array(worker, { maxLength: 6 }),
        fc.tuple(partner, partner, partner, partner),
        (workers, partners) => {
          const roles = Object.fromEntries(
            partners.map((other, i) => [
              `r${i}`,
              {
                requires: [`r${i}`],
                ...(other !== null &&
                  other !== `r${i}` && { diverseFrom: other, diversity: i % 2 ? "require" : "warn" }),
              },
            ]),
          );
          const made = template(roles);
          const all = installed(...workers.map(({ family, can }, i) => persona(`p${i}`, can, { family })));
          const result = bind(made, all, {});
          const possible = cheapest(made, all);
          if (result instanceof Failure) {
            expect(result.code).toBe(possible === undefined ? "binding.no_candidate" : "binding.not_diverse");
            if (possible) expect(possible.forbidden).toBeGreaterThan(0);
          } else {
            expect(possible?.forbidden).toBe(0);
            expect(result.warnings).toHaveLength(possible?.unwanted ?? -1);
          }
        },
      ),
    );
  });
});

/** The fewest clashes that any choice has, by trying every one. */
function cheapest(made: Template, all: readonly Candidate[]): { forbidden: number; unwanted: number } | undefined {
  let choices: Persona[][] = [[]];
  for (const { requires } of Object.values(made.roles)) {
    const able = all
      .map(({ persona: who }) => who)
      .filter((who) => requires.every((c) => who.capabilities.includes(c)));
    choices = choices.flatMap((choice) => able.map((who) => [...choice, who]));
  }
  const names = Object.keys(made.roles);
  const costs = choices.map((choice) => {
    const family = (role: string): string | undefined => choice[names.indexOf(role)]?.family;
    const bad = Object.entries(made.roles).filter(
      ([role, { diverseFrom }]) => diverseFrom !== undefined && family(role) === family(diverseFrom),
    );
    const forbidden = bad.filter(([, { diversity }]) => diversity === "require").length;
    return { forbidden, unwanted: bad.length - forbidden };
  });
  return costs.sort((a, b) => a.forbidden - b.forbidden || a.unwanted - b.unwanted)[0];
}
