/** Fitting without a parse: a yes is never more than the schema's own, and what devflow writes gets one. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { world } from "../../sim/world.ts";
import { RunEvent } from "../../src/domain/event.ts";
import { fits } from "../../src/domain/fits.ts";

const WORLDS = 40;

/** What may be in place of any value. */
const OTHERS: readonly unknown[] = [undefined, null, "", "Ünsinn @", -1, 0.5, Number.NaN, 1e300, true, [], {}, [[]]];

/** A value with one thing in it changed: each part put in place of by something else, one left out, one more. */
function* changed(value: unknown): Generator<unknown> {
  yield* OTHERS;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [at, part] of value.entries()) for (const other of changed(part)) yield value.with(at, other);
    yield [...value, ...value, {}];
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    const { [name]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
    for (const other of changed(part)) yield { ...value, [name]: other };
  }
  yield { ...value, more: 1 };
}

describe("an event", () => {
  test("of every kind that a simulation comes to fits as it stands, and changed never without its schema", async () => {
    const first = new Map<string, RunEvent>();
    for (let number = 0; number < WORLDS; number += 1)
      for (const { event } of (await world({ seed: 5, number })).log) {
        expect({ event, fits: fits(RunEvent, event) }).toEqual({ event, fits: true });
        if (!first.has(event.type)) first.set(event.type, event);
      }
    expect(first.size).toBeGreaterThan(25);
    let refused = 0;
    for (const event of first.values())
      for (const other of changed(event)) {
        if (fits(RunEvent, other)) expect(RunEvent.safeParse(other)).toMatchObject({ success: true });
        else refused += 1;
      }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe("a value", () => {
  const shape = z
    .strictObject({
      id: z
        .string()
        .max(4)
        .regex(/^[a-z]+$/),
      count: z.int().min(1).lt(9).optional(),
      list: z.array(z.union([z.string(), z.number()])).min(1),
      kind: z.enum(["a", "b"]).default("a"),
      by: z.record(z.string().max(2), z.boolean().nullable()).default({}),
    })
    .refine(({ id, kind }) => id !== kind);
  const good = { id: "x", list: [1], kind: "a", by: { y: null } };

  test.each([
    ["good", good, true],
    ["with a number that is too small", { ...good, count: 0 }, false],
    ["with a number that is too large", { ...good, count: 9 }, false],
    ["with a part of a number", { ...good, count: 1.5 }, false],
    ["with a text that is too long", { ...good, id: "abcde" }, false],
    ["with a text of another form", { ...good, id: "X" }, false],
    ["with a list that is too short", { ...good, list: [] }, false],
    ["with a name that is too long", { ...good, by: { yyy: true } }, false],
    ["with one thing more", { ...good, more: 1 }, false],
    ["that its own condition refuses", { ...good, id: "a" }, false],
    ["that would get a default", { id: "x", list: [1] }, false],
    ["of a class", Object.assign(new Date(0), good), false],
  ])("%s", (_, value, expected) => {
    expect(fits(shape, value)).toBe(expected);
  });

  test("of a kind that is not known is left to its schema", () => {
    const left: [z.ZodType, unknown][] = [
      [z.coerce.number(), 1],
      [z.email(), "ann@example.com"],
      [z.string().trim(), "x"],
      [z.string().transform(Number), "1"],
      [z.object({ a: z.string() }), { a: "x" }],
      [z.xor([z.string(), z.literal("x")]), "x"],
      [z.string().regex(/x/g), "x"],
      [z.string().superRefine(() => {}), "x"],
    ];
    for (const [schema, value] of left) expect(fits(schema, value)).toBe(false);
  });
});
