import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaCheck } from "../../../src/adapters/artifacts/schema-check.ts";
import { definitions } from "../../../src/adapters/definitions/definitions.ts";
import { Failure } from "../../../src/domain/failure.ts";
import { tempDirectory } from "../../support/temp.ts";

const TEMPLATE = `name: two
version: 1
description: Two phases
roles:
  writer: { requires: [write] }
phases:
  - id: a
    role: writer
    produces: { schema: note@1 }
  - id: b
    role: writer
    needs: [a]
    produces: { schema: note@1 }
`;
const PERSONA = `name: ada
version: 1
description: Ada
capabilities: [write]
adapter: terminal
agent: codex
family: openai
`;
const NOTE = '{\n  "type": "object",\n  "properties": { "text": { "type": "string" } }\n}\n';

/** Three folders with one file of each kind in the shipped one. */
function shelves() {
  const home = tempDirectory();
  const put = (file: string, text: string | Uint8Array): string => {
    const path = join(home, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  put("shipped/templates/two.yaml", TEMPLATE);
  put("shipped/personas/ada.yaml", PERSONA);
  put("shipped/schemas/artifacts/note@1.json", NOTE);
  const { lint } = schemaCheck();
  const [shipped, user] = [join(home, "shipped"), join(home, "user")];
  return {
    put,
    home,
    repo: join(home, "repo"),
    ...definitions({ shipped, user, lint, agents: async () => ["codex"] }),
  };
}

async function refusal(result: Promise<unknown>): Promise<Failure> {
  const error = await result.then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
}

describe("A template file that is wrong", () => {
  it.each([
    ["broken YAML", "name: [two\nversion: 1\n", "definition.invalid", "2:1: Flow sequence in block collection"],
    ["a key twice", `${TEMPLATE}name: again\n`, "definition.invalid", "14:1: this key is there twice"],
    [
      "nothing in it",
      "# only a comment\n",
      "definition.invalid",
      "1:1: the file is empty; a template is a map of fields",
    ],
    ["a list", "- a\n", "definition.invalid", "1:1: a template is a map of fields"],
    ["an alias of nothing", "name: *nobody\n", "definition.invalid", "1:7: Unresolved alias"],
    [
      "a misspelt field",
      TEMPLATE.replace("    needs:", "    neds:"),
      "definition.invalid",
      '12:5: "neds" is not known here; did you mean "needs"?',
    ],
    [
      "a field of its own",
      `${TEMPLATE}colour: red\n`,
      "definition.invalid",
      '14:1: "colour" is not known here; known are: name, version, description, roles, phases',
    ],
    ["a missing field", TEMPLATE.replace("version: 1\n", ""), "definition.invalid", '1:1: "version" is missing'],
    [
      "a wrong type",
      TEMPLATE.replace("version: 1", "version: one"),
      "definition.invalid",
      '2:1: "version": it must be a',
    ],
    [
      "a wrong role name",
      TEMPLATE.replace("  writer:", "  The Writer:"),
      "definition.invalid",
      '5:3: "The Writer": use lower-case letters',
    ],
    [
      "neither role nor command",
      TEMPLATE.replace("    role: writer\n", ""),
      "definition.invalid",
      "7:5: give either a role or a command to run",
    ],
    [
      "a need that nobody produces",
      TEMPLATE.replace("needs: [a]", "needs: [a, c]"),
      "template.unknown_need",
      "12:16: phase b needs c, which no phase produces",
    ],
    [
      "a cycle",
      TEMPLATE.replace("id: a\n", "id: a\n    needs: [b]\n"),
      "template.cycle",
      "8:13: the phases form a cycle: a needs b needs a",
    ],
    [
      "an unknown role",
      TEMPLATE.replace("id: a\n    role: writer", "id: a\n    role: author"),
      "template.unknown_role",
      "8:5: phase a is given to author, which is not a role",
    ],
    [
      "an unknown schema",
      TEMPLATE.replace("schema: note@1", "schema: not@1"),
      "definition.invalid",
      '9:17: there is no schema not@1; did you mean "note"?',
    ],
    [
      "an unknown version of a schema",
      TEMPLATE.replace("schema: note@1", "schema: note@3"),
      "definition.invalid",
      "9:17: there is no schema note@3; there is note@1",
    ],
  ])("because of %s is refused with file, line and column", async (_, text, code, said) => {
    const { put, templates } = shelves();
    const file = put("mine/t.yaml", text);
    const error = await refusal(templates.validate(file));
    expect([error.code, error.exit, error.message.slice(file.length + 1, file.length + 1 + said.length)]).toEqual([
      code,
      8,
      said,
    ]);
    expect(error.message.startsWith(`${file}:`)).toBe(true);
  });

  it("in several ways is told all of them, the first in the file being the failure", async () => {
    const { put, templates } = shelves();
    const file = put("mine/t.yaml", TEMPLATE.replace("needs: [a]", "needs: [x]").replace("role: writer", "role: me"));
    const error = await refusal(templates.validate(file));
    expect(error.params).toMatchObject({
      where: `${file}:8:5`,
      more: 1,
      all: `${file}:8:5: phase a is given to me, which is not a role\n${file}:12:13: phase b needs x, which no phase produces`,
    });
  });

  it("is listed as broken beside the good ones", async () => {
    const { put, templates, repo } = shelves();
    const file = put("repo/devflow/templates/bad.yaml", "name: bad\n");
    put("repo/devflow/templates/readme.txt", "no template");
    const { good, broken } = await templates.list(repo);
    expect(good.map(({ value, origin }) => [value.name, origin])).toEqual([["two", "shipped"]]);
    expect(broken.map(({ source }) => source)).toEqual([file]);
  });

  it("has warnings where it is odd but not wrong", async () => {
    const { put, templates } = shelves();
    const file = put("mine/t.yaml", TEMPLATE.replace("phases:", "  idle: { requires: [x] }\nphases:"));
    expect((await templates.validate(file)).warnings).toEqual([`${file}:6:3: no phase is given to the role idle`]);
  });
});

describe("A persona file that is wrong", () => {
  it.each([
    ["an unknown adapter", ["terminal", "ssh"], "persona.unknown_adapter", "5:1: there is no adapter ssh"],
    ["an unknown agent", ["codex", "kodex"], "persona.unknown_agent", "6:1: there is no agent kodex"],
    ["no agent", ["agent: codex\n", ""], "definition.invalid", "5:1: adapter terminal needs an agent; they are: codex"],
    [
      "an unknown field",
      ["family", "familie"],
      "definition.invalid",
      '7:1: "familie" is not known here; did you mean "family"?',
    ],
  ] as const)("because of %s is refused with file, line and column", async (_, [from, to], code, said) => {
    const { put, personas } = shelves();
    const file = put("mine/p.yaml", PERSONA.replace(from, to));
    const error = await refusal(personas.validate(file));
    expect([error.code, error.exit, error.params.where]).toEqual([code, 8, `${file}:${said.split(": ")[0]}`]);
    expect(String(error.params.all ?? error.message)).toContain(`${file}:${said}`);
  });
});

describe("A schema file that is wrong", () => {
  it.each([
    [
      "broken JSON",
      NOTE.replace('"object",', '"object"'),
      "definition.invalid",
      "3:3: a comma or the closing bracket is missing",
    ],
    ["a key twice", '{\n "type": "object",\n "type": "array"\n}', "definition.invalid", "3:2: this key is there twice"],
    ["a list", "[]", "definition.invalid", "1:1: a schema is a JSON object"],
    [
      "a wrong type",
      NOTE.replace('"string"', '"text"'),
      "schema.does_not_compile",
      "3:29: the schema does not compile",
    ],
    [
      "a misspelt keyword",
      NOTE.replace('"properties"', '"propertys"'),
      "schema.does_not_compile",
      '3:3: the schema does not compile: "propertys" is not a keyword; did you mean "properties"?',
    ],
    [
      "an empty enum",
      NOTE.replace('"type": "string"', '"enum": []'),
      "schema.unsupported",
      "3:29: an empty enum is not supported",
    ],
    [
      "a reference to another file",
      NOTE.replace('"type": "string"', '"$ref": "x.json"'),
      "schema.unsupported",
      "3:29: a $ref to another document (x.json) is not supported",
    ],
    [
      "a dynamic reference",
      NOTE.replace('"type": "string"', '"$dynamicRef": "#x"'),
      "schema.unsupported",
      "3:29: $dynamicRef is not supported",
    ],
  ])("because of %s is refused with file, line and column", async (_, text, code, said) => {
    const { put, schemas } = shelves();
    const file = put("mine/note@2.json", text);
    const error = await refusal(schemas.validate(file));
    expect([error.code, error.message.slice(0, file.length + 1 + said.length)]).toEqual([code, `${file}:${said}`]);
  });

  it("because of its name is told how schemas are called", async () => {
    const { put, schemas } = shelves();
    const error = await refusal(schemas.validate(put("mine/note.json", NOTE)));
    expect(error.params.problem).toBe("a schema's file is called NAME@VERSION.json");
  });

  it("is not hidden from the templates that use it", async () => {
    const { put, templates, repo } = shelves();
    put("repo/devflow/schemas/note@1.json", "{");
    const error = await refusal(templates.get("two", repo));
    expect(error.message).toContain("note@1.json:1:2: the document ends too early");
  });
});

describe("A definition", () => {
  it("is taken from the repository before the user's folder, and from that before the shipped one", async () => {
    const { put, personas, repo } = shelves();
    const from = async () => (await personas.get("ada@1", repo)).origin;
    expect(await from()).toBe("shipped");
    put("user/personas/ada.yaml", PERSONA.replace("description: Ada", "description: Mine"));
    expect(await from()).toBe("user");
    put("repo/devflow/personas/other-name.yml", PERSONA.replace("description: Ada", "description: Ours"));
    expect(await from()).toBe("repository");
    expect((await personas.get("ada@1")).origin).toBe("user");
    expect((await personas.list(repo)).good.map(({ value }) => value.description)).toEqual(["Ours"]);
  });

  it("without a version is the newest, with one it is that one", async () => {
    const { put, personas } = shelves();
    put("user/personas/ada2.yaml", PERSONA.replace("version: 1", "version: 12"));
    put("user/personas/ada1.yaml", PERSONA.replace("version: 1", "version: 9"));
    expect((await personas.get("ada")).value.version).toBe(12);
    expect((await personas.get("ada@1")).value.version).toBe(1);
    expect((await refusal(personas.get("ada@2"))).message).toBe(
      "there is no persona ada@2; there is ada@1, ada@9, ada@12",
    );
    expect((await refusal(personas.get("adda"))).message).toBe('there is no persona adda; did you mean "ada"?');
    expect((await refusal(personas.get("../ada"))).code).toBe("definition.not_found");
  });

  it("that is broken is not silently replaced by an older one", async () => {
    const { put, personas, repo } = shelves();
    put("repo/devflow/personas/ada.yaml", PERSONA.replace("family: openai", "famly: openai"));
    expect((await refusal(personas.get("ada", repo))).message).toContain('did you mean "family"?');
    const { good, broken } = await personas.list(repo);
    expect([good.length, broken.length]).toEqual([0, 1]);
    put("repo/devflow/personas/ada.yaml", "name: [");
    expect((await refusal(personas.get("ada@1", repo))).code).toBe("definition.invalid");
  });

  it("that two files of one folder claim is refused", async () => {
    const { put, personas } = shelves();
    const first = put("user/personas/a.yaml", PERSONA);
    put("user/personas/b.yaml", PERSONA);
    expect((await refusal(personas.get("ada@1"))).params.problem).toBe(`ada@1 is already defined in ${first}`);
  });

  it("keeps its hash when only its layout changes, and is read anew when its file has changed", async () => {
    const { put, personas } = shelves();
    const before = await personas.get("ada");
    put("shipped/personas/ada.yaml", `# a comment\n${PERSONA.split("\n").toReversed().join("\n")}`);
    expect((await personas.get("ada")).hash).toBe(before.hash);
    put("shipped/personas/ada.yaml", PERSONA.replace("family: openai", "family: other"));
    const after = await personas.get("ada");
    expect([after.value.family, after.hash === before.hash]).toEqual(["other", false]);
  });

  it("is refused when its file is no text, too large, a folder, or gone", async () => {
    const { put, personas, home } = shelves();
    const problem = async (file: string) => (await refusal(personas.validate(file))).params;
    expect(await problem(put("mine/a.yaml", Buffer.from([0xff, 0xfe, 0x00])))).toMatchObject({ kind: "persona" });
    expect((await problem(put("mine/b.yaml", "#".repeat(2_000_000)))).problem).toContain("the limit is 1048576");
    expect((await problem(home)).where).toBe(home);
    expect((await problem(join(home, "none.yaml"))).where).toBe(join(home, "none.yaml"));
    rmSync(join(home, "shipped"), { recursive: true });
    expect(await personas.list()).toEqual({ good: [], broken: [] });
  });
});
