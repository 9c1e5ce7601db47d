import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schemaCheck } from "../../../src/adapters/artifacts/schema-check.ts";
import { MAX_VIOLATIONS } from "../../../src/domain/artifact.ts";

const { check, lint } = schemaCheck();
const said = (schema: Record<string, unknown>, value: unknown): string[] =>
  check(schema, value, 100).map(({ at, problem }) => `${at}: ${problem}`);

describe("What a schema does not allow", () => {
  const REVIEW = {
    type: "object",
    additionalProperties: false,
    required: ["verdict", "summary"],
    properties: {
      verdict: { enum: ["approve", "request_changes"] },
      summary: { type: "string", minLength: 3, maxLength: 5 },
      line: { type: ["integer", "null"], minimum: 1 },
      tags: { type: "array", minItems: 1, maxItems: 2, uniqueItems: true, items: { pattern: "^[a-z]+$" } },
      when: { type: "string", format: "date-time" },
      kind: { const: "review" },
    },
    dependentRequired: { line: ["tags"] },
  };
  const good = { verdict: "approve", summary: "fine" };

  it.each([
    [{ verdict: "approve" }, ': the property "summary" is missing'],
    [{ ...good, sumary: 1 }, ': the property "sumary" is not allowed here; did you mean "summary"?'],
    [
      { ...good, colour: 1 },
      ': the property "colour" is not allowed here; allowed are: verdict, summary, line, tags, when, kind',
    ],
    [{ ...good, verdict: "approved" }, '/verdict: it must be one of "approve", "request_changes"; it is "approved"'],
    [{ ...good, kind: "other" }, '/kind: it must be "review"; it is "other"'],
    [{ ...good, summary: 7 }, "/summary: it must be a string; it is 7"],
    [{ ...good, summary: "" }, "/summary: it must not be empty; it needs at least 3 characters"],
    [{ ...good, summary: "ab" }, '/summary: it must have at least 3 characters; it is "ab"'],
    [{ ...good, summary: "abcdef" }, "/summary: it must have at most 5 characters; it has 6"],
    [{ ...good, tags: [], line: "1" }, '/line: it must be a whole number or null; it is "1"'],
    [{ ...good, tags: ["a"], line: 0 }, "/line: it must be >= 1; it is 0"],
    [{ ...good, line: 3 }, ': with the property "line" there must be "tags" too'],
    [{ ...good, tags: [] }, "/tags: it must have at least 1 entry; it has 0"],
    [{ ...good, tags: ["a", "b", "c"] }, "/tags: it must have at most 2 entries; it has 3"],
    [{ ...good, tags: ["a", "a"] }, "/tags: no two entries may be the same; entries 0 and 1 are (counted from 0)"],
    [{ ...good, tags: ["A"] }, '/tags/0: it must match the pattern ^[a-z]+$; it is "A"'],
    [{ ...good, when: "today" }, '/when: it must be a date-time; it is "today"'],
    [[good], ": it must be an object; it is a list of 1"],
    [null, ": it must be an object; it is null"],
  ])("%j is told in a sentence to act on", (value, sentence) => {
    expect(said(REVIEW, value)).toContain(sentence);
  });

  it("quotes no more of the artifact than a person would read, and nothing raw", () => {
    const [violation] = said({ const: 1 }, `\u001b[31m${"x".repeat(5_000)}`);
    expect(violation).toMatch(/^: it must be 1; it is "\\u001b\[31mx+…$/);
    expect(violation?.length).toBeLessThan(100);
  });

  it("is a list of bounded length, also for a large document", () => {
    const many = { items: { type: "string" } };
    const values = Array.from({ length: 1_000 }, (_, i) => i);
    expect(check(many, values, 5_000)).toHaveLength(MAX_VIOLATIONS);
    expect(check(many, values, 1_000_000)).toHaveLength(1);
  });

  it("is told of names such as __proto__ and toString like of any other", () => {
    expect(said({ required: ["toString", "__proto__"] }, {})).toEqual([
      ': the property "toString" is missing',
      ': the property "__proto__" is missing',
    ]);
    expect(said({ required: ["__proto__"] }, JSON.parse('{"__proto__": 1}'))).toEqual([]);
  });

  it("is judged without a fault when the document is nested without end", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(check({ $id: "urn:test:deep", items: { $ref: "#" } }, deep, 200_000)).toEqual([
      { at: "", problem: "it is nested too deeply" },
    ]);
  });
});

describe("A schema", () => {
  it("that was changed is another one, also under the same $id", () => {
    const before = { $id: "urn:test:same", type: "string" };
    const after = { $id: "urn:test:same", type: "number" };
    expect([said(before, 1).length, said(after, 1).length, said(before, "").length]).toEqual([1, 0, 0]);
  });

  it.each([
    [{ properties: { a: { $dynamicRef: "#a" } } }, "$dynamicRef is not supported", "/properties/a/$dynamicRef"],
    [{ $defs: { "a/b": { $dynamicAnchor: "a" } } }, "$dynamicAnchor is not supported", "/$defs/a~1b/$dynamicAnchor"],
    [{ anyOf: [{}, { enum: [] }] }, "an empty enum is not supported", "/anyOf/1/enum"],
    [
      { items: { $ref: "other.json#/$defs/a" } },
      "a $ref to another document (other.json#/$defs/a) is not supported",
      "/items/$ref",
    ],
    [{ properties: { a: { $id: "b" } } }, "an $id inside a schema is not supported", "/properties/a/$id"],
    [
      { unevaluatedItems: false, allOf: [{ prefixItems: [true] }] },
      "unevaluatedItems together with items in allOf, anyOf, if or $ref is not supported",
      "/unevaluatedItems",
    ],
    [
      { unevaluatedProperties: false, $ref: "#/$defs/a", $defs: { a: { if: true, else: { items: {} } } } },
      "unevaluatedProperties together with items in allOf, anyOf, if or $ref is not supported",
      "/unevaluatedProperties",
    ],
  ])("%j is refused: the validator gets it wrong", (schema, problem, at) => {
    const failure = lint(schema, "x.json");
    expect([failure?.code, failure?.message, failure?.params.at]).toEqual([
      "schema.unsupported",
      `x.json: ${problem}`,
      at,
    ]);
  });

  it.each([
    [{ type: "text" }, "/type"],
    [{ properties: { a: { minLength: -1 } } }, "/properties/a/minLength"],
    [{ pattern: "(" }, "/pattern"],
    [{ $ref: "#/$defs/none" }, "/$ref"],
    [{ items: { format: "phone" } }, "/items/format"],
    [{ items: { requried: [] } }, "/items/requried"],
  ])("%j does not compile, and it is said where", (schema, at) => {
    const failure = lint(schema, "x.json");
    expect([failure?.code, failure?.params.at]).toEqual(["schema.does_not_compile", at]);
  });

  it("with data that looks like keywords is left alone", () => {
    const odd = { enum: [{ $dynamicRef: "#a" }], default: { enum: [] }, properties: { $ref: { type: "string" } } };
    expect(lint(odd, "x.json")).toBeUndefined();
    const open = { unevaluatedProperties: false, allOf: [{ properties: { a: { items: {} } } }], items: {} };
    expect(lint(open, "x.json")).toBeUndefined();
  });
});

it("No schema makes the check throw: it is refused, or it judges", () => {
  const keyword = fc.constantFrom("type", "enum", "$ref", "items", "allOf", "if", "then", "properties", "x");
  fc.assert(
    fc.property(fc.dictionary(keyword, fc.jsonValue()), (schema) => {
      if (!lint(schema, "x")) expect(Array.isArray(check(schema, { a: [1] }, 10))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
