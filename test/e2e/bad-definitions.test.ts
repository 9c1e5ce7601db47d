/** What broken personas, templates, schemas and settings get, as a user meets it: the built programs. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type World, world } from "../support/world.ts";

const ROOT = join(import.meta.dirname, "../..");
const HEAD = "name: odd\nversion: 1\ndescription: Odd\n";
const ROLES = "roles: { w: { requires: [specify] } }\n";
const PRODUCES = "produces: { schema: spec@1 }";

let w: World;
beforeAll(async () => {
  w = world();
  await w.devflowd("start"); // so that no command has to say that it does
});
afterAll(() => w.close());

/** The lines of an error, without the hints below them. */
const said = (err: string): string[] => err.split("\n").filter((line) => line !== "" && !line.startsWith(" "));

type Odd = readonly [file: string, content: string | Uint8Array, said: readonly string[]];

const TEMPLATES: readonly Odd[] = [
  [
    "broken.yaml",
    `${HEAD}phases:\n  - id: one\n   role: x\n`,
    ["6:1: Sequence item without - indicator (definition.invalid)"],
  ],
  [
    "unknown fields.yaml",
    `${HEAD.replace("description", "descripton")}${ROLES}phases:\n  - id: one\n    role: w\n    ${PRODUCES}\n    tiemout: 5m\n    colour: red\n`,
    [
      '3:1: "descripton" is not known here; did you mean "description"? (definition.invalid)',
      '9:5: "tiemout" is not known here; did you mean "timeout"? (definition.invalid)',
      '10:5: "colour" is not known here; known are: id, title, role, run, talk, needs, produces, instructions, commands, repairs, approval, timeout, repeat (definition.invalid)',
    ],
  ],
  [
    "순환.yaml",
    `${HEAD}${ROLES}phases:\n  - { id: one, role: w, needs: [two], ${PRODUCES} }\n  - { id: two, role: w, needs: [one], ${PRODUCES} }\n`,
    ["6:33: the phases form a cycle: one needs two needs one (template.cycle)"],
  ],
  [
    "strangers.yaml",
    `${HEAD}${ROLES}phases:\n  - { id: one, role: v, needs: [tow], ${PRODUCES} }\n  - { id: two, role: w, ${PRODUCES} }\n`,
    [
      "6:16: phase one is given to v, which is not a role (template.unknown_role)",
      "6:33: phase one needs tow, which no phase produces (template.unknown_need)",
    ],
  ],
  [
    "loop.yaml",
    `${HEAD}${ROLES}phases:\n  - { id: one, role: w, ${PRODUCES} }\n  - id: two\n    role: w\n    ${PRODUCES}\n    repeat: { until: review-approved@1, from: one }\n`,
    ["10:41: phase two cannot repeat from one: two does not need one (template.bad_loop)"],
  ],
  [
    "schema.yaml",
    `${HEAD}${ROLES}phases:\n  - { id: one, role: w, produces: { schema: specc@1 } }\n`,
    ['6:37: there is no schema specc@1; did you mean "spec"? (definition.invalid)'],
  ],
  ["empty.yaml", "", ["1:1: the file is empty; a template is a map of fields (definition.invalid)"]],
  ["list.yaml", "- a\n", ["1:1: a template is a map of fields (definition.invalid)"]],
  ["binary.yaml", Uint8Array.of(0, 1, 0xff, 0xfe), [" it is not UTF-8 text (definition.invalid)"]],
  ["large.yaml", `# ${"x".repeat(2_000_000)}`, [" it has 2000002 bytes; the limit is 1048576 (definition.invalid)"]],
];

