/** Personas, templates and schemas by real files and the real adapter, without a daemon. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { composeDefinitions } from "../../src/cli/compose.ts";
import { devflow } from "../support/cli.ts";

const repo = mkdtempSync(join(tmpdir(), "devflow 정의 "));
const definitions = composeDefinitions({ DEVFLOW_HOME: join(repo, "home") });
const run = (...argv: string[]) => devflow(argv, { definitions, cwd: join(repo, "deep/er") });

beforeAll(() => {
  for (const folder of [".git", "deep/er", "devflow/personas", "devflow/templates"])
    mkdirSync(join(repo, folder), { recursive: true });
  const persona = ["name: 우리", "version: 1"].join("\n");
  writeFileSync(join(repo, "devflow/personas/broken.yaml"), persona);
  writeFileSync(
    join(repo, "devflow/personas/ours.yaml"),
    "name: ours\nversion: 2\ndescription: 우리 검토자\ncapabilities: [review]\nadapter: fake\nfamily: paper\n",
  );
  writeFileSync(
    join(repo, "devflow/templates/loop.yaml"),
    [
      "name: loop",
      "version: 1",
      "description: a cycle",
      "roles:",
      "  author: { requires: [specify] }",
      "phases:",
      "  - { id: a, role: author, needs: [b], produces: { schema: spec } }",
      "  - { id: b, role: author, needs: [a], produces: { schema: spec } }",
      "",
    ].join("\n"),
  );
});
afterAll(() => rmSync(repo, { recursive: true, force: true }));

describe("list", () => {
  test("has what is shipped and what the repository around has, and says what cannot be used", async () => {
    const ran = await run("personas", "list");
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^codex-author@1 .* shipped /m);
    expect(ran.out).toMatch(/^ours@2 .* repository +우리 검토자$/m);
    expect(ran.err).toMatch(/broken\.yaml:\d+.*\(definition\.invalid\)/);
  });

  test("as JSON is one document, the broken ones in it", async () => {
    const ran = await run("personas", "list", "--json");
    expect(ran.err).toBe("");
    expect(ran.json()).toMatchObject({
      personas: expect.arrayContaining([expect.objectContaining({ name: "ours", origin: "repository" })]),
      broken: [{ source: expect.stringContaining("broken.yaml"), error: { code: "definition.invalid" } }],
    });
  });

  test.each(["templates", "schemas"])("%s", async (kind) => {
    const { out, code } = await run(kind, "list");
    expect(code).toBe(0);
    expect(out).toMatch(/@1/);
  });
});

describe("show", () => {
  test("a template as a graph", async () => {
    const { out } = await run("templates", "show", "implement-and-review");
    expect(out).toMatch(/└─ implement .* → change-summary@1/);
    expect(out).toMatch(/review .*back to implement until review-approved@1/);
  });

  test("a schema is its JSON", async () => {
    expect(JSON.parse((await run("schemas", "show", "spec")).out)).toMatchObject({ type: "object" });
  });

  test("what is not there ends with 4", async () => {
    expect(await run("personas", "show", "nobody")).toMatchObject({
      code: 4,
      err: expect.stringContaining("there is no persona nobody"),
    });
  });
});

describe("validate", () => {
  test("says ok for each good file, file and line for each bad one, and ends with 8", async () => {
    const ran = await run(
      "personas",
      "validate",
      "../../devflow/personas/ours.yaml",
      "../../devflow/personas/broken.yaml",
    );
    expect(ran.code).toBe(8);
    expect(ran.out).toBe("✓ ../../devflow/personas/ours.yaml  ours@2\n");
    expect(ran.err).toMatch(/^devflow: .*broken\.yaml:1.*\(definition\.invalid\)\n/);
  });

  test("finds what no single line shows: a cycle", async () => {
    expect(await run("templates", "validate", "../../devflow/templates/loop.yaml")).toMatchObject({
      code: 8,
      err: expect.stringContaining("(template.cycle)"),
    });
  });

  test("as JSON", async () => {
    const ran = await run("personas", "validate", "--json", "../../devflow/personas/broken.yaml");
    expect(ran.code).toBe(8);
    expect(ran.json()).toMatchObject({ files: [{ ok: false, error: { code: "definition.invalid" } }] });
  });

  test("ends with 0 when all is well", async () => {
    expect((await run("personas", "validate", "../../devflow/personas/ours.yaml")).code).toBe(0);
  });
});
