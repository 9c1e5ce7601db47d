/** Tool arguments are put right where they mean one thing only, and never completed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairedArguments } from "../../../../src/adapters/models/child/tool-arguments.ts";

const object = fc.dictionary(fc.string(), fc.jsonValue());

describe("tool arguments", () => {
  test("of any object come out the same, however they were wrapped", () => {
    fc.assert(
      fc.property(object, (args) => {
        const text = JSON.stringify(args);
        const expected = JSON.parse(text);
        for (const sent of [text, JSON.stringify(text), args, ` ${text}\n`, `\`\`\`json\n${text}\n\`\`\``]) {
          expect(JSON.parse(repairedArguments(sent, false) ?? "")).toEqual(expected);
        }
      }),
    );
  });

  test("that are cut off anywhere are not used", () => {
    fc.assert(
      fc.property(object, fc.nat(), (args, at) => {
        const text = JSON.stringify(args);
        expect(repairedArguments(text.slice(0, at % text.length), true)).toBeUndefined();
      }),
    );
  });

  test.each([[[1]], [7], [true], ["7"], ["null"], ['"text"'], ["[{}]"]])("%j are none", (sent) => {
    expect(repairedArguments(sent, false)).toBeUndefined();
  });
});
