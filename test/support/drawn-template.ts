/** Templates from drawn numbers: phases that need earlier ones, of few roles, with gates, repairs and loops where they fit. */
import { ancestors, Phase, Template } from "../../src/domain/template.ts";
import { frozen } from "./frozen.ts";

/** A phase in numbers; what it needs and goes back to is taken among the phases before it. */
export interface Sketch {
  role: string | undefined;
  needs: number[];
  approval: "before" | "after" | undefined;
  repairs: number;
  repeat: { from: number; max: number } | undefined;
}

export const ROLES = ["red", "green", "blue"] as const;

/** `until` is the schema that ends a loop. It may be one that `checkTemplate` refuses: loops can overlap. */
export function drawnTemplate(sketches: readonly Sketch[], until = "note@1"): Template {
  const bare = sketches.map(({ role, needs, approval, repairs }, at) => ({
    id: `p${at}`,
    ...(role === undefined ? { run: ["true"] } : { role }),
    needs: [...new Set(needs.filter((need) => need < at))].map((need) => `p${need}`),
    produces: { schema: "note@1" },
    repairs,
    ...(approval && { approval }),
  }));
  const plain = { ...EMPTY, phases: bare.map(whole) };
  const phases = plain.phases.map((phase, at) => {
    const repeat = sketches[at]?.repeat;
    const from = `p${(repeat?.from ?? 0) % (at + 1)}`;
    const fits = repeat && (from === phase.id || ancestors(plain, phase.id).has(from));
    return fits ? { ...phase, repeat: { until, from, max: repeat.max } } : phase;
  });
  return { ...plain, phases };
}

const EMPTY = frozen(
  Template.omit({ phases: true }).parse({
    name: "drawn",
    version: 1,
    description: "drawn for a test",
    roles: Object.fromEntries(ROLES.map((role) => [role, { requires: ["work"] }])),
  }),
);

/** Simulations draw the same few hundred phases over and over: each is made whole once. */
const drawn = new Map<string, Phase>();

function whole(bare: object): Phase {
  const key = JSON.stringify(bare);
  const phase = drawn.get(key) ?? frozen(Phase.parse(bare));
  drawn.set(key, phase);
  return phase;
}