const PERSONAS: readonly Odd[] = [
  [
    "페르소나.yaml",
    `${HEAD}capabilities: [specify]\nadapter: terminl\nfamily: Open AI\nmodle: x\n`,
    [
      "5:1: there is no adapter terminl (persona.unknown_adapter)",
      '6:1: "family": use lower-case letters, digits and single dashes, starting with a letter (definition.invalid)',
      '7:1: "modle" is not known here; did you mean "model"? (definition.invalid)',
    ],
  ],
  [
    "agent.yaml",
    `${HEAD}capabilities: [specify]\nadapter: terminal\nagent: codx\nfamily: openai\n`,
    ["6:1: there is no agent codx (persona.unknown_agent)"],
  ],
];

const SCHEMAS: readonly Odd[] = [
  ["odd.json", "{}", ["1:1: a schema's file is called NAME@VERSION.json (definition.invalid)"]],
  ["a@1.json", '{\n  "type" "object" }', ["2:10: a colon is missing (definition.invalid)"]],
  [
    "b@1.json",
    '{\n  "properties": {\n    "a": { "type": "strin" } } }',
    [
      '3:12: the schema does not compile: it must be one of "array", "boolean", "integer", "null", "number", "object", "string"; it is "strin" (schema.does_not_compile)',
    ],
  ],
  [
    "c@1.json",
    '{\n  "properties": { "a": { "patern": "x" } } }',
    ['2:26: the schema does not compile: "patern" is not a keyword; did you mean "pattern"? (schema.does_not_compile)'],
  ],
  [
    "d@1.json",
    '{\n  "properties": { "a": { "$ref": "#/$defs/none" } } }',
    ["2:26: the schema does not compile: there is nothing at #/$defs/none (schema.does_not_compile)"],
  ],
  ["e@1.json", '{\n  "$dynamicRef": "#x" }', ["2:3: $dynamicRef is not supported (schema.unsupported)"]],
];

describe("validate names every problem on a line of its own, with file, line and column, and ends with 8:", () => {
  test.each([
    ["templates", TEMPLATES],
    ["personas", PERSONAS],
    ["schemas", SCHEMAS],
  ])("%s", async (kind, odd) => {
    const folder = join(w.folder, "odd files", kind);
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of odd) writeFileSync(join(folder, file), content);
    const ran = await w.devflow(kind, "validate", ...odd.map(([file]) => join(folder, file)), join(folder, "none"));
    const lines = odd.flatMap(([file, , problems]) =>
      problems.map((problem) => `devflow: ${join(folder, file)}:${problem}`),
    );
    expect(said(ran.err)).toEqual([
      ...lines,
      `devflow: ${join(folder, "none")}: there is no such file (definition.invalid)`,
    ]);
    expect([ran.code, ran.out]).toEqual([8, ""]);
  });

  test("as JSON, with all of a file's problems", async () => {
    const file = join(w.folder, "strangers.yaml");
    writeFileSync(file, TEMPLATES[3]?.[1] ?? "");
    const ran = await w.devflow("templates", "validate", file, "--json");
    expect([ran.code, ran.err]).toEqual([8, ""]);
    expect(JSON.parse(ran.out)).toMatchObject({
      files: [{ file, ok: false, errors: [{ code: "template.unknown_role" }, { code: "template.unknown_need" }] }],
    });
  });

  test.skipIf(process.getuid?.() === 0)("a file without permission (root has it anyway)", async () => {
    const file = join(w.folder, "closed.yaml");
    writeFileSync(file, HEAD);
    chmodSync(file, 0);
    const ran = await w.devflow("templates", "validate", file);
    expect([ran.code, said(ran.err)]).toEqual([8, [`devflow: ${file}: permission is denied (definition.invalid)`]]);
  });
});

