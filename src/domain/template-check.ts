/**
 * What a template must be beyond its shape: a graph that can be run to its end. Pure; whoever read the file adds the line.
 *
 * C1. A run of a template without errors can always go on: no phase waits for something that cannot come.
 * C2. Loops are either apart or one inside the other, so that "go round again" has one meaning.
 * C3. What comes out of a loop waits for its end: so loops that wait for each other's phases would wait for ever.
 */

import type { FailureCode, FailureParams } from "./failure.ts";
import { didYouMean } from "./nearest.ts";
import { ancestors, loopBody, type Phase, phaseOf, type Template } from "./template.ts";

export interface Problem {
  level: "error" | "warning";
  code: FailureCode;
  params: FailureParams;
  /** Where in the template, as keys and indexes. */
  path: readonly (string | number)[];
}

export function checkTemplate(template: Template): Problem[] {
  const graph = [...duplicates(template), ...needs(template), ...cycle(template)];
  // Loops are only meaningful on a graph that holds.
  return [...graph, ...roles(template), ...(graph.length === 0 ? loops(template) : [])];
}

const invalid = (path: Problem["path"], problem: string, level: Problem["level"] = "error"): Problem => ({
  level,
  code: "definition.invalid",
  params: { kind: "template", problem },
  path,
});

function duplicates({ phases }: Template): Problem[] {
  return phases.flatMap((phase, i) => {
    const before = phases.slice(0, i);
    if (before.some(({ id }) => id === phase.id))
      return [invalid(["phases", i, "id"], `there are two phases with the id ${phase.id}`)];
    const found: Problem[] = phase.needs.flatMap((need, n) =>
      phase.needs.indexOf(need) < n
        ? [invalid(["phases", i, "needs", n], `phase ${phase.id} needs ${need} twice`, "warning")]
        : [],
    );
    return found;
  });
}

function needs({ phases }: Template): Problem[] {
  const known = phases.map(({ id }) => id);
  return phases.flatMap((phase, i) =>
    phase.needs.flatMap((need, n): Problem[] =>
      known.includes(need)
        ? []
        : [
            {
              level: "error",
              code: "template.unknown_need",
              params: { phase: phase.id, need, phases: known.join(", ") },
              path: ["phases", i, "needs", n],
            },
          ],
    ),
  );
}

function cycle(template: Template): Problem[] {
  const round = wayRound(template, (id) => phaseOf(template, id)?.needs ?? []);
  if (!round) return [];
  const i = template.phases.findIndex((phase) => phase.id === round[0]);
  const n = template.phases[i]?.needs.indexOf(round[1] ?? "") ?? 0;
  const params = { cycle: round.join(" needs ") };
  return [{ level: "error", code: "template.cycle", params, path: ["phases", i, "needs", n] }];
}

/** The first way there is from a phase back to itself. */
function wayRound({ phases }: Template, next: (id: string) => readonly string[]): string[] | undefined {
  const done = new Set<string>();
  const walk = (id: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const need of next(id)) {
      const found = walk(need, [...way, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const { id } of phases) {
    const found = walk(id, []);
    if (found) return found;
  }
  return undefined;
}

function roles({ roles: all, phases }: Template): Problem[] {
  const known = Object.keys(all);
  const unknown = phases.flatMap((phase, i): Problem[] =>
    phase.role === undefined || known.includes(phase.role)
      ? []
      : [
          {
            level: "error",
            code: "template.unknown_role",
            params: { phase: phase.id, role: phase.role, roles: known.join(", ") || "none" },
            path: ["phases", i, "role"],
          },
        ],
  );
  const idle = known
    .filter((role) => !phases.some((phase) => phase.role === role))
    .map((role) => invalid(["roles", role], `no phase is given to the role ${role}`, "warning"));
  const strangers = Object.entries(all).flatMap(([role, { diverseFrom }]) =>
    diverseFrom === undefined || known.includes(diverseFrom)
      ? []
      : [
          invalid(
            ["roles", role, "diverseFrom"],
            `${role} is to differ from ${diverseFrom}, which is not a role${didYouMean(
              diverseFrom,
              known.filter((other) => other !== role),
            )}`,
          ),
        ],
  );
  return [...unknown, ...idle, ...strangers, ...circularDiversity(all)];
}

/** One direction is enough to keep two roles apart; both would only be a slip. */
function circularDiversity(all: Template["roles"]): Problem[] {
  for (const role of Object.keys(all)) {
    const way = [role];
    for (let at = all[role]?.diverseFrom; at !== undefined && way.length <= 100; at = all[at]?.diverseFrom) {
      way.push(at);
      if (at === role)
        return [invalid(["roles", role, "diverseFrom"], `diverseFrom goes in a circle: ${way.join(" from ")}`)];
    }
  }
  return [];
}

function loops(template: Template): Problem[] {
  const { phases } = template;
  const bad = (i: number, phase: Phase, problem: string): Problem => ({
    level: "error",
    code: "template.bad_loop",
    params: { phase: phase.id, from: phase.repeat?.from ?? "", problem },
    path: ["phases", i, "repeat", "from"],
  });
  const found: Problem[] = [];
  const bodies: { phase: Phase; body: string[] }[] = [];
  for (const [i, phase] of phases.entries()) {
    if (!phase.repeat) continue;
    const { from } = phase.repeat;
    if (!phaseOf(template, from)) {
      found.push(
        bad(
          i,
          phase,
          `there is no phase ${from}${didYouMean(
            from,
            phases.map(({ id }) => id),
          )}`,
        ),
      );
      continue;
    }
    if (from !== phase.id && !ancestors(template, phase.id).has(from)) {
      found.push(bad(i, phase, `${phase.id} does not need ${from}`));
      continue;
    }
    const body = loopBody(template, phase);
    const crossed = bodies.find((other) => crosses(body, other.body));
    if (crossed)
      found.push(bad(i, phase, `its loop and that of ${crossed.phase.id} overlap, and neither is inside the other`));
    bodies.push({ phase, body });
  }
  return found.length > 0 ? found : waitingLoops(template, bodies, bad);
}

/** C3 */
function waitingLoops(
  template: Template,
  bodies: readonly { phase: Phase; body: readonly string[] }[],
  bad: (i: number, phase: Phase, problem: string) => Problem,
): Problem[] {
  const round = wayRound(template, (id) => {
    const needs = phaseOf(template, id)?.needs ?? [];
    const left = bodies.filter(({ body }) => !body.includes(id) && needs.some((need) => body.includes(need)));
    return [...needs, ...left.map(({ phase }) => phase.id)];
  });
  const i = template.phases.findIndex(({ id, repeat }) => repeat && round?.includes(id));
  const phase = template.phases[i];
  return round && phase ? [bad(i, phase, `loops would wait for each other: ${round.join(" waits for ")}`)] : [];
}

const crosses = (a: readonly string[], b: readonly string[]): boolean => {
  const shared = a.filter((id) => b.includes(id)).length;
  return shared > 0 && shared < a.length && shared < b.length;
};
