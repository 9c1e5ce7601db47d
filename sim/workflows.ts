/** The workflow of a simulated run, drawn: one that `devflow templates validate` would take. */
import { Phase, type Template } from "../src/domain/template.ts";
import { checkTemplate } from "../src/domain/template-check.ts";
import type { JsonSchema } from "../src/ports/definitions.ts";
import { drawnTemplate, ROLES, type Sketch } from "../test/support/drawn-template.ts";
import { frozen } from "../test/support/frozen.ts";
import type { Dice } from "./dice.ts";

export { ROLES };

const schema = (name: string, more: object): JsonSchema => ({
  name,
  version: 1,
  description: name,
  schema: { type: "object", ...more },
});

export const SCHEMAS: readonly JsonSchema[] = frozen([
  schema("note", { required: ["note"] }),
  schema("approved", { required: ["note", "approved"] }),
  schema("result", { required: ["command", "passed"] }),
  schema("conversation", { required: ["turns"] }),
  schema("passed", { required: ["passed"], properties: { passed: { const: true } } }),
]);

/** Most of what can go wrong goes wrong between two phases; more of them make a run long, and few of them many runs. */
const PHASES = [1, 1, 1, 2, 2, 2, 2, 3, 3, 5];

/** Short enough that a stalled agent does not make a world long. */
const TIMEOUT = "40m";

/** One workflow in so many is a talk, as `devflow chat` begins it; one in as many begins with a talk, and goes on with what was said. */
const TALKS = 12;

export function workflow(dice: Dice): Template {
  const talk = dice.pick("talk", TALKS);
  const work = worked(dice);
  if (talk === 0) return { ...work, phases: [TALK] };
  if (talk > 1) return work;
  const [first, ...more] = work.phases.map(withoutLoop);
  return first ? { ...work, phases: [TALK, { ...first, needs: [TALK.id] }, ...more] } : work;
}

/** A loop may go back to a phase, and what was talked is no work to do again. */
const withoutLoop = ({ repeat: _, ...phase }: Phase): Phase => phase;

const TALK = Phase.parse({
  id: "talk",
  role: ROLES[0],
  talk: true,
  produces: { schema: "conversation@1" },
  timeout: TIMEOUT,
});

function worked(dice: Dice): Template {
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
