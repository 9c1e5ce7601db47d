import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAILURES, sentence } from "../../src/domain/failure.ts";
import { nearest } from "../../src/domain/nearest.ts";
import { Template } from "../../src/domain/template.ts";
import { checkTemplate } from "../../src/domain/template-check.ts";
import { template } from "../support/made.ts";

const said = (made: Template): string[] =>
  checkTemplate(made).map(
    ({ level, code, params, path }) =>
      `${level} ${path.join(".")}${sentence(FAILURES[code].text, { ...params, where: "" })}`,
  );
const repeat = (from: string) => ({ repeat: { until: "ok@1", from, max: 3 } });

describe("a template", () => {
  it("without faults has none", () => {
    const made = template({
      a: {},
      b: { needs: ["a"] },
      c: { needs: ["a", "b"], ...repeat("b") },
      d: { needs: ["c"] },
    });
    expect(said(made)).toEqual([]);
  });

  it("that needs what nobody produces is told which phases there are", () => {
    expect(said(template({ a: {}, b: { needs: ["a", "x"] } }))).toEqual([
      "error phases.1.needs.1: phase b needs x, which no phase produces",
    ]);
  });

  it("whose phases form a cycle is shown the whole way round", () => {
    const made = template({ z: {}, a: { needs: ["z", "c"] }, b: { needs: ["a"] }, c: { needs: ["b"] } });
    expect(said(made)).toEqual(["error phases.1.needs.1: the phases form a cycle: a needs c needs b needs a"]);
    expect(said(template({ a: { needs: ["a"] } }))).toEqual([
      "error phases.0.needs.0: the phases form a cycle: a needs a",
    ]);
  });

  it("with two phases of one id is refused", () => {
    const { phases, ...rest } = template({ a: {} });
    expect(said(Template.parse({ ...rest, phases: [...phases, ...phases] }))).toEqual([
      "error phases.1.id: there are two phases with the id a",
    ]);
  });

  it("is told about roles that are unknown, unused, or differ from nobody", () => {
    const made = template({ a: { role: "writer" }, b: { run: ["true"] } });
    const roles = { write: { requires: ["x"], diverseFrom: "writr", diversity: "warn" as const } };
    expect(said({ ...made, roles })).toEqual([
      "error phases.0.role: phase a is given to writer, which is not a role",
      "warning roles.write: no phase is given to the role write",
      "error roles.write.diverseFrom: write is to differ from writr, which is not a role",
    ]);
    const circle = Template.parse({
      ...template({ a: {}, b: {} }),
      roles: { a: { requires: ["x"], diverseFrom: "b" }, b: { requires: ["x"], diverseFrom: "a" } },
    });
    expect(said(circle)).toEqual(["error roles.a.diverseFrom: diverseFrom goes in a circle: a from b from a"]);
  });
});

describe("a loop", () => {
  it("may go back only to a phase that it comes from", () => {
    const made = template({
      a: {},
      side: {},
      b: { needs: ["a"], ...repeat("side") },
      c: { needs: ["a"], ...repeat("q") },
    });
    expect(said(made)).toEqual([
      "error phases.2.repeat.from: phase b cannot repeat from side: b does not need side",
      "error phases.3.repeat.from: phase c cannot repeat from q: there is no phase q",
    ]);
  });

  it("may be inside another one, or apart from it, but not across it", () => {
    const chain = (b: object, c: object, d: object) =>
      template({ a: {}, b: { needs: ["a"], ...b }, c: { needs: ["b"], ...c }, d: { needs: ["c"], ...d } });
    expect(said(chain({}, repeat("b"), repeat("a")))).toEqual([]);
    expect(said(chain(repeat("a"), {}, repeat("c")))).toEqual([]);
    expect(said(chain({}, repeat("a"), repeat("b")))).toEqual([
      "error phases.3.repeat.from: phase d cannot repeat from b: its loop and that of c overlap, and neither is inside the other",
    ]);
  });
});

it("Loops that wait for each other's phases are refused: each would wait for the other's end", () => {
  const made = template({
    a: {},
    b: {},
    left: { needs: ["a", "b"], ...repeat("a") },
    right: { needs: ["a", "b"], ...repeat("b") },
  });
  expect(said(made)).toEqual([
    "error phases.2.repeat.from: phase left cannot repeat from a: loops would wait for each other: left waits for right waits for left",
  ]);
  const after = template({ a: {}, b: {}, left: { needs: ["a", "b"], ...repeat("a") }, end: { needs: ["a", "left"] } });
  expect(said(after)).toEqual([]);
});

it("A graph is called free of cycles exactly when its phases can be put in an order", () => {
  const ids = ["a", "b", "c", "d", "e"];
  fc.assert(
    fc.property(fc.array(fc.subarray(ids), { minLength: 5, maxLength: 5 }), (all) => {
      const made = template(Object.fromEntries(ids.map((id, i) => [id, { needs: all[i] ?? [] }])));
      let left = ids;
      for (let before = -1; before !== left.length; ) {
        before = left.length;
        left = left.filter((id) => (all[ids.indexOf(id)] ?? []).some((need) => left.includes(need)));
      }
      const cycles = checkTemplate(made).filter(({ code }) => code === "template.cycle");
      expect(cycles).toHaveLength(left.length === 0 ? 0 : 1);
      const way = String(cycles[0]?.params.cycle ?? "").split(" needs ");
      if (cycles.length > 0) {
        expect(way[0]).toBe(way.at(-1));
        for (const [i, id] of way.slice(0, -1).entries()) expect(all[ids.indexOf(id)]).toContain(way[i + 1]);
      }
    }),
  );
});

it("A misspelt name is recognised, another word is not", () => {
  const known = ["needs", "produces", "approval", "instructions"];
  expect(["need", "prodcues", "aproval", "Instructions", "zebra", "x"].map((name) => nearest(name, known))).toEqual([
    "needs",
    "produces",
    "approval",
    "instructions",
    undefined,
    undefined,
  ]);
});