describe("a run with definitions that are wrong", () => {
  test("is refused with the file's first problem, and exit 8", async () => {
    const folder = join(w.repo, "devflow", "templates");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "odd.yaml"), TEMPLATES[2]?.[1] ?? "");
    const ran = await w.devflow("run", "odd", "--goal", "x", "--yes");
    const problem = "6:33: the phases form a cycle: one needs two needs one (template.cycle)";
    expect([ran.code, ran.out, said(ran.err).at(-1)]).toEqual([
      8,
      "",
      `devflow: ${join(folder, "odd.yaml")}:${problem}`,
    ]);
    const machine = await w.devflow("run", "odd", "--goal", "x", "--yes", "--json");
    expect(JSON.parse(machine.err)).toMatchObject({
      error: { code: "template.cycle", hint: "remove one of these needs" },
    });
  });

  describe("of which one is a persona whose CLI is not installed", () => {
    beforeAll(() => {
      const config = join(w.home, "config");
      for (const folder of ["agents", "personas", "templates"]) mkdirSync(join(config, folder), { recursive: true });
      const profile = readFileSync(join(ROOT, "agents/paper.yaml"), "utf8")
        .replace("name: paper", "name: ghost")
        .replace("install: it comes with devflow", "install: apt-get install ghost-agent")
        .replace("command: ../fixtures/paper-agent/paper-agent.mjs", "command: no-such-ghost-agent")
        .replace("override: DEVFLOW_PAPER", "override: DEVFLOW_GHOST");
      writeFileSync(join(config, "agents", "ghost.yaml"), profile);
      writeFileSync(
        join(config, "personas", "ghost.yaml"),
        "name: ghost\nversion: 1\ndescription: Not here\ncapabilities: [specify, haunt]\nadapter: terminal\nagent: ghost\nfamily: ghost\n",
      );
      const template = (name: string, capability: string) =>
        `name: ${name}\nversion: 1\ndescription: x\nroles: { w: { requires: [${capability}] } }\nphases:\n  - { id: one, role: w, ${PRODUCES} }\n`;
      writeFileSync(join(config, "templates", "anybody.yaml"), template("anybody", "specify"));
      writeFileSync(join(config, "templates", "haunted.yaml"), template("haunted", "haunt"));
    });

    test("bound by hand it is refused, with how to install it", async () => {
      const ran = await w.devflow("run", "anybody", "--goal", "x", "--preview", "--bind", "w=ghost");
      expect(ran.code).toBe(8);
      expect(ran.err).toBe(
        "devflow: persona ghost@1 runs no-such-ghost-agent, which is not installed (persona.agent_not_installed)\n  apt-get install ghost-agent",
      );
    });

    test("bound by itself the next best takes the role", async () => {
      const preview = await w.json<{ bindings: { persona: string }[] }>("run", "anybody", "--goal", "x", "--preview");
      expect(preview.bindings).toHaveLength(1);
      expect(preview.bindings[0]?.persona).not.toBe("ghost@1");
    });

    test("without a next best the run is refused, and says whom to install", async () => {
      const ran = await w.devflow("run", "haunted", "--goal", "x", "--preview");
      expect(ran.code).toBe(8);
      expect(ran.err).toBe(
        "devflow: no installed persona can be w (it needs haunt) (binding.no_candidate)\n  install one of: ghost@1, or bind one: --bind w=PERSONA",
      );
    });
  });
});

describe("broken settings", () => {
  test.each([
    ["paper: [true\n", ":2:1: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    [
      "paper: true\nhots: tmux\nterminal:\n  cols: 3\n",
      ':2:1: "hots" is not known here; did you mean "host"? (and 1 more)',
    ],
    ["paper: maybe\n", ':1:1: "paper": it must be true or false'],
  ])("%j keep the daemon from starting, and both programs say where", async (text, problem) => {
    const other = world();
    try {
      const file = join(other.home, "config", "devflow.yaml");
      writeFileSync(file, text);
      const ran = await other.devflow("runs", "list");
      expect(ran.code).toBe(8);
      expect(ran.err).toBe(
        `devflow: starting the daemon\ndevflow: ${file}${problem} (config.invalid)\n  docs/configuration.md lists the settings`,
      );
      const started = await other.devflowd("start");
      expect([started.code, started.err]).toEqual([
        8,
        `devflowd: ${file}${problem} (docs/configuration.md lists the settings)`,
      ]);
      expect((await other.devflowd("status")).code).toBe(3);
    } finally {
      await other.close();
    }
  });
});
