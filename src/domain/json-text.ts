/** Reads JSON text. */

/** What the text says; undefined when it is no JSON: for what programs write, where nobody is told what is wrong with it. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type JsonText = { ok: true; value: unknown } | { ok: false; problem: string; line: number; column: number };

/** What is wrong with it is said with line and column, in words for whoever wrote it. */
export function readJson(text: string): JsonText {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const { at, problem } = firstFault(text);
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    return { ok: false, problem, line, column: at - before.lastIndexOf("\n") };
  }
}

/** What may come next. */
type Expect = "value" | "value or ]" | "name or }" | "name" | "colon" | "comma or end" | "nothing";

const EXPECTED: Record<Expect, string> = {
  value: "a value is missing",
  "value or ]": "a value or ] is missing",
  "name or }": "a property name in double quotes or } is missing",
  name: "a property name in double quotes is missing (a comma must not come last)",
  colon: "a colon is missing",
  "comma or end": "a comma or the closing bracket is missing",
  nothing: "there is more text after the end of the document",
};

const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Walks over text that is known not to be JSON, up to where it stops being it. */
function firstFault(text: string): { at: number; problem: string } {
  const open: ("{" | "[")[] = [];
  let expect: Expect = "value";
  const afterValue = (): Expect => (open.length === 0 ? "nothing" : "comma or end");
  for (let at = 0; ; ) {
    while (at < text.length && " \t\n\r".includes(text.charAt(at))) at += 1;
    const here = text.charAt(at);
    const inside = open.at(-1);
    if (here === "") return { at, problem: `the document ends too early: ${EXPECTED[expect]}` };
    const fault = { at, problem: EXPECTED[expect] };
    if (expect === "nothing") return fault;
    if (expect === "colon") {
      if (here !== ":") return fault;
      expect = "value";
      at += 1;
    } else if (expect === "comma or end" && here === ",") {
      expect = inside === "{" ? "name" : "value";
      at += 1;
    } else if (here === (inside === "{" ? "}" : "]") && inside && /end|or [\]}]/.test(expect)) {
      open.pop();
      expect = afterValue();
      at += 1;
    } else if (expect === "comma or end") {
      return fault;
    } else if (here === '"') {
      const end = stringEnd(text, at);
      if (typeof end !== "number") return end;
      expect = expect.startsWith("name") ? "colon" : afterValue();
      at = end;
    } else if (expect.startsWith("name")) {
      return fault;
    } else if (here === "{" || here === "[") {
      open.push(here);
      expect = here === "{" ? "name or }" : "value or ]";
      at += 1;
    } else {
      LITERAL.lastIndex = at;
      const literal = LITERAL.exec(text)?.[0];
      if (literal === undefined)
        return { at, problem: `this is no JSON value: ${JSON.stringify(text.slice(at, at + 20))}` };
      expect = afterValue();
      at += literal.length;
    }
  }
}

function stringEnd(text: string, start: number): number | { at: number; problem: string } {
  for (let at = start + 1; at < text.length; at += 1) {
    const here = text.charAt(at);
    if (here === '"') return at + 1;
    if (here < " ")
      return {
        at,
        problem: "a line break or control character stands in a string: write it as an escape, such as \\n",
      };
    if (here !== "\\") continue;
    const known = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))?.[0];
    if (known === undefined && text.length - at >= 6) return { at, problem: "this escape is not known in JSON" };
    at += (known ?? "\\").length - 1;
  }
  return { at: text.length, problem: "the document ends too early: a string is not closed" };
}
