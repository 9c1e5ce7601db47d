/** The workflow of a simulated run, drawn: one that `devflow templates validate` would take. */
import type { Phase, Template } from "../src/domain/template.ts";
import { checkTemplate } from "../src/domain/template-check.ts";
import type { JsonSchema } from "../src/ports/definitions.ts";
import { drawnTemplate, ROLES, type Sketch } from "../test/support/drawn-template.ts";
import type { Dice } from "./dice.ts";

export { ROLES };

const schema = (name: string, more: object): JsonSchema => ({
  name,
  version: 1,
  description: name,
  schema: { type: "object", ...more },
});

export const SCHEMAS: readonly JsonSchema[] = [
  schema("note", { required: ["note"] }),
  schema("approved", { required: ["note", "approved"] }),
  schema("result", { required: ["command", "passed"] }),
  schema("passed", { required: ["passed"], properties: { passed: { const: true } } }),
];

/** Most of what can go wrong goes wrong between two phases; more of them make a run long, and few of them many runs. */
const PHASES = [1, 1, 1, 2, 2, 2, 2, 3, 3, 5];

/** Short enough that a stalled agent does not make a world long. */
const TIMEOUT = "40m";

export function workflow(dice: Dice): Template {
  for (let attempt = 0; ; attempt += 1) {
    const template = drawn(dice, attempt);
    if (checkTemplate(template).every(({ level }) => level === "warning")) return template;
  }
}

function drawn(dice: Dice, attempt: number): Template {
  const phases = PHASES[dice.pick(`phases ${attempt}`, PHASES.length)] ?? 1;
  const sketches = Array.from({ length: phases }, (_, at): Sketch => {
    const pick = (what: string, sides: number): number => dice.pick(`${attempt}/${at}/${what}`, sides);
    return {
      role: pick("command", 5) === 0 ? undefined : ROLES[pick("role", ROLES.length)],
      // A graph that hangs together: most phases need the one before.
      needs:
        at === 0
          ? []
          : [...(pick("line", 4) > 0 ? [at - 1] : []), ...(pick("more", 3) === 0 ? [pick("need", at)] : [])],
      approval: ([undefined, undefined, undefined, "before", "after"] as const)[pick("approval", 5)],
      repairs: pick("repairs", 3),
      repeat: pick("repeats", 4) === 0 ? { from: pick("from", at + 1), max: 1 + pick("max", 3) } : undefined,
    };
  });
  const template = drawnTemplate(sketches, "approved@1");
  return { ...template, phases: template.phases.map(finished) };
}

/** A command's result is another document than what an agent writes. */
function finished(phase: Phase): Phase {
  if (!phase.run) return { ...phase, timeout: TIMEOUT };
  const repeat = phase.repeat && { repeat: { ...phase.repeat, until: "passed@1" } };
  return { ...phase, timeout: TIMEOUT, produces: { schema: "result@1" }, ...repeat };
}
