import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/domain/json-text.ts";

describe("JSON that is wrong", () => {
  it.each([
    ['{"a": 1,}', "1:9 a property name in double quotes is missing (a comma must not come last)"],
    ['{\n  "a": 1\n  "b": 2\n}', "3:3 a comma or the closing bracket is missing"],
    ["{'a': 1}", "1:2 a property name in double quotes or } is missing"],
    ['{"a" 1}', "1:6 a colon is missing"],
    ["[1, 2}", "1:6 a comma or the closing bracket is missing"],
    ["[1, }", '1:5 this is no JSON value: "}"'],
    ['{"a": True}', '1:7 this is no JSON value: "True}"'],
    ['{"a": "x\ny"}', "1:9 a line break or control character stands in a string: write it as an escape, such as \\n"],
    ['{"a": "\\x0012"}', "1:8 this escape is not known in JSON"],
    ["{} {}", "1:4 there is more text after the end of the document"],
    ["Here it is:", '1:1 this is no JSON value: "Here it is:"'],
    ["```json\n{}\n```", '1:1 this is no JSON value: "```json\\n{}\\n```"'],
    ['{"a": [1, 2', "1:12 the document ends too early: a comma or the closing bracket is missing"],
    ['{"a": "b', "1:9 the document ends too early: a string is not closed"],
    ["", "1:1 the document ends too early: a value is missing"],
    ["01", "1:2 there is more text after the end of the document"],
  ])("%j is told where and what", (text, said) => {
    const read = readJson(text);
    expect(read.ok ? "it parses" : `${read.line}:${read.column} ${read.problem}`).toBe(said);
  });
});

it("Any JSON is read; an object or array that is cut off anywhere is not", () => {
  const document = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(document, fc.boolean(), fc.nat(), (value, pretty, at) => {
      const text = JSON.stringify(value, null, pretty ? 2 : 0);
      expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      expect(readJson(text.slice(0, at % text.length)).ok).toBe(false);
    }),
  );
});

it("Any text at all gets an answer", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\ntrue1.e-u \n') })), (text) => {
      const read = readJson(text);
      if (!read.ok) expect(read.line).toBeGreaterThan(0);
    }),
  );
});
